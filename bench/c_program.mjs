// Builds a small C program of the bench where its source is newer: with clang, which the eBPF objects need anyway.
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { checkoutRoot } from "../dist/lab/load.js";
import { runText } from "../dist/lab/process.js";

const folder = join(checkoutRoot, "build/bench");

/** Its path. `libraries`: as the linker wants them. */
export async function cProgram(source, libraries = []) {
  const program = join(folder, basename(source, ".c"));
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(folder, { recursive: true });
  const fresh = `${program}.${process.pid}`;
  await runText("clang", ["-O2", "-Wall", "-Werror", "-o", fresh, source, ...libraries]);
  // In one step: another run may be starting the old one.
  renameSync(fresh, program);
  return program;
}
