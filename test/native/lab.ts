/** What the addon's tests stand on: namespaces with veths, compiled BPF objects, and waiting for a condition. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const root = process.getuid?.() === 0;

let serial = 0;

/** A fresh name, unique to this process. */
export function uniqueName(stem: string): string {
  serial += 1;
  return `${stem}${process.pid}-${serial}`;
}

export function ip(...args: string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** A network namespace that remove() takes away with all that is in it. */
export class Namespace {
  static readonly #present = new Set<Namespace>();
  readonly name = uniqueName("vtn");
  readonly path = `/run/netns/${this.name}`;

  constructor() {
    ip("netns", "add", this.name);
    Namespace.#present.add(this);
    this.ip("link", "set", "lo", "up");
  }

  ip(...args: string[]): string {
    return ip("-n", this.name, ...args);
  }

  /** Two connected interfaces, both up, without IPv6 so that no frame flows that the test did not send. */
  veth(one: string, other: string): void {
    this.ip("link", "add", "name", one, "type", "veth", "peer", "name", other);
    for (const name of [one, other]) {
      ip("netns", "exec", this.name, "sysctl", "-qw", `net.ipv6.conf.${name}.disable_ipv6=1`);
      this.ip("link", "set", name, "up");
    }
    this.waitForCarrier(one, other);
  }

  /** The kernel lets an interface send a moment after it came up, and drops frames in silence until then. */
  waitForCarrier(...names: string[]): void {
    const deadline = Date.now() + 5000;
    const ready = (name: string) => / qdisc (?!noop).* state UP /.test(this.ip("link", "show", name));
    while (!names.every(ready)) {
      if (Date.now() > deadline) throw new Error(`no carrier on ${names.join(" or ")}`);
    }
  }

  remove(): void {
    if (Namespace.#present.delete(this)) ip("netns", "del", this.name);
  }

  /** A test that failed half-way must not leave anything behind. */
  static {
    process.on("exit", () => {
      for (const namespace of [...Namespace.#present]) namespace.remove();
    });
  }
}

const compiled = new Map<string, Uint8Array>();

/** The object file of test/native/<name>.bpf.c, compiled once per process. */
export function compileBpf(name: string): Uint8Array {
  const known = compiled.get(name);
  if (known) return known;
  const folder = mkdtempSync(join(tmpdir(), "vtepd-native-"));
  try {
    const source = fileURLToPath(new URL(`./${name}.bpf.c`, import.meta.url));
    const object = join(folder, `${name}.o`);
    const include = `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
    const flags = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", `-I${include}`];
    execFileSync("clang", [...flags, "-c", source, "-o", object]);
    const bytes = readFileSync(object);
    compiled.set(name, bytes);
    return bytes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lets the event loop turn until `condition` holds; fails after five seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause(1);
  }
}

export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** A little-endian u32, the byte order of every machine that vtepd runs on. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** An Ethernet frame to broadcast with the given Ethertype and payload size. */
export function frame(etherType: number, payloadBytes: number): Uint8Array {
  const bytes = new Uint8Array(14 + payloadBytes);
  bytes.fill(0xff, 0, 6);
  bytes.set([2, 0, 0, 0, 0, 1], 6);
  bytes.set([etherType >> 8, etherType & 0xff], 12);
  for (let i = 14; i < bytes.length; i++) bytes[i] = i & 0xff;
  return bytes;
}
