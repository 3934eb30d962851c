// vtepd bench: its words are defined where they are used, in bench/, which an installation may not have.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { VtepError } from "../../wire/error.js";

export function registerBench(program: Command): void {
  program
    .command("bench")
    .description("side-by-side benchmarks against the kernel and Open vSwitch (root); see bench --help")
    .helpOption(false)
    .allowUnknownOption()
    .argument("[options...]")
    .action(bench);
}

async function bench(words: readonly string[]): Promise<void> {
  const { checkoutRoot } = await import("../../lab/load.js");
  const file = join(checkoutRoot, "bench/run.mjs");
  if (!existsSync(file))
    throw new VtepError("bench_missing", `${file} is missing: the bench is part of the source tree`);
  process.exitCode = await run([file, ...words]);
}

/** The bench removes its namespaces when it is told to end; this process has to outlive it. Ctrl-C reaches both. */
function run(argv: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, argv, { stdio: "inherit" });
  process.on("SIGINT", () => undefined).on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
