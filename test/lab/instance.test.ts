import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Instance, instances, isWanted, sweep } from "../../src/lab/instance.js";

describe("instances", () => {
  const before = process.env.TMPDIR;
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "vtepd-test-"));
    process.env.TMPDIR = folder;
  });

  afterEach(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true });
  });

  it("carries its maker's process id in every name", () => {
    const instance = Instance.create("some-lab", "ebpf", false);
    expect(instance.namespaceOf("h1")).toBe(`vl-some-lab-${process.pid}-h1`);
    expect(instances().map(({ id }) => id)).toEqual([`some-lab-${process.pid}`]);
    instance.remove();
    expect(instances()).toEqual([]);
  });

  it("is not made twice by one process", () => {
    const instance = Instance.create("some-lab", "ebpf", false);
    expect(() => Instance.create("some-lab", "ebpf", false)).toThrow(/already runs/);
    instance.remove();
  });

  it("keeps what a living process made and what was told to stay", () => {
    const mine = Instance.create("some-lab", "ebpf", false);
    expect(isWanted(mine.state)).toBe(true);
    expect(isWanted({ ...mine.state, startedAt: "1" })).toBe(false);
    expect(isWanted({ ...mine.state, startedAt: "1", detached: true })).toBe(true);
    expect(sweep()).not.toContain(mine.id);
    mine.remove();
  });
});
