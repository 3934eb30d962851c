// Builds pingpong.c where it is new: with clang, which the eBPF objects need anyway.
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkoutRoot } from "../../dist/lab/load.js";
import { runText } from "../../dist/lab/process.js";

const source = join(import.meta.dirname, "pingpong.c");
const folder = join(checkoutRoot, "build/bench");
const program = join(folder, "pingpong");

/** Its path. */
export async function pingpongProgram() {
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(folder, { recursive: true });
  const fresh = `${program}.${process.pid}`;
  await runText("clang", ["-O2", "-Wall", "-Werror", "-o", fresh, source]);
  // In one step: another run may be starting the old one.
  renameSync(fresh, program);
  return program;
}
