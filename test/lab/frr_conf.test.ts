import { describe, expect, it } from "vitest";
import { daemonFile, fill, frrText } from "../../src/lab/frr/conf.js";
import { parseLab } from "../../src/lab/load.js";

const LAB = `
title: a template, and a text of its own
frr:
  leaf: |
    router bgp 65000
     bgp router-id {address}
nodes:
  h1: { kind: host }
  r1: { kind: router, frr: { template: leaf, address: 10.0.0.1 } }
  r2: { kind: router, frr: "router bgp 65001" }
links: [[r1:eth0, r2:eth0]]
expect: [{ converged: {} }]
`;

const problemsOf = (text: string): string => {
  try {
    parseLab(text, "lab.yaml");
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("frr.conf of a lab's nodes", () => {
  it("is the lab's text with the node's words, or the node's own", () => {
    const lab = parseLab(LAB, "lab.yaml");
    const textOf = (node: string) => {
      const spec = lab.nodes[node];
      return spec === undefined ? undefined : frrText(lab, spec)?.text;
    };
    expect(textOf("r1")).toBe("router bgp 65000\n bgp router-id 10.0.0.1\n");
    expect(textOf("r2")).toBe("router bgp 65001");
    expect(textOf("h1")).toBeUndefined();
  });

  it("wants every word, and no other", () => {
    expect(fill("a {b} c {b}", { b: "1" })).toEqual({ text: "a 1 c 1", problems: [] });
    expect(fill("{a}", { b: "1" }).problems).toHaveLength(2);
  });

  it.each([
    ["a template that there is not", "template: leaf", "template: spine", /r1: frr: no template 'spine'/],
    ["a word that is not given", ", address: 10.0.0.1", "", /r1: frr: \{address\} is not given/],
    ["a word that stands nowhere", "address: 10.0.0.1", 'address: a, as: "1"', /'as' does not stand in the template/],
    ["FRR on a host", "h1: { kind: host", 'h1: { kind: host, frr: ""', /a host runs no FRR/],
    ["GoBGP without its configuration", "h1: { kind: host", "h1: { kind: gobgp", /belong together/],
  ])("refuses %s", (_, from, to, message) => {
    expect(problemsOf(LAB.replace(from, to))).toMatch(message);
  });
});

describe("what a daemon reads of it", () => {
  const TEXT = "vrf red\n vni 5000\nexit-vrf\n!\nrouter bgp 1\n vni 100\n!\nbfd\n profile fast\n";

  it("has not what another daemon would take for its own", () => {
    expect(daemonFile("v1", "zebra", TEXT)).toContain("vni 5000");
    expect(daemonFile("v1", "zebra", TEXT)).not.toContain("vni 100");
    expect(daemonFile("v1", "bgpd", TEXT)).toContain("vni 100");
    expect(daemonFile("v1", "bgpd", TEXT)).not.toContain("vrf");
    expect(daemonFile("v1", "bfdd", TEXT)).not.toContain("vni");
    expect(daemonFile("v1", "bfdd", TEXT)).toContain("profile fast");
  });

  it("begins with the profile of data centers, which everything after it depends on", () => {
    expect(daemonFile("v1", "bgpd", TEXT)).toMatch(/^frr defaults datacenter\nhostname v1\n/);
  });
});
