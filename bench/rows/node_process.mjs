// A measurement in a Node process of its own, on any CPU: V8's helpers need one too.
import os from "node:os";
import { runText } from "../../dist/lab/process.js";

const TIMEOUT_MS = 600_000;

export function outputOf(argv) {
  const everywhere = `0-${os.cpus().length - 1}`;
  return runText("taskset", ["--cpu-list", everywhere, process.execPath, ...argv], { timeoutMs: TIMEOUT_MS });
}
