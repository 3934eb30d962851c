// The programs built with VTEP_TEST: the same sources as those that ship, which also write down where the
// last frame was redirected to, because a test run does not show that.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ObjectFiles } from "../../src/dataplane/ebpf/load.js";

const BPF = fileURLToPath(new URL("../../bpf/", import.meta.url));
const BUILT = fileURLToPath(new URL("../../build/bpf-test/", import.meta.url));
const UNFINISHED = "new-";
/** clang's bpf target does not look into Debian's folder of the machine's own headers. */
const MACHINE = process.arch === "arm64" ? "aarch64" : "x86_64";
const FLAGS = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-Wall", "-Werror", "-DVTEP_TEST"];

let built: ObjectFiles | undefined;

/** Compiled once for these sources: whoever comes next finds them in build/bpf-test. */
export function testObjects(): ObjectFiles {
  built ??= readOrCompile();
  return built;
}

function readOrCompile(): ObjectFiles {
  const folder = join(BUILT, digestOfSources());
  if (!existsSync(folder)) compileInto(folder);
  return {
    access: readFileSync(join(folder, "vtep_access.o")),
    underlay: readFileSync(join(folder, "vtep_underlay.o")),
  };
}

function digestOfSources(): string {
  const hash = createHash("sha256").update(FLAGS.join());
  for (const folder of ["", "abi", "lib"].map((name) => join(BPF, name))) {
    for (const name of readdirSync(folder)
      .filter((entry) => /\.[ch]$/.test(entry))
      .sort()) {
      hash.update(name).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** In one step, for another test process may be about the same. What other sources left goes. */
function compileInto(folder: string): void {
  mkdirSync(BUILT, { recursive: true });
  const fresh = mkdtempSync(join(BUILT, UNFINISHED));
  try {
    for (const name of ["vtep_access", "vtep_underlay"]) compile(name, join(fresh, `${name}.o`));
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  const others = readdirSync(BUILT).filter((name) => !name.startsWith(UNFINISHED) && name !== basename(folder));
  for (const name of others) rmSync(join(BUILT, name), { recursive: true });
}

function compile(name: string, object: string): void {
  const includes = ["-I", BPF, `-I/usr/include/${MACHINE}-linux-gnu`];
  execFileSync("clang", [...FLAGS, ...includes, "-c", join(BPF, `${name}.bpf.c`), "-o", object]);
}
