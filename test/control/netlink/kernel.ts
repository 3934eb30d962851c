/** Network namespaces for tests against the real kernel, with our netlink client inside. */
import { execFile, execFileSync } from "node:child_process";
import { NetlinkClient, UNDERLAY_GROUPS } from "../../../src/control/netlink/index.js";
import type { NetlinkTransport } from "../../../src/control/netlink/transport.js";
import { Links } from "../../../src/control/underlay/links.js";

interface SocketOptions {
  readonly groups: readonly number[];
  readonly netns: string;
  readonly receiveBufferBytes?: number;
  readonly filter?: Uint8Array;
}

type NetlinkSocketConstructor = new (options: SocketOptions) => NetlinkTransport;

const NetlinkSocket: NetlinkSocketConstructor | null = await import("../../../src/native/index.js").then(
  (native) => native.NetlinkSocket,
  () => null,
);

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  if (NetlinkSocket === null) return "needs the native addon (npm run build)";
  return null;
}

/** Null where the tests can run, else the reason to skip them by. */
export const unavailable = whyNot();

/** A test title with the reason for its being skipped. */
export function titled(title: string): string {
  return unavailable === null ? title : `${title} (SKIP: ${unavailable})`;
}

export function openClient(options: SocketOptions): NetlinkClient {
  if (NetlinkSocket === null) throw new Error("no addon");
  return new NetlinkClient(new NetlinkSocket(options));
}

let count = 0;

export class Namespace {
  readonly name = `vtepd-nl-${process.pid}-${++count}`;
  private readonly clients: NetlinkClient[] = [];

  constructor() {
    execFileSync("ip", ["netns", "add", this.name]);
    this.sysctl("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0");
    this.ip("link set lo up");
  }

  /** Lines of `ip -batch`: a few or thousands, in one process. */
  ip(...lines: string[]): void {
    execFileSync("ip", ["-n", this.name, "-batch", "-"], {
      input: `${lines.join("\n")}\n`,
      stdio: ["pipe", "pipe", "pipe"],
    });
  }

  /** Does not wait, so that events arrive while the kernel is still at it. */
  ipInBackground(command: string): void {
    execFile("ip", ["-n", this.name, ...command.split(" ")], () => {
      // A failure shows in what the test waits for.
    });
  }

  read(command: string): string {
    return execFileSync("ip", ["-n", this.name, ...command.split(" ")], { encoding: "utf8" });
  }

  bridge(command: string): string {
    return execFileSync("bridge", ["-n", this.name, ...command.split(" ")], { encoding: "utf8" });
  }

  sysctl(...settings: string[]): void {
    this.exec("sysctl", "-q", "-w", ...settings);
  }

  exec(command: string, ...args: string[]): string {
    return execFileSync("ip", ["netns", "exec", this.name, command, ...args], { encoding: "utf8" });
  }

  open(options: { groups?: readonly number[]; receiveBufferBytes?: number } = {}): NetlinkClient {
    const client = openClient({ groups: UNDERLAY_GROUPS, netns: `/run/netns/${this.name}`, ...options });
    this.clients.push(client);
    return client;
  }

  async links(client: NetlinkClient): Promise<Links> {
    const links = new Links(client);
    await links.load();
    return links;
  }

  remove(): void {
    for (const client of this.clients) client.close();
    execFileSync("ip", ["netns", "del", this.name]);
  }
}
