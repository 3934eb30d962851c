/**
 * One running lab: its names, its folder, and the promise that nothing of it stays. Namespaces and the folder carry the
 * process id of their maker, so that what a killed run left behind can be recognised and removed at the next start.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VtepError } from "../wire/error.js";
import type { Variant } from "./topology.js";

const NETNS_FOLDER = "/run/netns";
const STATE_FILE = "state.json";
/** `vl-<lab>-<pid>-<node>`, or `<node>.<vrf>` for a VRF of the kernel's VTEP; a lab has no dot, a node no hyphen. */
const NAMESPACE = /^vl-([^.]+-(\d+))-[a-z0-9]+(?:\..+)?$/;
const GRACE_MS = 5000;
const POLL_MS = 20;

/** What stands in the folder of a lab, for other processes: `down`, `shell`, the sweep. */
export interface InstanceState {
  readonly lab: string;
  readonly variant: Variant;
  readonly pid: number;
  /** Start time of that process, in clock ticks since boot: process ids are used again. */
  readonly startedAt: string;
  /** Left running by `lab up`: only `lab down` removes it. */
  readonly detached: boolean;
}

export class Instance {
  readonly id: string;
  readonly folder: string;

  constructor(readonly state: InstanceState) {
    this.id = `${state.lab}-${state.pid}`;
    this.folder = join(stateRoot(), this.id);
  }

  static create(lab: string, variant: Variant, detached: boolean): Instance {
    const startedAt = startTimeOf(process.pid) ?? "";
    const instance = new Instance({ lab, variant, pid: process.pid, startedAt, detached });
    if (existsSync(instance.folder)) throw new VtepError("lab_runs", `lab '${lab}' already runs in this process`);
    mkdirSync(instance.folder, { mode: 0o700 });
    writeFileSync(join(instance.folder, STATE_FILE), JSON.stringify(instance.state));
    return instance;
  }

  namespaceOf = (node: string): string => `vl-${this.id}-${node}`;

  /** Of the daemon in a node; kept short, because a unix socket's path has room for 107 bytes. */
  socketOf = (node: string): string => join(this.folder, `${node}.sock`);

  namespaces(): string[] {
    return allNamespaces().filter((name) => name.startsWith(`vl-${this.id}-`));
  }

  /** Its nodes, and the VRFs of the kernel's VTEPs. */
  places(): string[] {
    return this.namespaces().map((name) => name.slice(this.namespaceOf("").length));
  }

  /** Ends every process in its namespaces, then removes them and the folder. Synchronous: it also runs at exit. */
  remove(): void {
    removeNamespaces(this.namespaces());
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function stateRoot(): string {
  const folder = join(tmpdir(), "vtepd-lab");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(folder).uid !== process.getuid?.()) {
    throw new VtepError("lab_folder", `${folder} belongs to somebody else: remove it, or set TMPDIR`, { folder });
  }
  return folder;
}

/** All labs that have a folder, running or left behind. */
export function instances(): Instance[] {
  return readdirSync(stateRoot()).flatMap((id) => {
    try {
      const state = JSON.parse(readFileSync(join(stateRoot(), id, STATE_FILE), "utf8")) as InstanceState;
      return [new Instance(state)];
    } catch {
      return []; // being made or removed just now
    }
  });
}

/** Whether its maker still lives or it was meant to outlive it. */
export function isWanted(state: InstanceState): boolean {
  return state.detached || (startTimeOf(state.pid) ?? "gone") === state.startedAt;
}

/** Removes what runs that died left behind. */
export function sweep(): string[] {
  const all = instances();
  const stale = all.filter(({ state }) => !isWanted(state));
  for (const instance of stale) instance.remove();
  const orphans = orphanNamespaces(new Set(all.map(({ id }) => id)));
  removeNamespaces(orphans);
  return [...stale.map(({ id }) => id), ...orphans];
}

/** Namespaces of a lab whose folder somebody deleted and whose maker is gone. */
function orphanNamespaces(known: ReadonlySet<string>): string[] {
  return allNamespaces().filter((name) => {
    const [, id = "", pid] = NAMESPACE.exec(name) ?? [];
    return pid !== undefined && !known.has(id) && startTimeOf(Number(pid)) === undefined;
  });
}

const allNamespaces = (): string[] => (existsSync(NETNS_FOLDER) ? readdirSync(NETNS_FOLDER) : []);

/** Field 22 of /proc/PID/stat; counted from behind the name, which may hold spaces. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function removeNamespaces(namespaces: readonly string[]): void {
  const pids = () => namespaces.flatMap(processesIn);
  signal(pids(), "SIGTERM");
  for (let waited = 0; waited < GRACE_MS && pids().length > 0; waited += POLL_MS) pause(POLL_MS);
  signal(pids(), "SIGKILL");
  for (const namespace of namespaces) spawnSync("ip", ["netns", "del", namespace]);
}

function processesIn(namespace: string): number[] {
  const { stdout } = spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // it has ended meanwhile
    }
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Removes the lab should this process end before `release` is called: by Ctrl-C, a signal or an exception. */
export function guard(instance: Instance): () => void {
  const remove = () => instance.remove();
  const leave = (name: NodeJS.Signals) => process.exit(name === "SIGINT" ? 130 : 143);
  process.once("exit", remove);
  process.once("SIGINT", leave);
  process.once("SIGTERM", leave);
  return () => {
    process.removeListener("exit", remove);
    process.removeListener("SIGINT", leave);
    process.removeListener("SIGTERM", leave);
  };
}
