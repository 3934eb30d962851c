// The programs built with VTEP_TEST: the same sources as those that ship, which also write down where the
// last frame was redirected to, because a test run does not show that.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ObjectFiles } from "../../src/dataplane/ebpf/load.js";

const BPF = fileURLToPath(new URL("../../bpf/", import.meta.url));
/** clang's bpf target does not look into Debian's folder of the machine's own headers. */
const MACHINE = process.arch === "arm64" ? "aarch64" : "x86_64";
const FLAGS = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-Wall", "-Werror", "-DVTEP_TEST"];

let built: ObjectFiles | undefined;

/** Compiled once for each test process. */
export function testObjects(): ObjectFiles {
  built ??= compileAll();
  return built;
}

function compileAll(): ObjectFiles {
  const folder = mkdtempSync(join(tmpdir(), "vtepd-bpf-"));
  try {
    return { access: compile(folder, "vtep_access"), underlay: compile(folder, "vtep_underlay") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(folder: string, name: string): Uint8Array {
  const object = join(folder, `${name}.o`);
  const includes = ["-I", BPF, `-I/usr/include/${MACHINE}-linux-gnu`];
  execFileSync("clang", [...FLAGS, ...includes, "-c", join(BPF, `${name}.bpf.c`), "-o", object]);
  return readFileSync(object);
}
