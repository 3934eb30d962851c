import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/load.js";
import { intentFromConfig } from "../../src/control/static/from_config.js";
import { accepts, refuses } from "./problems.js";

const vtep = (more = "") => `vtep: { address: 10.0.0.1, underlay: [up0, up1]${more} }\n`;
const red = "bridgeDomains: [{ name: red, vni: 100 }]\n";

refuses("repairs that cannot be done", [
  {
    name: "of an interface that is no underlay",
    text: vtep(", repair: { ethertype: true, interfaces: [up0, eth1] }"),
    where: ["1 vtep.repair.interfaces[1]"],
    says: /eth1 is no underlay interface, allowed: up0 \| up1/,
  },
  {
    name: "of IPv6 alone",
    text: `${vtep(", repair: { ipv6: true }")}${red}ports: [{ interface: eth1, bridgeDomain: red, repair: { ipv6: true } }]\n`,
    where: ["1 vtep.repair.ipv6", "3 ports[0].repair.ipv6"],
    says: /ethertype: true/,
  },
  {
    name: "of one interface in two ways",
    text: `${vtep()}${red}ports:
  - { interface: eth1, bridgeDomain: red, repair: { ethertype: true } }
  - { interface: eth1, vlan: 10, bridgeDomain: red, repair: { ethertype: false } }
`,
    where: ["5 ports[1].repair"],
    says: /eth1 has \{ ethertype: true, ipv6: false \} already \(line 4\)/,
  },
  {
    name: "that nobody knows",
    text: vtep(", repair: { ethertypes: true }"),
    where: ["1 vtep.repair.ethertypes"],
    says: /ethertype/,
  },
]);

accepts("repairs", {
  "of all underlay interfaces": vtep(", repair: { ethertype: true, ipv6: true }"),
  "of one port of a trunk": `${vtep()}${red}ports:
  - { interface: eth1, bridgeDomain: red }
  - { interface: eth1, vlan: 10, bridgeDomain: red, repair: { ethertype: true } }
`,
});

describe("repairs as intent", () => {
  function repairs(text: string): Record<string, unknown> {
    const result = parseConfig(text, "test.yaml");
    if (!result.ok) throw new Error("not a config");
    return Object.fromEntries(
      [...intentFromConfig(result.config).interfaces].map(([name, { repair }]) => [name, repair]),
    );
  }

  it("are those of all underlay interfaces, or of the named ones", () => {
    expect(repairs(vtep(", repair: { ethertype: true }"))).toEqual({ up0: { ipv6: false }, up1: { ipv6: false } });
    const named = vtep(", repair: { ethertype: true, ipv6: true, interfaces: [up1] }");
    expect(repairs(named)).toEqual({ up0: undefined, up1: { ipv6: true } });
    expect(repairs(vtep(", repair: { ethertype: false }"))).toEqual({ up0: undefined, up1: undefined });
  });

  it("hold for an interface, whichever of its ports says so", () => {
    const text = `${vtep()}${red}ports:
  - { interface: eth1, bridgeDomain: red, hook: tc }
  - { interface: eth1, vlan: 10, bridgeDomain: red, repair: { ethertype: true } }
  - { interface: eth1, vlan: 20, bridgeDomain: red }
  - { interface: eth2, bridgeDomain: red }
`;
    expect(repairs(text)).toEqual({ up0: undefined, up1: undefined, eth1: { ipv6: false }, eth2: undefined });
  });
});
