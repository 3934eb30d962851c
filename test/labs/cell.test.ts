/** The mount namespace in which FRR of a node runs, and the end of everything in it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { Cell } from "../../src/lab/frr/cell.js";
import { frrFolder } from "../../src/lab/frr/frr.js";
import { Instance } from "../../src/lab/instance.js";
import { runText } from "../../src/lab/process.js";

const missing = process.getuid?.() !== 0 ? "needs root: labs are made of network namespaces" : undefined;

describe("a cell", () => {
  let instance: Instance | undefined;
  afterEach(() => instance?.remove());

  async function open(vrfs: readonly string[]): Promise<{ instance: Instance; cell: Cell }> {
    const made = Instance.create("cell", "kernel", false);
    instance = made;
    for (const place of ["v1", ...vrfs.map((vrf) => `v1.${vrf}`)]) {
      await runText("ip", ["netns", "add", made.namespaceOf(place)]);
    }
    const named = new Map(vrfs.map((vrf) => [vrf, made.namespaceOf(`v1.${vrf}`)]));
    return { instance: made, cell: await Cell.open(made, "v1", named) };
  }

  it("shows the node's VRFs by their own names and nobody else's namespaces", async (ctx) => {
    if (missing !== undefined || frrFolder() === undefined) ctx.skip(missing ?? "FRR is not installed");
    const { cell } = await open(["tenant", "vrf-two"]);
    expect(cell.vrfs().sort()).toEqual(["tenant", "vrf-two"]);
    expect(readdirSync(cell.path("/run")).sort()).toEqual(["frr", "netns"]);
    const [program, args] = cell.inside(["ip", "-n", "vrf-two", "-br", "link"]);
    expect(await runText(program, args)).toMatch(/^lo /);
  });

  it("is found by another process, and hides what is made in it", async (ctx) => {
    if (missing !== undefined || frrFolder() === undefined) ctx.skip(missing ?? "FRR is not installed");
    const { instance: made, cell } = await open([]);
    expect(Cell.of(made, "v1")?.pid).toBe(cell.pid);
    expect(Cell.of(made, "v2")).toBeUndefined();
    mkdirSync(cell.path("/run/frr/inside"));
    expect(existsSync("/run/frr/inside")).toBe(false);
  });

  it("ends with its lab, and so does who is in it", async (ctx) => {
    if (missing !== undefined || frrFolder() === undefined) ctx.skip(missing ?? "FRR is not installed");
    const { instance: made, cell } = await open(["tenant"]);
    const [program, args] = cell.inside(["sh", "-c", "echo inside; exec sleep 60"]);
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    made.remove();
    await ended;
    expect(existsSync(`/proc/${cell.pid}`)).toBe(false);
    expect(made.namespaces()).toEqual([]);
    expect(existsSync(made.folder)).toBe(false);
  });
});
