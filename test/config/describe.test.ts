import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeConfig, renderConfigHelp, renderConfigMarkdown } from "../../src/config/describe.js";
import { parseConfig } from "../../src/config/load.js";
import { configSchema } from "../../src/config/schema.js";
import { unsupportedFeatures, unsupportedProblems } from "../../src/config/unsupported.js";

const keys = describeConfig();

describe("the description of the config", () => {
  it("explains every key in one sentence", () => {
    for (const { key, description } of keys) expect(`${key}: ${description}`).toMatch(/: [A-Z].*\.$/);
  });

  it("names each key once", () => {
    expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length);
  });

  it("has range, unit and default", () => {
    expect(keys.find(({ key }) => key === "bridgeDomains[].ageing")).toEqual({
      key: "bridgeDomains[].ageing",
      description: "Time after which a silent learned MAC is forgotten; 0 is never.",
      allowed: "0..1000000 seconds",
      unit: "seconds",
      default: "300",
      required: false,
    });
    expect(keys.find(({ key }) => key === "vtep.sourcePorts")?.default).toBe("[49152, 65535]");
    expect(keys.find(({ key }) => key === "control.frr.names.vrf")?.default).toBe('"{vrf}"');
  });

  it("is in the help, whole or of one section", () => {
    for (const { key } of keys) expect(renderConfigHelp()).toContain(`${key}`);
    expect(renderConfigHelp("vtep.ttl")).toBe(
      "vtep.ttl: 1..255 or inherit; default 64\n    TTL or hop limit of the outer header; inherit copies that of the inner packet.\n",
    );
    expect(renderConfigHelp("ports")).not.toContain("vrfs");
  });

  it("is a table of four columns in the docs", () => {
    const rows = renderConfigMarkdown()
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    expect(rows.length).toBe(keys.length - Object.keys(configSchema.properties).length);
    for (const row of rows) expect(row.replaceAll("\\|", "").split("|").length).toBe(6);
  });
});

describe("features that are read, but not run", () => {
  const example = readFileSync(new URL("example.yaml", import.meta.url), "utf8");
  const unsupported = (text: string): string[] => {
    const result = parseConfig(text, "test.yaml");
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return unsupportedProblems(result).map(({ line, key }) => `${line} ${key}`);
  };

  it("are keys of the schema", () => {
    for (const { key } of unsupportedFeatures) expect(keys.map((row) => row.key)).toContain(key);
  });

  it("are none of the example's", () => {
    expect(unsupported(example)).toEqual([]);
  });

  it("are found by value where only one value is not run", () => {
    const head = "vtep: { address: 10.0.0.1, underlay: [up0] }\n";
    expect(unsupported(`${head}control:\n  mode: frr\n`)).toEqual(["3 control.mode"]);
    expect(unsupported(`${head}control: { mode: static, static: { neighbors: [], routes: [] } }\nvrfs: []\n`)).toEqual(
      [],
    );
    expect(
      unsupported(`${head}bridgeDomains:\n  - { name: a, vni: 1 }\n  - { name: b, vni: 2, arpSuppression: false }\n`),
    ).toEqual([]);
  });
});
