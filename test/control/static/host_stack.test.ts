import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/load.js";
import type { Intent } from "../../../src/control/intent.js";
import { formatMapped } from "../../../src/control/mapped_address.js";
import { formatIp } from "../../../src/control/netlink/index.js";
import { intentFromConfig } from "../../../src/control/static/from_config.js";

function intentOf(addresses: string, hostStack: boolean): Intent {
  const loaded = parseConfig(
    `vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]
bridgeDomains:
  - { name: red, vni: 100, vrf: tenant, gateway: { mac: 02:00:5e:00:01:01, addresses: [${addresses}], hostStack: ${hostStack} } }
ports: [{ interface: eth1, bridgeDomain: red }]
control: { mode: frr, frr: { vrfBackend: netns } }
`,
    "test.yaml",
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return intentFromConfig(loaded.config);
}

const IPV6 = '10.1.0.1/24, "2001:db8:1::1/64"';

function addressesOf(intent: Intent): { engine: string[]; kernel: string[] } {
  const { gateway } = intent.bridgeDomains.get("red")!;
  const { addresses } = intent.frr!.objects.domains.get("red")!;
  return {
    engine: gateway!.addresses.map(({ address }) => formatMapped(address)),
    kernel: addresses.map(({ address }) => formatIp(address)),
  };
}

describe("a gateway whose addresses are open to the host's own stack", () => {
  it("has one port more, which leads there, and nothing else of the config's ports", () => {
    const { ports, interfaces, frr } = intentOf(IPV6, true);
    expect(ports.get("lp-100p")).toMatchObject({ bridgeDomain: "red", vlan: 0, isHostStack: true, maxMacs: 0 });
    expect(interfaces.get("lp-100p")).toEqual({ name: "lp-100p", role: "access", hook: "auto", isHostStack: true });
    expect(ports.get("eth1")?.isHostStack).toBe(false);
    expect(frr?.objects.domains.get("red")).toMatchObject({ place: "tenant", portPeerPlace: "" });
  });

  it("is as before without", () => {
    const { ports, interfaces, frr } = intentOf(IPV6, false);
    expect([...ports.keys(), ...interfaces.keys()]).toEqual(["eth1", "up0", "eth1"]);
    expect(frr?.objects.domains.get("red")).toMatchObject({ place: "tenant", portPeerPlace: "tenant" });
  });

  it("has a link-local address, unless one is given or nothing speaks IPv6", () => {
    const made = ["10.1.0.1", "2001:db8:1::1", "fe80::5eff:fe00:101"];
    expect(addressesOf(intentOf(IPV6, true))).toEqual({ engine: made, kernel: made });
    const given = ["2001:db8:1::1", "fe80::1"];
    const withGiven = intentOf('"2001:db8:1::1/64", "fe80::1/64"', true);
    expect(addressesOf(withGiven)).toEqual({ engine: given, kernel: given });
    expect(addressesOf(intentOf("10.1.0.1/24", true))).toEqual({ engine: ["10.1.0.1"], kernel: ["10.1.0.1"] });
    expect(addressesOf(intentOf(IPV6, false)).kernel).toEqual(["10.1.0.1", "2001:db8:1::1"]);
  });
});
