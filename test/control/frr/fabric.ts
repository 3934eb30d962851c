// Nodes with real FRR for tests. A node is a network namespace, with mounts and processes of its own: `zebra -n` finds
// its VRFs in /run/netns, so each node needs another one. No node has a name that the host could see, and all that runs in
// it ends with it, or with the test process.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { OpenNetlink } from "../../../src/control/frr/places.js";
import { until } from "../../dataplane/namespaces.js";
import { openClient, unavailable } from "../netlink/kernel.js";

const run = promisify(execFile);
const FRR_FOLDER = "/usr/lib/frr";

/** Null where tests with real FRR can run, else the reason to skip them by. */
export const frrUnavailable: string | null =
  unavailable ?? (existsSync(`${FRR_FOLDER}/zebra`) ? null : `FRR is not installed (${FRR_FOLDER}/zebra)`);

/** A test title with the reason for its being skipped. */
export function frrTitled(title: string): string {
  return frrUnavailable === null ? title : `${title} (SKIP: ${frrUnavailable})`;
}

export type FrrDaemon = "zebra" | "bgpd" | "bfdd";

/**
 * cat ends when our end of the pipe does, and everything in the node with it. The shell stays behind it: as the first
 * process it has to bury the others.
 */
const HOLD =
  "mount --make-rprivate / && mkdir -p /run/netns && mount -t tmpfs none /run/netns && mount -t sysfs none /sys" +
  " && ip link set lo up && echo ready && { cat; exit; }";
const SYSCTLS = [
  "net.ipv4.ip_forward=1",
  "net.ipv6.conf.all.forwarding=1",
  "net.ipv4.conf.all.rp_filter=0",
  "net.ipv4.conf.default.rp_filter=0",
  "net.ipv6.conf.default.accept_dad=0",
  "net.ipv6.conf.all.accept_dad=0",
];

export async function makeNode(name: string): Promise<FabricNode> {
  const flags = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const holder = spawn("unshare", [...flags, "sh", "-c", HOLD], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  const pid = Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim());
  const node = new FabricNode(name, holder, pid);
  await node.exec("sysctl", "-qw", ...SYSCTLS);
  return node;
}

/** A cable between two nodes; both ends are up. */
export async function connect(a: FabricNode, aLink: string, b: FabricNode, bLink: string): Promise<void> {
  const ends = [aLink, "netns", String(a.pid), "type", "veth", "peer", "name", bLink, "netns", String(b.pid)];
  await run("ip", ["link", "add", ...ends]);
  await a.ip(`link set ${aLink} up`);
  await b.ip(`link set ${bLink} up`);
}

export class FabricNode {
  /** FRR's vty sockets, configuration and logs. */
  readonly folder: string;

  constructor(
    readonly name: string,
    private readonly holder: ChildProcess,
    /** Of a process inside, as the host counts. */
    readonly pid: number,
  ) {
    this.folder = mkdtempSync(join(tmpdir(), `vtepd-frr-${process.pid}-${name}-`));
    if (frrUnavailable === null) execFileSync("chown", ["frr:frr", this.folder]);
  }

  /** Network namespaces that `ip netns add` makes inside, as the host sees them. */
  get netnsFolder(): string {
    return `/proc/${this.pid}/root/run/netns`;
  }

  /** Path of the node's own network namespace, or of one of its VRFs. */
  netns(vrf = ""): string {
    return vrf === "" ? `/proc/${this.pid}/ns/net` : join(this.netnsFolder, vrf);
  }

  /** The words in front of a command that is to run inside. */
  get entering(): readonly string[] {
    return ["nsenter", "-t", String(this.pid), "-m", "-n", "-p"];
  }

  async exec(...command: string[]): Promise<string> {
    const [program = "", ...args] = [...this.entering, ...command];
    return (await run(program, args, { maxBuffer: 1 << 26 })).stdout;
  }

  /** Lines of `ip`. */
  async ip(...lines: string[]): Promise<void> {
    for (const line of lines) await this.exec("ip", ...line.split(" "));
  }

  readonly openNetlink: OpenNetlink = (place, groups, receiveBufferBytes, thread = false) =>
    openClient({ groups, receiveBufferBytes, thread, netns: this.netns(place) });

  /** `config` is that of all daemons: what one does not know it skips. `options`: more words for zebra, such as -n. */
  async startFrr(config: string, daemons: readonly FrrDaemon[], options: readonly string[] = []): Promise<void> {
    writeFileSync(join(this.folder, "frr.conf"), config);
    for (const daemon of daemons) await this.startDaemon(daemon, daemon === "zebra" ? options : []);
  }

  async startDaemon(daemon: FrrDaemon, options: readonly string[] = []): Promise<void> {
    const at = (file: string) => join(this.folder, file);
    const files = ["-f", at("frr.conf"), "-i", at(`${daemon}.pid`), "-z", at("zserv.api")];
    const rest = ["--vty_socket", this.folder, "--log", `file:${at(`${daemon}.log`)}`];
    const own = { zebra: ["-s", "90000000", "-P", "0"], bgpd: [], bfdd: ["-P", "0", "--bfdctl", at("bfdd.sock")] };
    await this.exec(`${FRR_FOLDER}/${daemon}`, "-d", ...files, ...rest, ...own[daemon], ...options);
    await until(() => existsSync(at(`${daemon}.vty`)));
  }

  /** By the number in its own file, in the node's own process namespace: it cannot hit another. */
  async stopDaemon(daemon: FrrDaemon, signal: "TERM" | "KILL" = "TERM"): Promise<void> {
    const pid = readFileSync(join(this.folder, `${daemon}.pid`), "utf8").trim();
    await this.exec("kill", `-${signal}`, pid);
    await until(async () => !(await this.succeeds("kill", "-0", pid)));
    rmSync(join(this.folder, `${daemon}.vty`), { force: true });
  }

  async vtysh(...commands: string[]): Promise<string> {
    return this.exec("vtysh", "--vty_socket", this.folder, ...commands.flatMap((command) => ["-c", command]));
  }

  async vtyshJson<T>(command: string): Promise<T> {
    return JSON.parse(await this.vtysh(`${command} json`)) as T;
  }

  async succeeds(...command: string[]): Promise<boolean> {
    return this.exec(...command).then(
      () => true,
      () => false,
    );
  }

  async remove(): Promise<void> {
    const gone = once(this.holder, "exit");
    this.holder.stdin?.end();
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
