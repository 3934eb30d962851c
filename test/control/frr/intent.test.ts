// From config.control.frr to names, places, tables and addresses.
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/load.js";
import { type FrrIntent, frrIntentOf } from "../../../src/control/frr/intent.js";

function intentOf(control: string, vtep = "10.0.0.1"): FrrIntent | undefined {
  const parsed = parseConfig(
    `vtep: { address: "${vtep}", underlay: [up0] }
control: ${control}
bridgeDomains:
  - { name: red, vni: 100, vrf: tenant, gateway: { mac: 94:94:26:11:11:11, addresses: [10.1.0.1/16, "2001:db8::1/64"] } }
  - { name: office, vrf: tenant, gateway: { mac: 94:94:26:11:11:12, addresses: [192.0.2.1/24] } }
  - { name: plain, vni: 300 }
vrfs:
  - { name: tenant, l3vni: 5000, routerMac: 94:94:26:ff:00:11, table: 1001 }
  - { name: flat, irb: asymmetric, table: 1002 }
`,
    "test.yaml",
  );
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join());
  return frrIntentOf(parsed.config);
}

describe("the intent for FRR", () => {
  it("is none in static mode", () => {
    expect(intentOf("{ mode: static }")).toBeUndefined();
  });

  it("stands in our own namespace, with VRF devices", () => {
    const intent = intentOf("{ mode: frr }");
    expect(intent).toMatchObject({ vtyFolder: "/var/run/frr", staleSeconds: 120 });
    expect(intent?.objects).toMatchObject({
      udpPort: 4789,
      shadowPort: 14789,
      localAddress: Uint8Array.of(10, 0, 0, 1),
    });
    const { domains, vrfs } = intent!.objects;
    const red = { bridge: "br-red", vxlan: "vx-100", port: "lp-100", portPeer: "lp-100p" };
    expect(domains.get("red")).toMatchObject({ ...red, place: "", vrfDevice: "tenant", vrf: "tenant", vni: 100 });
    expect(domains.get("red")?.addresses.map(({ prefixLength }) => prefixLength)).toEqual([16, 64]);
    expect(domains.get("office")).toMatchObject({ port: "lp-office", vxlan: "", vni: 0 });
    expect(domains.get("plain")).toMatchObject({ vrfDevice: "", isMacGiven: false, addresses: [] });
    expect(vrfs.get("tenant")).toMatchObject({ name: "tenant", place: "", table: 1001 });
    expect(vrfs.get("tenant")?.l3).toMatchObject({ bridge: "br-5000", vxlan: "vx-5000", port: "lp-5000", vni: 5000 });
    expect(vrfs.get("flat")).toMatchObject({ table: 1002, l3: undefined });
  });

  it("stands in the namespaces of the VRFs, in their main tables", () => {
    const { domains, vrfs } = intentOf('{ mode: frr, frr: { vrfBackend: netns, names: { vrf: "t-{vrf}" } } }')!.objects;
    expect(domains.get("red")).toMatchObject({ place: "t-tenant", vrfDevice: "" });
    expect(domains.get("plain")).toMatchObject({ place: "", vrfDevice: "" });
    expect(vrfs.get("tenant")).toMatchObject({ name: "t-tenant", place: "t-tenant", table: 254 });
    expect(vrfs.get("tenant")?.l3).toMatchObject({ place: "t-tenant", vrfDevice: "" });
  });

  it("goes by the templates", () => {
    const names = '{ bridge: "b{vni}", irb: "b{vni}", vxlan: "v-{bd}", port: "p-{bd}", l3Bridge: "l3-{vrf}" }';
    const { domains, vrfs } = intentOf(`{ mode: frr, frr: { names: ${names} } }`, "2001:db8::1")!.objects;
    expect(domains.get("red")).toMatchObject({ bridge: "b100", vxlan: "v-red", port: "p-red" });
    expect(domains.get("office")).toMatchObject({ bridge: "boffice" });
    expect(vrfs.get("tenant")?.l3).toMatchObject({ bridge: "l3-tenant", vxlan: "v-tenant", port: "p-tenant" });
  });
});
