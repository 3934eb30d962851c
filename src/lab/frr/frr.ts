/**
 * FRR in a node of a lab: zebra, bgpd and, when frr.conf has a `bfd`, bfdd, started and ended like any process of the
 * lab. A folder with the default names of everything is the node's own, so vtysh needs no options there.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { VtepError } from "../../wire/error.js";
import type { FrrDaemon } from "../expectation.js";
import type { Instance } from "../instance.js";
import { patient } from "../patience.js";
import { ended, finish } from "../process.js";
import type { Cell } from "./cell.js";
import { daemonFile } from "./conf.js";

const FOLDERS = ["/usr/lib/frr", "/usr/libexec/frr"];
const START_TIMEOUT_MS = patient(10_000);
const POLL_MS = 20;
const LOG_TAIL_LINES = 30;
/** zebra's netlink buffer, which it cannot grow later. */
const NETLINK_BYTES = 90_000_000;

type Daemon = Exclude<FrrDaemon, "all">;

/** -P 0: no vty by TCP. bgpd must keep its listener. */
const OPTIONS: Readonly<Record<Daemon, readonly string[]>> = {
  zebra: ["-s", String(NETLINK_BYTES), "-P", "0"],
  bfdd: ["-P", "0"],
  bgpd: ["-P", "0"],
};

/** What tells that a daemon serves those that start after it. */
const SERVES: Readonly<Record<Daemon, string>> = {
  zebra: "/run/frr/zserv.api",
  bfdd: "/run/frr/bfdd.vty",
  bgpd: "/run/frr/bgpd.vty",
};

const confOf = (daemon: Daemon): string => `/run/frr/${daemon}.conf`;

export const frrFolder = (): string | undefined => FOLDERS.find((folder) => existsSync(join(folder, "zebra")));

export class Frr {
  readonly #children = new Map<Daemon, ChildProcess>();
  readonly #daemons: readonly Daemon[];

  constructor(
    private readonly instance: Instance,
    readonly node: string,
    readonly cell: Cell,
    text: string,
    private readonly vrfBackend: "device" | "netns",
  ) {
    this.#daemons = /^ *(neighbor \S+ )?bfd\b/m.test(text) ? ["zebra", "bfdd", "bgpd"] : ["zebra", "bgpd"];
    for (const daemon of this.#daemons) writeFileSync(cell.path(confOf(daemon)), daemonFile(node, daemon, text));
  }

  /** In order: bgpd asks for zebra once, and then not again for ten seconds. */
  async start(which: FrrDaemon = "all"): Promise<void> {
    for (const daemon of this.#named(which)) await this.#startOne(daemon);
  }

  async end(which: FrrDaemon, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const children = this.#named(which).flatMap((daemon) => this.#children.get(daemon) ?? []);
    await Promise.all(children.map((child) => endOne(child, signal)));
    for (const daemon of this.#named(which)) this.#children.delete(daemon);
  }

  #named(which: FrrDaemon): readonly Daemon[] {
    return which === "all" ? this.#daemons : [which];
  }

  async #startOne(daemon: Daemon): Promise<void> {
    rmSync(this.cell.path(SERVES[daemon]), { force: true }); // of one that was killed
    const log = openSync(this.#logOf(daemon), "a");
    const [program, args] = this.cell.inside([
      join(frrFolder() ?? "", daemon),
      "-f",
      confOf(daemon),
      ...OPTIONS[daemon],
      ...(daemon === "zebra" && this.vrfBackend === "netns" ? ["-n"] : []),
    ]);
    const child = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    child.unref();
    this.#children.set(daemon, child);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!existsSync(this.cell.path(SERVES[daemon]))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new VtepError("lab_frr", `${daemon} of ${this.node} does not start\n${this.logTail(daemon)}`);
      }
      await delay(POLL_MS);
    }
  }

  #logOf(daemon: Daemon): string {
    return join(this.instance.folder, `${this.node}.${daemon}.log`);
  }

  logTail(daemon: Daemon): string {
    const file = this.#logOf(daemon);
    if (!existsSync(file)) return "";
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
  }

  /** Daemons that ended without being told to. */
  dead(): string[] {
    return [...this.#children].flatMap(([daemon, { exitCode, signalCode }]) =>
      exitCode === null && signalCode === null ? [] : [`${daemon} ended with ${signalCode ?? `exit code ${exitCode}`}`],
    );
  }

  /** What vtysh prints, whatever it thinks of the command. */
  async vtysh(command: string): Promise<string> {
    const [program, args] = this.cell.inside(["vtysh", "-c", command]);
    const { stdout, stderr } = await finish(program, args);
    return stdout + stderr;
  }
}

/** A lab outlives its maker when it shall, so nobody waits for a daemon; but now somebody does. */
function endOne(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.ref();
  child.kill(signal);
  return ended(child);
}
