/** Echo requests that run while something is done to the lab: that they are answered again, and how many were lost. */
import { type ChildProcess, spawn } from "node:child_process";
import { VtepError } from "../../wire/error.js";
import { findPlace, type HostPlace, type LabContext } from "../context.js";
import type { SteadyPings } from "../expectation.js";
import { isAddress } from "../outer.js";
import { inNamespace, stop } from "../process.js";
import { type Outcome, SPEAKER_PATIENCE_MS } from "./outcome.js";

const INTERVAL_SECONDS = 0.1;
/** Replies to see before and after. */
const REPLIES = 10;

/** Echo requests without end, and the sequence numbers of their replies. */
class SteadyPing {
  readonly #child: ChildProcess;
  readonly #answered = new Set<number>();
  #highest = 0;
  #pending = "";
  #waiting: (() => void)[] = [];

  constructor(
    namespace: string,
    { interface: name }: HostPlace,
    readonly address: string,
  ) {
    const args = ["ping", "-n", "-i", String(INTERVAL_SECONDS), "-I", name, address];
    const [program, argv] = inNamespace(namespace, args);
    this.#child = spawn(program, argv, { stdio: ["ignore", "pipe", "ignore"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
  }

  #read(text: string): void {
    const lines = (this.#pending + text).split("\n");
    this.#pending = lines.pop() ?? "";
    for (const line of lines) {
      const sequence = Number(/bytes from .* icmp_seq=(\d+) /.exec(line)?.[1] ?? 0);
      if (sequence === 0) continue;
      this.#answered.add(sequence);
      this.#highest = Math.max(this.#highest, sequence);
    }
    for (const wake of this.#waiting.splice(0)) wake();
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

  /** Requests before the last answered one that have no answer. */
  get lost(): number {
    return this.#highest - this.#answered.size;
  }

  async stop(): Promise<void> {
    await stop(this.#child, "SIGINT");
  }
}

/**
 * Does `act` between replies to all the pings, and `afterwards` once there are replies again, while they still run.
 * Without pings both are only done.
 */
export async function whilePinging(
  context: LabContext,
  { pings: wanted = [], mostLost }: SteadyPings,
  act: () => Promise<void>,
  afterwards: () => Promise<void> = async () => {},
): Promise<Outcome> {
  const pings = wanted.map(({ from, to }) => startPing(context, from, to));
  try {
    const before = await Promise.all(pings.map((ping) => ping.more(REPLIES)));
    if (before.includes(false)) return { problems: unanswered(pings, before, "before"), detail: "" };
    await act();
    const after = await Promise.all(pings.map((ping) => ping.more(REPLIES)));
    await afterwards();
    const lost = pings.filter((ping) => ping.lost > (mostLost ?? Number.POSITIVE_INFINITY));
    const problems = [
      ...unanswered(pings, after, "afterwards"),
      ...lost.map((ping) => `${ping.lost} echo requests to ${ping.address} were lost, more than ${mostLost}`),
    ];
    const counts = pings.map((ping) => ping.lost).join(", ");
    return { problems, detail: pings.length === 0 ? "" : `lost ${counts} echo requests` };
  } finally {
    await Promise.all(pings.map((ping) => ping.stop()));
  }
}

function startPing({ lab, instance }: LabContext, from: string, to: string): SteadyPing {
  const place = findPlace(lab, from);
  const address = isAddress(to) ? to : findPlace(lab, to).address[4];
  if (address === undefined) throw new VtepError("lab_name", `${to} has no IPv4 address`, { to });
  return new SteadyPing(instance.namespaceOf(place.node), place, address);
}

function unanswered(pings: readonly SteadyPing[], answered: readonly boolean[], when: string): string[] {
  return pings.flatMap((ping, index) => (answered[index] === true ? [] : [`${ping.address} does not answer ${when}`]));
}
