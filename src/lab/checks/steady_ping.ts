/** Echo requests without end from a host, and when which of them was answered. */
import { type ChildProcess, spawn } from "node:child_process";
import type { HostPlace } from "../context.js";
import { inNamespace, stop } from "../process.js";
import { SPEAKER_PATIENCE_MS } from "./outcome.js";

const DEFAULT_INTERVAL_MS = 100;
/** `-D` puts the time in front. */
const REPLY = /^\[(\d+\.\d+)\] \d+ bytes from .* icmp_seq=(\d+) /;

export class SteadyPing {
  readonly #child: ChildProcess;
  readonly #answered = new Set<number>();
  #highest = 0;
  #pending = "";
  #waiting: (() => void)[] = [];
  #lastSeconds: number | undefined;
  #silenceSeconds = 0;

  constructor(
    namespace: string,
    { interface: name }: HostPlace,
    readonly address: string,
    intervalMs = DEFAULT_INTERVAL_MS,
  ) {
    const args = ["ping", "-n", "-D", "-i", String(intervalMs / 1000), "-I", name, address];
    const [program, argv] = inNamespace(namespace, args);
    this.#child = spawn(program, argv, { stdio: ["ignore", "pipe", "ignore"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
  }

  #read(text: string): void {
    const lines = (this.#pending + text).split("\n");
    this.#pending = lines.pop() ?? "";
    for (const line of lines) {
      const [, seconds, sequence] = REPLY.exec(line) ?? [];
      if (sequence !== undefined) this.#note(Number(sequence), Number(seconds));
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #note(sequence: number, seconds: number): void {
    this.#answered.add(sequence);
    this.#highest = Math.max(this.#highest, sequence);
    this.#silenceSeconds = Math.max(this.#silenceSeconds, seconds - (this.#lastSeconds ?? seconds));
    this.#lastSeconds = seconds;
  }

  /** Waits for so many more replies; false when they do not come in time. */
  async more(count: number): Promise<boolean> {
    const target = this.#answered.size + count;
    const deadline = Date.now() + SPEAKER_PATIENCE_MS;
    while (this.#answered.size < target) {
      const left = deadline - Date.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  /** The highest sequence number that was answered. */
  get sent(): number {
    return this.#highest;
  }

  /** Requests before the last answered one that have no answer. */
  get lost(): number {
    return this.#highest - this.#answered.size;
  }

  /** The longest time between two answers; the interval of the requests when none is late or lost. */
  get silenceMs(): number {
    return this.#silenceSeconds * 1000;
  }

  async stop(): Promise<void> {
    await stop(this.#child, "SIGINT");
  }
}
