import { describe, expect, it } from "vitest";
import type { ConvergedCheck } from "../../src/lab/expectation.js";
import { expectedKnowledge, problemsWith, routeFact } from "../../src/lab/facts.js";
import { parseLab } from "../../src/lab/load.js";

const spec = parseLab(
  `
title: three VTEPs
nodes:
  h1: { kind: host, interfaces: { eth0: { mac: "02:aa:00:00:00:01", addresses: [10.1.0.1/24, "2001:db8::1/64"] } } }
  h2: { kind: host, interfaces: { eth0: { mac: "02:aa:00:00:00:02", addresses: [10.1.0.2/24] } } }
  sw: { kind: switch }
  v1:
    kind: vtepd
    config:
      vtep: { address: 10.255.0.1, underlay: [up0] }
      vrfs: [{ name: tenant, l3vni: 5000 }]
      bridgeDomains:
        - { name: red, vni: 100, vrf: tenant, gateway: { mac: "02:00:5e:00:00:01", addresses: [10.1.0.254/24] } }
        - { name: blue, vni: 200 }
      ports: [{ interface: eth1, bridgeDomain: red }, { interface: eth2, bridgeDomain: blue }]
      control: { mode: static }
  v2:
    kind: kernel-vtep
    config:
      vtep: { address: 10.255.0.2, underlay: [up0] }
      vrfs: [{ name: tenant, l3vni: 5000 }]
      bridgeDomains: [{ name: rot, vni: 100, vrf: tenant }]
      ports: [{ interface: eth1, bridgeDomain: rot }]
      control: { mode: static }
  v3:
    kind: kernel-vtep
    config:
      vtep: { address: 10.255.0.3, underlay: [up0] }
      vrfs: [{ name: tenant, l3vni: 5000 }]
      bridgeDomains: []
      ports: []
      control: { mode: static }
links: [[h1:eth0, sw:p0], [sw:p1, v1:eth1], [sw:p2, v2:eth1], [h2:eth0, v1:eth2]]
expect: [{ converged: {} }]
`,
  "lab.yaml",
);
const lab = { ...spec, name: "test", folder: "" };

const knowledge = (converged: ConvergedCheck["converged"], node: string) =>
  expectedKnowledge(lab, { converged }).get(node);

describe("what a lab's VTEPs have to know", () => {
  it("is to flood to who has the same VNI, by one's own name of it", () => {
    expect(knowledge({}, "v1")?.wanted).toEqual(["flood red 10.255.0.2"]);
    expect(knowledge({}, "v2")?.wanted).toEqual(["flood rot 10.255.0.1"]);
    expect(knowledge({}, "v3")?.wanted).toEqual([]);
    expect(knowledge({ nodes: ["v1", "v3"] }, "v1")?.wanted).toEqual([]);
  });

  it("is where hosts are, with their addresses when they have a gateway, also behind a switch", () => {
    expect(knowledge({ hosts: { h1: "v1" } }, "v2")?.wanted).toEqual([
      "flood rot 10.255.0.1",
      "mac rot 02:aa:00:00:00:01 10.255.0.1",
      "binding rot 10.1.0.1 02:aa:00:00:00:01",
      "binding rot 2001:db8::1 02:aa:00:00:00:01",
      "route tenant 10.1.0.1/32 10.255.0.1",
      "route tenant 2001:db8::1/128 10.255.0.1",
    ]);
    expect(knowledge({ hosts: { h1: "v1" } }, "v3")?.wanted).toEqual([
      "route tenant 10.1.0.1/32 10.255.0.1",
      "route tenant 2001:db8::1/128 10.255.0.1",
    ]);
    expect(knowledge({ hosts: { h1: "v2" } }, "v1")?.wanted).toContain("mac red 02:aa:00:00:00:01 10.255.0.2");
  });

  it("is nothing of hosts of another domain", () => {
    expect(knowledge({ hosts: { h2: "v1" } }, "v2")?.wanted).toEqual(["flood rot 10.255.0.1"]);
  });

  it("is where prefixes are, but not by the VTEP that has them", () => {
    const routes = { tenant: { "192.0.2.0/24": ["v1", "10.255.0.9"] } };
    expect(knowledge({ nodes: ["v1", "v3"], routes }, "v3")?.wanted).toEqual([
      "route tenant 192.0.2.0/24 10.255.0.1",
      "route tenant 192.0.2.0/24 10.255.0.9",
    ]);
    expect(knowledge({ nodes: ["v1", "v3"], routes }, "v1")?.wanted).toEqual([]);
  });

  it("refuses a host that is not behind the VTEP", () => {
    expect(() => knowledge({ hosts: { h2: "v2" } }, "v1")).toThrow(/h2 is not behind a port of v2/);
  });

  it("names what is missing, and what is known of a host that is nowhere", () => {
    const expected = knowledge({ nodes: ["v1"], absent: ["h1"] }, "v1") ?? { wanted: [], unwanted: [] };
    const known = new Set(["mac red 02:aa:00:00:00:01 10.255.0.2", routeFact("tenant", "10.1.0.1", "10.255.0.2")]);
    expect(problemsWith(known, expected)).toHaveLength(2);
    expect(problemsWith(new Set(), { wanted: ["flood red 10.255.0.2"], unwanted: [] })).toEqual([
      "does not know: flood red 10.255.0.2",
    ]);
  });
});
