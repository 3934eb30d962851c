// A receiver with a fixer and a sender of broken frames, each in a namespace of its own.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AttachRequest, attachFixer, detachFixer, type FixerView, showFixers } from "../../src/fixer/index.js";
import { BpfObject } from "../../src/native/index.js";
import { echo } from "../corpus/icmp.js";
import { ethernet, ipv4, type Layer, packet, payload, udp } from "../corpus/packet.js";
import { HostSocket } from "../dataplane/host_socket.js";
import { type LinkFacts, Namespaces, within } from "../dataplane/namespaces.js";

export const SENDER = "192.168.7.1";
export const RECEIVER = "192.168.7.2";

/** Nobody must answer or ask by itself. */
const QUIET = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"];

export class Receiver {
  readonly net = new Namespaces();
  here!: LinkFacts;
  sender!: HostSocket;
  private there!: LinkFacts;
  private readonly open: { close(): void }[] = [];

  async up(): Promise<void> {
    const { net } = this;
    await net.add("s", "r", "z");
    for (const name of ["s", "r"]) await net.exec(name, "sysctl", "-qw", ...QUIET);
    await net.veth("s", "up0", "r", "down0");
    this.there = await net.link("s", "up0");
    this.here = await net.link("r", "down0");
    await net.ip("s", `addr add ${SENDER}/24 dev up0`, `neigh add ${RECEIVER} lladdr ${this.here.mac} dev up0`);
    await net.ip("r", `addr add ${RECEIVER}/24 dev down0`, `neigh add ${SENDER} lladdr ${this.there.mac} dev down0`);
    this.sender = this.socketAt("s", this.there);
  }

  async down(): Promise<void> {
    for (const handle of this.open.splice(0)) handle.close();
    await this.net.remove();
  }

  /** A packet socket, as tcpdump has one. */
  tap(): HostSocket {
    return this.socketAt("r", this.here);
  }

  attach(request: Partial<AttachRequest> = {}) {
    const whole = { interface: this.here.name, hook: "auto", pin: false, ipv6: false, ...request } as const;
    return this.inside(() => attachFixer(whole));
  }

  detach() {
    return this.inside(() => detachFixer(this.here.name));
  }

  show(name?: string): FixerView[] {
    return this.inside(() => showFixers(name));
  }

  inside<T>(action: () => T): T {
    return within(this.net.path("r"), action);
  }

  /** Closed when the receiver goes down. */
  keep<T extends { close(): void }>(handle: T): T {
    this.open.push(handle);
    return handle;
  }

  /** From the sender's IP to the receiver's, with an Ethertype of the writer's choice. */
  frame(type: number, tags: readonly Layer[] = [], bytes = 40): Uint8Array {
    const wrong: Layer = (behind) => ({ ...behind, etherType: type });
    const body = [ipv4(SENDER, RECEIVER), udp(1000, 2000), payload(bytes)] as const;
    return packet(ethernet(this.there.mac, this.here.mac), ...tags, wrong, ...body);
  }

  /** From the sender to the receiver, who has to answer. */
  echoRequest(type: number): Uint8Array {
    const wrong: Layer = (behind) => ({ ...behind, etherType: type });
    const body = [ipv4(SENDER, RECEIVER, { df: true }), echo({}), payload(40)] as const;
    return packet(ethernet(this.there.mac, this.here.mac), wrong, ...body);
  }

  /** Requests that the receiver's kernel has taken until now. */
  async echoesHeard(): Promise<number> {
    return Number(/IcmpInEchos\s+(\d+)/.exec(await this.net.exec("r", "nstat", "-asz", "IcmpInEchos"))?.[1]);
  }

  private socketAt(name: string, { ifindex }: LinkFacts): HostSocket {
    return this.keep(new HostSocket(this.net.path(name), ifindex));
  }
}

/** The programs of watch.bpf.c. */
export function watchObject(): BpfObject {
  const folder = mkdtempSync(join(tmpdir(), "vtepd-fixer-"));
  try {
    const object = join(folder, "watch.o");
    const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
    const source = fileURLToPath(new URL("watch.bpf.c", import.meta.url));
    const flags = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", `-I/usr/include/${machine}-linux-gnu`];
    execFileSync("clang", [...flags, "-c", source, "-o", object]);
    return BpfObject.load(readFileSync(object), { name: "watch" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
