import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chooseRows, readCommandLine } from "../../bench/command_line.mjs";
import { Progress, spokenTime } from "../../bench/report/progress.mjs";
import { vtepd } from "../cli/vtepd.js";
import { report } from "./stored.js";

const root = process.getuid?.() === 0;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vtepd-bench-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("words of vtepd bench", () => {
  it("become settings", () => {
    expect(readCommandLine([])).toMatchObject({ action: "run", build: true, json: false, options: { rounds: 5 } });
    expect(readCommandLine(["--quick", "--rounds", "2", "--row", "a", "--row", "b"])).toMatchObject({
      options: { quick: true, rounds: 2, seconds: 0.4 },
      wanted: ["a", "b"],
    });
    expect(readCommandLine(["--table", "x.json"])).toMatchObject({ action: "table", file: "x.json" });
  });

  it.each([
    [["--rounds", "0"], "whole numbers from 1 to 1000"],
    [["--rounds", "1.5"], "whole numbers"],
    [["--seconds", "fast"], "from 0.1 to 3600"],
    [["--cpu", "100000"], "--cpu '100000'"],
    [["--row"], "--row"],
    [["--nonsense"], "--nonsense"],
    [["encap"], "encap"],
    [["--list", "--table", "x"], "exclude each other"],
  ])("%j is refused", (argv, reason) => {
    expect(() => readCommandLine(argv)).toThrow(reason);
  });

  it("choose rows by name, and leave the slow ones out of --quick", () => {
    const rows = [{ name: "a" }, { name: "b", slow: true }];
    const names = (...choice: [string[] | undefined, boolean]) =>
      chooseRows(rows, ...choice).map(({ name }: { name: string }) => name);
    expect(names(undefined, false)).toEqual(["a", "b"]);
    expect(names(undefined, true)).toEqual(["a"]);
    expect(names(["b"], true)).toEqual(["b"]);
    expect(() => names(["c"], false)).toThrow("the rows are: a, b");
  });

  it("choose the rows of a target by its number", () => {
    const rows = [{ name: "encap" }, { name: "latency" }, { name: "tcp" }, { name: "decap" }];
    expect(chooseRows(rows, ["7", "1"], false)).toEqual([{ name: "encap" }, { name: "latency" }, { name: "decap" }]);
    expect(() => chooseRows(rows, ["21"], false)).toThrow("no row '21'");
  });
});

describe("progress of the bench", () => {
  it("tells samples, and the time left by what samples have taken", () => {
    let now = 0;
    const progress = new Progress(
      [
        { samples: 2, seconds: 10 },
        { samples: 4, seconds: 5 },
      ],
      () => now,
    );
    progress.beginRow();
    now += 20_000;
    // Twice as slow as planned: 20 s of this row, 40 s of the next.
    expect(progress.step()).toBe("[1/6, 1 min left]");
    now += 20_000;
    expect(progress.step()).toBe("[2/6, 40 s left]");
    progress.beginRow();
    now += 1000;
    expect(progress.step()).toBe("[3/6, 3 s left]");
  });

  it("counts what a row leaves out as done, and learns nothing from it", () => {
    let now = 0;
    const progress = new Progress(
      [
        { samples: 5, seconds: 10 },
        { samples: 2, seconds: 10 },
      ],
      () => now,
    );
    progress.beginRow();
    progress.beginRow();
    now += 10_000;
    expect(progress.step()).toBe("[6/7, 10 s left]");
    now += 10_000;
    expect(progress.step()).toBe("[7/7]");
  });

  it("speaks of time as people do", () => {
    expect([0.2, 59, 119, 3600, 5400].map(spokenTime)).toEqual(["1 s", "59 s", "2 min", "1 h 0 min", "1 h 30 min"]);
  });
});

describe("vtepd bench", () => {
  it("explains itself", async () => {
    const { code, stdout } = await vtepd(["bench", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--row NAME");
  });

  it("ends with 2 where the command line is wrong", async () => {
    expect(await vtepd(["bench", "--rounds", "none"])).toMatchObject({ code: 2, stdout: "" });
    const missing = await vtepd(["bench", "--table", join(folder, "nothing.json")]);
    expect(missing).toMatchObject({ code: 2, stdout: "" });
    expect(missing.stderr).toMatch(/^vtepd bench: .*nothing\.json: /);
  });

  it("makes tables and a report of stored results", async () => {
    const file = join(folder, "stored.json");
    writeFileSync(file, JSON.stringify(report));
    expect((await vtepd(["bench", "--table", file])).stdout).toContain("| vtepd, hook xdp | 310 ns, 5.5× |");
    expect((await vtepd(["bench", "--report", file])).code).toBe(0);
    expect(readFileSync(join(folder, "stored.html"), "utf8")).toContain("<svg");
  });

  it.skipIf(!root)("measures a row, and leaves JSON and a report (needs root)", async () => {
    const output = join(folder, "run");
    const argv = ["--no-build", "--quick", "--seconds", "0.1", "--row", "generator", "--json", "--output", output];
    const { code, stdout, stderr } = await vtepd(["bench", ...argv]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("[2/2]") });
    const { rows } = JSON.parse(stdout);
    expect(rows[0].entries.map(({ failure }: { failure?: string }) => failure)).toEqual([undefined, undefined]);
    expect(
      readdirSync(output)
        .map((name) => name.replace(/.*\./, ""))
        .sort(),
    ).toEqual(["html", "json"]);
  });
});
