import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { archive, FileType } from "../../src/lab/vm/archive.js";

const entries = [
  { path: "bin", mode: FileType.folder | 0o755 },
  { path: "bin/sh", mode: FileType.file | 0o755, content: "#!" },
  { path: "dev", mode: FileType.characterDevice | 0o600, device: [5, 1] as const },
];

describe("the archive of the virtual machine's first files", () => {
  it("is made of headers, names and contents in units of four bytes", () => {
    const bytes = archive(entries);
    expect(bytes.length % 4).toBe(0);
    expect(bytes.subarray(0, 6).toString()).toBe("070701");
    expect(bytes.includes("TRAILER!!!")).toBe(true);
  });

  it("is what busybox takes for one", (ctx) => {
    const { status, stdout, error } = spawnSync("busybox", ["cpio", "-t"], { input: archive(entries) });
    if (error !== undefined) ctx.skip("needs busybox");
    expect(status).toBe(0);
    expect(stdout.toString().trim().split("\n")).toEqual(entries.map(({ path }) => path));
  });
});
