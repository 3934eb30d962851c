/** Nothing of a lab stays, however its run ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { instances, sweep } from "../../src/lab/instance.js";
import { checkoutRoot, loadLab } from "../../src/lab/load.js";
import { testLab, upLab, withLab } from "../../src/lab/runner.js";

const LAB = "two-vteps";
const runner = pathToFileURL(join(checkoutRoot, "dist/lab/runner.js")).href;
const loader = pathToFileURL(join(checkoutRoot, "dist/lab/load.js")).href;

/** A process of its own that brings the lab up and then stays. */
const SCRIPT = `
  const { withLab } = await import("${runner}");
  const { loadLab } = await import("${loader}");
  await withLab(loadLab("${LAB}"), "kernel", () => new Promise((resolve) => { console.log("up"); setTimeout(resolve, 60_000); }));
`;

const namespacesOf = (pid: number | undefined): string[] =>
  (existsSync("/run/netns") ? readdirSync("/run/netns") : []).filter((name) => name.startsWith(`vl-${LAB}-${pid}-`));

async function startRun(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", SCRIPT], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout !== null) await once(child.stdout, "data");
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, "exit");
  child.kill(signal);
  const [code] = (await exited) as [number | null];
  return code;
}

const isRoot = process.getuid?.() === 0;
const needsRoot = "needs root: labs are made of network namespaces";

describe("a lab run that ends early", () => {
  it.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s removes the lab", async ([signal, code], ctx) => {
    if (!isRoot) ctx.skip(needsRoot);
    const child = await startRun();
    expect(namespacesOf(child.pid).length).toBeGreaterThan(0);
    expect(await end(child, signal)).toBe(code);
    expect(namespacesOf(child.pid)).toEqual([]);
  });

  it("by SIGKILL leaves it to the next start", async (ctx) => {
    if (!isRoot) ctx.skip(needsRoot);
    const child = await startRun();
    expect(sweep()).not.toContain(`${LAB}-${child.pid}`);
    await end(child, "SIGKILL");
    expect(namespacesOf(child.pid).length).toBeGreaterThan(0);
    expect(sweep()).toContain(`${LAB}-${child.pid}`);
    expect(namespacesOf(child.pid)).toEqual([]);
  });

  it("by an exception removes the lab", async (ctx) => {
    if (!isRoot) ctx.skip(needsRoot);
    const failing = withLab(loadLab(LAB), "kernel", () => Promise.reject(new Error("on purpose")));
    await expect(failing).rejects.toThrow("on purpose");
    expect(namespacesOf(process.pid)).toEqual([]);
  });
});

describe("a lab that is up", () => {
  it("is not swept, and is gone when removed", async (ctx) => {
    if (!isRoot) ctx.skip(needsRoot);
    const instance = await upLab(loadLab(LAB), "kernel");
    expect(sweep()).not.toContain(instance.id);
    expect(instances().map(({ id }) => id)).toContain(instance.id);
    instance.remove();
    expect(namespacesOf(process.pid)).toEqual([]);
  });
});

describe("a lab that is wrong", () => {
  it("fails, and says what was seen instead", async (ctx) => {
    if (!isRoot) ctx.skip(needsRoot);
    const lab = loadLab(LAB);
    const wrong = [
      { send: { from: "h1", cast: "broadcast", family: 4, arrives: { h2: 1 }, wire: { "v1>v2": 2 } } },
      { ping: { between: ["h1", "h2"] }, outer: [{ from: "v1", to: "v2", vni: 101 }] },
      { ping: { between: ["h1", "h2"] }, outer: [{ from: "v1", to: "v2", vni: 100, ttl: 31, df: true }] },
      { noPing: { from: "h1", addresses: ["192.168.100.2"] } },
    ] as const;
    const { results, diagnosis } = await testLab({ ...lab, expect: wrong }, "kernel");
    expect(results.map(({ problems }) => problems)).toEqual([
      ["host h3:eth0: copies of each frame 1 1 1 1 1, not 0", "wire v1>v2: copies of each frame 1 1 1 1 1, not 2"],
      ["v1>v2 VNI 101: no packet on the wire"],
      ["v1>v2 VNI 100: ttl is 32, not 31", "v1>v2 VNI 100: df is false, not true"],
      ["192.168.100.2 answered h1"],
    ]);
    expect(diagnosis).toContain("v1: bridge fdb");
  });
});
