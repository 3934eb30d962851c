// Network namespaces for live tests: names carry our process id, and all of them go at the end.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { enterNetns } from "../../src/native/index.js";

const run = promisify(execFile);

export interface LinkFacts {
  readonly name: string;
  readonly ifindex: number;
  readonly mac: string;
}

export class Namespaces {
  private static made = 0;
  private readonly prefix = `dp${process.pid}-${Namespaces.made++}`;
  private readonly names = new Set<string>();

  async add(...names: string[]): Promise<void> {
    for (const name of names) {
      await run("ip", ["netns", "add", this.full(name)]);
      this.names.add(name);
      // No router solicitations and duplicate address detection among the frames that a test counts.
      await this.exec(
        name,
        "sysctl",
        "-qw",
        "net.ipv6.conf.default.accept_dad=0",
        "net.ipv6.conf.default.router_solicitations=0",
      );
      await this.ip(name, "link set lo up");
    }
  }

  full(name: string): string {
    return `${this.prefix}-${name}`;
  }

  path(name: string): string {
    return `/run/netns/${this.full(name)}`;
  }

  /**
   * `commands`: lines of `ip`, in this namespace. One process for all, as a fork of a test process is not cheap; but a
   * batch takes no options in front of a command.
   */
  async ip(name: string, ...commands: string[]): Promise<void> {
    if (commands.some((command) => command.startsWith("-"))) {
      for (const command of commands) await run("ip", ["-n", this.full(name), ...command.split(" ")]);
      return;
    }
    const done = run("ip", ["-n", this.full(name), "-batch", "-"]);
    done.child.stdin?.end(commands.join("\n"));
    await done;
  }

  async exec(name: string, command: string, ...args: string[]): Promise<string> {
    return (await run("ip", ["netns", "exec", this.full(name), command, ...args], { maxBuffer: 1 << 24 })).stdout;
  }

  /** Exit code instead of a failure. */
  async status(name: string, command: string, ...args: string[]): Promise<number> {
    return this.exec(name, command, ...args).then(
      () => 0,
      (error: { code?: number }) => error.code ?? 1,
    );
  }

  async veth(a: string, aLink: string, b: string, bLink: string): Promise<void> {
    const peer = ["peer", "name", bLink, "netns", this.full(b)];
    await run("ip", ["link", "add", aLink, "netns", this.full(a), "type", "veth", ...peer]);
    await this.ip(a, `link set ${aLink} up`);
    await this.ip(b, `link set ${bLink} up`);
  }

  async link(name: string, link: string): Promise<LinkFacts> {
    const [facts] = JSON.parse((await run("ip", ["-n", this.full(name), "-j", "link", "show", "dev", link])).stdout);
    return { name: link, ifindex: facts.ifindex, mac: facts.address };
  }

  /** A child process in the namespace; ends with `stop`, or with the namespaces. */
  daemon(name: string, command: string, ...args: string[]): { stop(): Promise<void> } {
    const child = spawn("ip", ["netns", "exec", this.full(name), command, ...args], { stdio: "ignore" });
    const gone = once(child, "exit");
    return {
      async stop() {
        child.kill();
        await gone;
      },
    };
  }

  async remove(): Promise<void> {
    const names = [...this.names];
    this.names.clear();
    const results = await Promise.allSettled(names.map((name) => run("ip", ["netns", "del", this.full(name)])));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}

/** Runs `action` with this thread in another network namespace. */
export function within<T>(netns: string, action: () => T): T {
  const home = openSync("/proc/thread-self/ns/net", "r");
  try {
    enterNetns(netns);
    return action();
  } finally {
    enterNetns(home);
    closeSync(home);
  }
}

/** Effective capabilities decide, not the user: CAP_NET_ADMIN is bit 12, CAP_SYS_ADMIN bit 21. */
export function mayMakeNamespaces(): boolean {
  const mask = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  return (mask >> 12n) % 2n === 1n && (mask >> 21n) % 2n === 1n;
}

/** Resolves once `condition` holds; the test's own time limit ends the waiting. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
