// A kernel VTEP to compare with: bridges and vxlan devices in one namespace, the far ends of their cables in another,
// where frames are sent and captured.
//
//   wire namespace          vtep namespace
//   w-h1  ─────────────────  h1  ┐
//   w-h2  ─────────────────  h2  ├ br-red ─ vx100 ┐
//   w-h3  ─────────────────  h3  ┘ …              ├ up0 ─────── w-up0
//
// The cables stay; bridges, vxlan devices, routes and entries are made anew for each configuration.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import {
  DESC_IFINDEX,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  ethtoolSetFeature,
  interfaceIndex,
  PacketSocket,
  setAffinity,
} from "../../src/native/index.js";
import type { Given, Output } from "../corpus/case.js";
import { LOCAL, LOCAL6, uplinkMac } from "../corpus/lab.js";
import { kernelConfig } from "./kernel_config.js";

export const CABLES = ["up0", "up1", "h1", "h2", "h3", "h4"] as const;
const MARKER = "marker";
/** A frame crosses up to four receive queues (port, tunnel, uplink, wire), each after what was queued before it. */
const MARKER_ROUNDS = 6;

/** A row of `bridge -j fdb show`. */
export interface KernelEntry {
  readonly mac: string;
  readonly ifname: string;
  readonly master?: string;
  /** Of vxlan devices: the remote VTEP. */
  readonly dst?: string;
  readonly state?: string;
}

interface Wire {
  readonly name: string;
  readonly ifindex: number;
  readonly socket: PacketSocket;
}

