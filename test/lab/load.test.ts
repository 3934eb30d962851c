import { describe, expect, it } from "vitest";
import { labNames, loadLab, parseLab } from "../../src/lab/load.js";

const GOOD = `
title: two hosts
nodes: { h1: { kind: host }, h2: { kind: host } }
links: [[h1:eth0, h2:eth0]]
expect: [{ ping: { between: [h1, h2] } }]
`;

const problemsOf = (text: string): string => {
  try {
    parseLab(text, "lab.yaml");
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("lab.yaml", () => {
  it("accepts a lab that is right", () => expect(parseLab(GOOD, "lab.yaml").title).toBe("two hosts"));

  it.each([
    ["an unknown key", "kind: host", "kind: host, colour: red", /nodes\/h1.*colour/],
    ["an unknown kind", "kind: host", "kind: horse", /kernel-vtep/],
    ["a VTEP without configuration", "kind: host", "kind: vtepd", /config/],
    ["a link to nobody", "h2:eth0]]", "h9:eth0]]", /no node 'h9'/],
    ["an interface used twice", "h2:eth0]]", "h1:eth0]]", /'h1:eth0' is used twice/],
    ["a check of nobody", "[h1, h2] }", "[h1, h7] }", /expect 1: no node 'h7'/],
    ["a check without an action", "ping: { between: [h1, h2] }", "vtepdOnly: true", /exactly one of/],
    ["a ping from nowhere", "between: [h1, h2]", "to: [h2]", /ping/],
    ["a ping of both kinds", "between: [h1, h2]", "between: [h1], from: h1, to: [h2]", /ping/],
    ["a ping of nobody", "between: [h1, h2]", "from: h1, to: [h7, 10.0.0.1]", /no node 'h7'/],
    ["a path of nobody", "ping: { between: [h1, h2] }", "trace: { from: h7, to: h2, hops: [] }", /no node 'h7'/],
    [
      "an error that there is not",
      "ping: {",
      "icmp: { from: h1, to: h2, by: 10.0.0.1, answer: late }, ping: {",
      /too-big/,
    ],
    ["a misspelt action", "ping: {", "pong: {", /pong/],
    ["text that is not YAML", "title: two", "title: [two", /lab.yaml: /],
  ])("refuses %s", (_, from, to, message) => {
    expect(problemsOf(GOOD.replace(from, to))).toMatch(message);
  });

  it("says everything that is wrong at once", () => {
    const text = GOOD.replace("h2:eth0]]", "h9:eth0]]").replace("[h1, h2] }", "[h1, h7] }");
    expect(problemsOf(text).split("\n")).toHaveLength(2);
  });

  it("names the labs that there are when one is not", () => {
    expect(() => loadLab("none")).toThrow(/two-vteps/);
  });

  it.each(labNames())("reads the lab %s", (name) => expect(loadLab(name).expect.length).toBeGreaterThan(0));
});
