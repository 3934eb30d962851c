/**
 * Child processes of a lab: run to the end, or started and remembered. Everything in a namespace goes through
 * `ip netns exec`, as an operator would do it, private mount namespace included.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { VtepError } from "../wire/error.js";
import { patient } from "./patience.js";

export interface RunOptions {
  readonly namespace?: string | undefined;
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function inNamespace(namespace: string | undefined, argv: readonly string[]): [string, string[]] {
  const [program = "", ...args] = argv;
  return namespace === undefined ? [program, args] : ["ip", ["netns", "exec", namespace, ...argv]];
}

/** Runs a program to its end, whatever its exit code. */
export function finish(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [file, argv] = inNamespace(options.namespace, [program, ...args]);
  return new Promise((resolve, reject) => {
    const child = spawn(file, argv, { timeout: patient(options.timeoutMs ?? 30_000), signal: options.signal });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.on("error", (cause) =>
      reject(new VtepError("lab_program", `${program} does not start: ${cause.message}`, {}, cause)),
    );
    child.on("close", (code) => resolve({ code, stdout: stdout(), stderr: stderr() }));
    child.stdin.on("error", () => undefined); // a program that ends early; its exit code says why
    child.stdin.end(options.input ?? "");
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: string[] = [];
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => chunks.push(chunk));
  return () => chunks.join("");
}

/** The output of a program that must succeed. */
export async function runText(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await finish(program, args, options);
  if (code === 0) return stdout;
  const line = failingLine(stderr, options.input);
  const what = `${program} ${args.join(" ")} in ${options.namespace ?? "this namespace"}${line}`;
  throw new VtepError("lab_command", `${what}: ${stderr.trim() || `exit code ${code}`}`, { program, args, code });
}

/** iproute2 says only the number of the batch line that failed. */
function failingLine(stderr: string, input: string | undefined): string {
  const number = /Command failed -:(\d+)/.exec(stderr)?.[1];
  return number === undefined || input === undefined ? "" : `: '${input.split("\n")[Number(number) - 1] ?? ""}'`;
}

/** Resolves when the process has ended, also if it ended before. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/** Asks a process to end, and makes it end when it does not within `graceMs`; true if it ended by itself. */
export async function stop(
  child: ChildProcess,
  signal: NodeJS.Signals = "SIGTERM",
  graceMs = patient(5000),
): Promise<boolean> {
  let byItself = true;
  const timer = setTimeout(() => {
    byItself = false;
    child.kill("SIGKILL");
  }, graceMs);
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await ended(child);
  clearTimeout(timer);
  return byItself;
}