function batch(tool: "ip" | "bridge", namespace: string, lines: readonly string[]): void {
  const input = `${lines.join("\n")}\n`;
  execFileSync(tool, ["-n", namespace, "-batch", "-"], { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
}

/** One CPU has one receive queue, so what is sent later is received later, and a marker can stand for "no more comes". */
function firstAllowedCpu(): number {
  return Number(/^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]);
}

export class KernelVtep {
  private readonly vtep = `vtkv${process.pid}`;
  private readonly wire = `vtkw${process.pid}`;
  private readonly wires: Wire[] = [];
  private readonly send: PacketSocket;
  private readonly marker: Wire;
  private readonly markerIfindex: number;
  private undo: readonly string[] = [];
  private readonly descriptors = new Int32Array(DESC_STRIDE);

  constructor() {
    setAffinity(firstAllowedCpu());
    for (const name of [this.vtep, this.wire]) this.makeNamespace(name);
    batch("ip", this.wire, [
      ...CABLES.flatMap((name) => [
        `link add w-${name} mtu 9500 type veth peer name ${name} netns ${this.vtep}`,
        `link set w-${name} up`,
      ]),
      `link add ${MARKER} type veth peer name ${MARKER}-in`,
      `link set ${MARKER} up`,
      `link set ${MARKER}-in up`,
    ]);
    const uplinks = CABLES.filter((name) => name.startsWith("up"));
    batch("ip", this.vtep, [
      "link set lo up",
      ...uplinks.map((name) => `link set ${name} address ${uplinkMac(name)}`),
      ...CABLES.map((name) => `link set ${name} up`),
      `addr add ${LOCAL}/32 dev lo`,
      `addr add ${LOCAL6}/128 dev lo nodad`,
    ]);
    for (const name of CABLES) ethtoolSetFeature(name, "tx-checksum", false, this.path(this.vtep));
    for (const name of CABLES) this.wires.push(this.open(name, `w-${name}`));
    this.marker = this.open(MARKER, `${MARKER}-in`);
    this.markerIfindex = interfaceIndex(MARKER, this.path(this.wire));
    this.send = new PacketSocket({ ifindex: 0, netns: this.path(this.wire) });
  }

  /** Replaces the whole configuration, and returns once every port forwards that shall. */
  async configure(given: Given, sourcePort: number): Promise<void> {
    const config = kernelConfig(given, sourcePort);
    if (this.undo.length > 0) batch("ip", this.vtep, this.undo);
    this.undo = config.undo;
    batch("ip", this.vtep, config.ip);
    batch("bridge", this.vtep, config.bridge);
    const listening = Object.entries(given.ports).filter(([, { enabled }]) => enabled !== false);
    await this.untilForwarding(listening.map(([name]) => name));
    batch("bridge", this.vtep, config.fdb);
    this.collect();
  }

  /** Sends a frame into a cable, and returns what came out of all of them. */
  exchange(from: string, frame: Uint8Array): Output[] {
    this.collect();
    this.transmit(this.wires.find(({ name }) => name === from)!.ifindex, frame);
    for (let round = 0; round < MARKER_ROUNDS; round++) this.passMarker();
    return this.collect();
  }

  /** Every entry of the bridges and vxlan devices. */
  entries(): KernelEntry[] {
    const rows = execFileSync("bridge", ["-n", this.vtep, "-j", "fdb", "show"], { encoding: "utf8" });
    return JSON.parse(rows) as KernelEntry[];
  }

  close(): void {
    for (const { socket } of [...this.wires, this.marker]) socket.close();
    this.send.close();
    for (const name of [this.vtep, this.wire]) execFileSync("ip", ["netns", "del", name]);
  }

  private path(namespace: string): string {
    return `/run/netns/${namespace}`;
  }

  /**
   * Without IPv6 on the wire, and in the VTEP without reverse-path filters, router solicitations and br_netfilter, which
   * trims and drops bridged IP packets: whatever the host has by default. Keys that this kernel lacks are no error.
   */
  private makeNamespace(name: string): void {
    execFileSync("ip", ["netns", "add", name]);
    const routing = [
      "ipv4.conf.all.rp_filter=0",
      "ipv4.conf.default.rp_filter=0",
      "ipv6.conf.default.accept_ra=0",
      "ipv6.conf.default.addr_gen_mode=1",
    ];
    const bridging = ["iptables", "ip6tables", "arptables"].map((tables) => `bridge.bridge-nf-call-${tables}=0`);
    const silent = name === this.wire ? ["ipv6.conf.default.disable_ipv6=1", "ipv6.conf.all.disable_ipv6=1"] : [];
    const keys = [...routing, ...bridging, ...silent].map((key) => `net.${key}`);
    execFileSync("ip", ["netns", "exec", name, "sysctl", "-eqw", ...keys]);
  }

  private open(name: string, device: string): Wire {
    const netns = this.path(this.wire);
    const ifindex = interfaceIndex(device, netns);
    return {
      name,
      ifindex,
      socket: new PacketSocket({ ifindex, netns, promiscuous: true, slots: 32, slotSize: 16384 }),
    };
  }

  private async untilForwarding(ports: readonly string[]): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt++) {
      const links = execFileSync("bridge", ["-n", this.vtep, "-j", "link"], { encoding: "utf8" });
      const states = JSON.parse(links) as { ifname: string; state: string }[];
      const forwards = (name: string) => states.some(({ ifname, state }) => ifname === name && state === "forwarding");
      if ([...ports, ...states.map(({ ifname }) => ifname).filter((name) => name.startsWith("vx"))].every(forwards))
        return;
      await pause(2);
    }
    throw new Error("the kernel's bridge ports do not reach the forwarding state");
  }

  private transmit(ifindex: number, frame: Uint8Array): void {
    this.descriptors.fill(0);
    this.descriptors[DESC_LENGTH] = frame.length;
    this.descriptors[DESC_IFINDEX] = ifindex;
    if (this.send.send(this.descriptors, 1, frame) !== 1)
      throw new Error(`the kernel did not take a frame of ${frame.length} bytes`);
  }

  /** The marker waits in the same receive queue behind all that was put there before it. */
  private passMarker(): void {
    this.transmit(this.markerIfindex, new Uint8Array(60).fill(0xff));
    for (let attempt = 0; attempt < 1e6; attempt++) if (this.marker.socket.receive() > 0) return;
    throw new Error("the marker frame did not arrive");
  }

  private collect(): Output[] {
    return this.wires.flatMap(({ name, socket }) => {
      const outputs: Output[] = [];
      for (let count = socket.receive(); count > 0; count = socket.receive()) {
        for (let at = 0; at < count * DESC_STRIDE; at += DESC_STRIDE) {
          const offset = socket.descriptors[at + DESC_OFFSET]!;
          outputs.push([name, socket.pool.slice(offset, offset + socket.descriptors[at + DESC_LENGTH]!)]);
        }
      }
      return outputs;
    });
  }
}
