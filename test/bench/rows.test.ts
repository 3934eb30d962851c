import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rows } from "../../bench/rows/all.mjs";

describe("rows of the bench", () => {
  it("stand in its README, each under a name of its own", () => {
    const readme = readFileSync(new URL("../../bench/README.md", import.meta.url), "utf8");
    const names = rows.map(({ name }: { name: string }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name: string) => !readme.includes(`| \`${name}\` |`))).toEqual([]);
  });
});
