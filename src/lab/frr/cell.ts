/**
 * A mount namespace of one node's own, in which FRR runs: `zebra -n` takes every namespace in /run/netns for a VRF, and
 * all daemons have their sockets in /run/frr. So /run is a file system of its own there, which holds nothing but
 * `netns`, with the node's VRFs by their own names, and `frr`. It lives as long as anybody is in it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VtepError } from "../../wire/error.js";
import type { Instance } from "../instance.js";
import { inNamespace } from "../process.js";

/** $1 is where the new /run is put together; then pairs of a namespace and its name in here. */
const SCRIPT = `set -e
run=$1; shift
mount -t tmpfs -o mode=755 run "$run"
mkdir "$run/netns" "$run/frr"
chown frr:frr "$run/frr"
while [ $# -gt 0 ]; do
  touch "$run/netns/$2"
  mount --bind "/run/netns/$1" "$run/netns/$2"
  shift 2
done
mount --rbind "$run" /run
echo ready
exec sleep infinity >/dev/null 2>&1`;

const pidFile = (instance: Instance, node: string): string => join(instance.folder, `${node}.cell`);

export class Cell {
  private constructor(readonly pid: number) {}

  /** `vrfs` are namespaces by the names of their VRFs. */
  static async open(instance: Instance, node: string, vrfs: ReadonlyMap<string, string>): Promise<Cell> {
    const run = join(instance.folder, `${node}.run`);
    mkdirSync(run);
    const named = [...vrfs].flatMap(([name, namespace]) => [namespace, name]);
    const argv = ["unshare", "--mount", "sh", "-c", SCRIPT, "sh", run, ...named];
    const [program, args] = inNamespace(instance.namespaceOf(node), argv);
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
    await ready(child, node);
    child.stdout?.destroy();
    child.unref();
    const pid = child.pid ?? 0;
    writeFileSync(pidFile(instance, node), String(pid));
    return new Cell(pid);
  }

  /** The cell of a node, for another process than the one that made it; undefined where there is none. */
  static of(instance: Instance, node: string): Cell | undefined {
    const file = pidFile(instance, node);
    return existsSync(file) ? new Cell(Number(readFileSync(file, "utf8"))) : undefined;
  }

  /** A command line that runs `argv` in the node's namespaces. */
  inside(argv: readonly string[]): [string, string[]] {
    return ["nsenter", ["--target", String(this.pid), "--mount", "--net", ...argv]];
  }

  /** What a path in there is called out here. */
  path(path: string): string {
    return `/proc/${this.pid}/root${path}`;
  }

  /** The namespaces that zebra takes for VRFs. */
  vrfs(): string[] {
    return readdirSync(this.path("/run/netns"));
  }
}

async function ready(child: ChildProcess, node: string): Promise<void> {
  const said = child.stdout === null ? Promise.resolve() : once(child.stdout, "data");
  const died = once(child, "exit").then(([code]) => {
    throw new VtepError("lab_cell", `the mount namespace of ${node} cannot be made: exit code ${code}`, { node });
  });
  await Promise.race([said, died]);
}
