import { describe, expect, it } from "vitest";
import { describeConfig, renderConfigHelp, renderConfigMarkdown } from "../../src/config/describe.js";
import { configSchema } from "../../src/config/schema.js";

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
