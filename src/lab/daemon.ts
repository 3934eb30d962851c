/**
 * vtepd in a node of a lab, used as any operator would: `bin/vtepd run` in the namespace, the other commands by socket.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { VtepError } from "../wire/error.js";
import type { Cell } from "./frr/cell.js";
import type { Instance } from "./instance.js";
import { checkoutRoot } from "./load.js";
import { patient } from "./patience.js";
import { type Finished, finish, inNamespace, runText, stop } from "./process.js";
import type { Variant, VtepSpec } from "./topology.js";

const READY_TIMEOUT_SECONDS = patient(20);
const LOG_TAIL_LINES = 40;

export type ShowRow = Readonly<Record<string, unknown>>;

export const vtepdProgram: string = join(checkoutRoot, "bin/vtepd");

export function vtepd(socket: string, args: readonly string[], signal?: AbortSignal): Promise<Finished> {
  return finish(vtepdProgram, [...args, "--socket", socket], { signal });
}

/** `show NOUN --json` as rows; `status` is one row. */
export async function showRows(socket: string, noun: string): Promise<ShowRow[]> {
  const { code, stdout, stderr } = await vtepd(socket, ["show", noun, "--json"]);
  if (code !== 0) throw new VtepError("lab_show", `vtepd show ${noun}: exit code ${code}: ${stderr.trim()}`, { noun });
  const answer = JSON.parse(stdout) as ShowRow | ShowRow[];
  return Array.isArray(answer) ? answer : [answer];
}

export class Daemon {
  readonly socket: string;
  readonly #logFile: string;
  readonly #namespace: string;
  #child: ChildProcess | undefined;
  /** Of the first start: what a killed daemon leaves is not what was there. */
  #before: string[] | undefined;

  constructor(
    private readonly instance: Instance,
    readonly node: string,
    private readonly spec: VtepSpec,
    private readonly variant: Variant,
    /** Where FRR of the node runs, if it does. */
    private readonly cell?: Cell,
  ) {
    this.socket = instance.socketOf(node);
    this.#logFile = join(instance.folder, `${node}.log`);
    this.#namespace = instance.namespaceOf(node);
  }

  async start(): Promise<void> {
    const { spec, variant } = this;
    const file = join(this.instance.folder, `${this.node}.yaml`);
    const vtep = { ...spec.vtep, datapath: variant };
    // In the cell a VRF is a namespace, unless the lab says otherwise, and vtysh is where it is by default.
    const control =
      spec.control.mode === "frr"
        ? { ...spec.control, frr: { vrfBackend: "netns", ...spec.control.frr } }
        : spec.control;
    writeFileSync(file, stringify({ ...spec, vtep, control, api: { socket: this.socket } }));
    this.#before ??= await this.#interfaces();
    const log = openSync(this.#logFile, "a");
    const argv = [vtepdProgram, "run", "--config", file, "--socket", this.socket];
    const [program, args] = this.cell?.inside(argv) ?? inNamespace(this.#namespace, argv);
    // A group of its own: Ctrl-C is for the runner, which then ends the daemon in order.
    this.#child = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    this.#child.unref();
  }

  async waitUntilReady(): Promise<void> {
    const waiting = new AbortController();
    try {
      const answer = vtepd(this.socket, ["wait", "--timeout", String(READY_TIMEOUT_SECONDS)], waiting.signal);
      const { code, stdout, stderr } = await Promise.race([answer, this.#death(waiting.signal)]);
      if (code !== 0) throw this.#failure(`is not ready: ${(stderr || stdout).trim()}`);
    } finally {
      waiting.abort();
    }
  }

  /** Rejects when the daemon ends while `signal` is not aborted; settles never otherwise. */
  #death(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      const tell = (what: string) => signal.aborted || reject(this.#failure(what));
      this.#child?.once("exit", (code) => tell(`ended at start with exit code ${code}`));
      this.#child?.once("error", (error) => tell(error.message));
    });
  }

  #failure(what: string): VtepError {
    return new VtepError("lab_daemon", `vtepd in ${this.node} ${what}\n${this.logTail()}`, { node: this.node });
  }

  /** Ended without being told to. */
  get hasDied(): boolean {
    return this.#child !== undefined && (this.#child.exitCode !== null || this.#child.signalCode !== null);
  }

  logTail(): string {
    return readFileSync(this.#logFile, "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
  }

  /** As a crash is: nothing is cleaned up. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) await stop(child, "SIGKILL");
  }

  /** SIGTERM, and then what was wrong with how it ended: its exit code, or a trace of it in the kernel. */
  async stop(): Promise<string[]> {
    const child = this.#child;
    if (child === undefined) return [];
    const byItself = await stop(child);
    if (!byItself) return ["did not end within 5 s of SIGTERM"];
    const problems = child.exitCode === 0 ? [] : [`ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`];
    const now = await this.#interfaces();
    const before = this.#before ?? [];
    const left = now.filter((one) => !before.includes(one));
    const lost = before.filter((one) => !now.includes(one));
    return [
      ...problems,
      ...left.map((one) => `left behind: ${one}`),
      ...lost.map((one) => `changed or removed: ${one}`),
    ];
  }

  /** One line per VRF, per interface and per program on it: everything that the daemon may have added. */
  async #interfaces(): Promise<string[]> {
    const namespace = this.#namespace;
    const links = JSON.parse(await runText("ip", ["-n", namespace, "-j", "link"])) as {
      ifname: string;
      xdp?: unknown;
    }[];
    const filters = await Promise.all(links.map(({ ifname }) => this.#filters(ifname)));
    return [
      ...(this.cell?.vrfs() ?? []).map((name) => `namespace ${name}`),
      ...links.map(({ ifname, xdp }) => `interface ${ifname}${xdp ? " with an XDP program" : ""}`),
      ...filters.flat(),
    ];
  }

  async #filters(name: string): Promise<string[]> {
    const directions = ["ingress", "egress"];
    const texts = await Promise.all(
      // An interface without clsact has no such direction, which tc reports as an error.
      directions.map((direction) => finish("tc", ["-n", this.#namespace, "filter", "show", "dev", name, direction])),
    );
    return texts.flatMap(({ stdout }, index) =>
      stdout.includes("bpf") ? [`tc filter on ${name} ${directions[index]}`] : [],
    );
  }
}
