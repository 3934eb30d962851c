/**
 * A host moves behind another VTEP while it is being talked to. What must not change is what it knows of its
 * neighbours: the gateway is the same everywhere.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { VtepError } from "../../wire/error.js";
import { command, runCommands } from "../command.js";
import { findPlace, type HostPlace, type LabContext } from "../context.js";
import { isAddress } from "../outer.js";
import { SWITCH_BRIDGE } from "../plan.js";
import { finish, inNamespace, runText, stop } from "../process.js";
import type { MoveCheck } from "../topology.js";
import { broadcastOf } from "./addresses.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";

const INTERVAL_SECONDS = 0.1;
/** Replies to see before the move and after it. */
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
    const deadline = Date.now() + PATIENCE_MS;
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

interface Mover {
  readonly place: HostPlace;
  readonly namespace: string;
}

/** The change itself in one run of ip, and the host's word at its new place, which the switches and VTEPs learn from. */
async function swap({ instance }: LabContext, { move }: MoveCheck, { place, namespace }: Mover): Promise<void> {
  const commands = [
    command("ip", move.switch, "link", "set", move.from, "nomaster"),
    command("ip", move.switch, "link", "set", move.to, "master", SWITCH_BRIDGE),
  ];
  await runCommands(commands, instance.namespaceOf);
  const own = place.address[4];
  if (own === undefined) throw new VtepError("lab_name", `${move.host} has no IPv4 address`, { host: move.host });
  const target = broadcastOf(own, place.prefixLength[4]);
  // Nobody answers a broadcast echo, which is all the same.
  await finish("ping", ["-b", "-c", "1", "-W", "0.1", "-I", place.interface, target], { namespace });
}

/** What the host knows of others: address and MAC, whatever their state. */
async function neighborsOf(namespace: string): Promise<Map<string, string>> {
  const rows = JSON.parse(await runText("ip", ["-n", namespace, "-j", "neigh"])) as { dst: string; lladdr?: string }[];
  return new Map(rows.flatMap(({ dst, lladdr }) => (lladdr === undefined ? [] : [[dst, lladdr]])));
}

export async function checkMove(context: LabContext, check: MoveCheck): Promise<Outcome> {
  const { move } = check;
  const place = findPlace(context.lab, move.host);
  const mover = { place, namespace: context.instance.namespaceOf(place.node) };
  const pings = move.pings.map(({ from, to }) => startPing(context, from, to));
  try {
    const before = await Promise.all(pings.map((ping) => ping.more(REPLIES)));
    if (before.includes(false)) return { problems: unanswered(pings, before, "before the move"), detail: "" };
    const known = await neighborsOf(mover.namespace);
    await swap(context, check, mover);
    const after = await Promise.all(pings.map((ping) => ping.more(REPLIES)));
    const lost = pings.filter((ping) => ping.lost > move.mostLost);
    const problems = [
      ...unanswered(pings, after, "after the move"),
      ...lost.map((ping) => `${ping.lost} echo requests to ${ping.address} were lost, more than ${move.mostLost}`),
      ...neighborProblems(known, await neighborsOf(mover.namespace)),
    ];
    return { problems, detail: `lost ${pings.map((ping) => ping.lost).join(", ")} echo requests` };
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

function neighborProblems(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...before]
    .filter(([address, mac]) => after.has(address) && after.get(address) !== mac)
    .map(([address, mac]) => `the host knew ${address} as ${mac}, now as ${after.get(address)}`);
}
