// Mistakes with Ethernet segments in FRR's configuration.
import { describe, expect, it } from "vitest";
import { configFromValue } from "../../../src/config/load.js";
import { parseConfigText } from "../../../src/control/frr/linter/config_tree.js";
import type { LintFacts } from "../../../src/control/frr/linter/facts.js";
import * as rules from "../../../src/control/frr/linter/segment_rules.js";

const UPLINK = "interface up0\n evpn mh uplink\n!\n";
const SEGMENT = "interface bond0\n evpn mh es-id 1\n evpn mh es-sys-mac 02:cc:00:00:00:01\n!\n";

function found(zebra: string, ports: object[] = [{ interface: "bond0", bridgeDomain: "red" }]): string[] {
  const loaded = configFromValue({
    vtep: { address: "10.0.0.1", underlay: ["up0", "up1"] },
    bridgeDomains: [
      { name: "red", vni: 100 },
      { name: "blue", vni: 200 },
    ],
    ports,
    control: { mode: "frr" },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const facts = { config: loaded.config, zebra: parseConfigText(zebra) } as LintFacts;
  return Object.values(rules).flatMap((rule) => rule(facts).map(({ name, place }) => `${name} ${place}`));
}

describe("the linter on Ethernet segments", () => {
  const place = "zebra: interface bond0 > evpn mh es-id 1";

  it("finds nothing where all is well, or where there are none", () => {
    expect(found(SEGMENT + UPLINK)).toEqual([]);
    expect(found(UPLINK, [])).toEqual([]);
  });

  it("a segment that is no port of ours", () => {
    expect(found(SEGMENT + UPLINK, [{ interface: "eth1", bridgeDomain: "red" }])).toEqual([
      `segment_of_no_port ${place}`,
    ]);
  });

  it("a segment in several bridge domains", () => {
    const ports = [
      { interface: "bond0", bridgeDomain: "red" },
      { interface: "bond0", vlan: 10, bridgeDomain: "blue" },
    ];
    expect(found(SEGMENT + UPLINK, ports)).toEqual([`segment_in_several_domains ${place}`]);
  });

  it("a segment on a VTEP whose uplinks FRR does not know", () => {
    expect(found(SEGMENT)).toEqual([`segment_without_uplink ${place}`]);
  });
});
