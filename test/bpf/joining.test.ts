// Streams that the underlay delivers segment by segment: they go round by a device that joins them, and arrive, are
// counted and refused as if they had come straight (bpf/lib/join.h).
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { Drop } from "../../src/abi/generated.js";
import type { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { ethtoolSetFeature, setAffinity } from "../../src/native/index.js";
import {
  ethernet,
  internetChecksum,
  ipv4,
  ipv6,
  packet,
  payload,
  tcp,
  toHex,
  u16,
  udp,
  vxlan,
} from "../corpus/packet.js";
import { HostSocket } from "../dataplane/host_socket.js";
import { mayMakeNamespaces, until, within } from "../dataplane/namespaces.js";
import type { Overlay } from "../dataplane/overlay.js";
import { transfer } from "../dataplane/tcp.js";
import { shareProgramsAmongTests } from "./loaded.js";
import { type EbpfOptions, ebpfOverlay } from "./overlay.js";

shareProgramsAmongTests();

const live = it.skipIf(!mayMakeNamespaces());
const MEGABYTES = 8;
const SEGMENTS = (MEGABYTES << 20) / 1460;

let overlay: Overlay<EbpfDriver> | undefined;
const sockets: HostSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await overlay?.down();
  overlay = undefined;
});

async function up(options: Partial<EbpfOptions> = {}): Promise<Overlay<EbpfDriver>> {
  overlay = await ebpfOverlay({ peer: "vtep", segmented: true, joiner: true, ...options });
  await overlay.net.exec("h1", "ping", "-c", "2", "-i", "0.1", "192.168.0.2");
  return overlay;
}

const sentRound = () => overlay!.packetsSent("v2", "vtepd-join");
const cameRound = () => overlay!.packetsReceived("v2", "vtepd-joined");

async function transferRight(to = "192.168.0.2"): Promise<void> {
  const { sent: there, received: here } = await transfer(overlay!.net, "h1", "h2", to, MEGABYTES);
  expect(here).toBe(there);
}

interface Stream {
  readonly ipv6?: boolean;
  /** May be fragmented, so its IDs matter: it goes straight on. */
  readonly noDf?: boolean;
  readonly outerChecksum?: boolean;
  readonly vni?: number;
  readonly options?: readonly number[];
  /** Every twentieth packet was marked on its way: by RFC 6040 the frame inside is then. */
  readonly marked?: boolean;
}

const TIMESTAMPS = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
const STREAMS: readonly Stream[] = [
  {},
  { options: TIMESTAMPS },
  { noDf: true },
  { ipv6: true, options: TIMESTAMPS },
  { outerChecksum: true },
  { marked: true },
];
/** Segments of each. */
const COUNT = 60;
const PAYLOAD_BYTES = 1000;
const [ACK, PSH] = [0x10, 0x18];
const ECT0 = 2;
const CE = 3;
const NO_FRAME = new Uint8Array(0);

interface Wires {
  /** Into the underlay, as the other VTEP. */
  readonly tunnel: HostSocket;
  readonly host: HostSocket;
  readonly macs: { readonly outer: readonly [string, string]; readonly inner: readonly [string, string] };
}

/** On two CPUs in turn a stream keeps no order, whichever way it goes. */
function stayOnOneCpu(): void {
  const allowed = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"));
  setAffinity(Number(allowed?.[1] ?? 0));
}

/** The port cuts super-packets, so that its host sees frames; and what is to be joined waits a millisecond for its like. */
async function openWires(): Promise<Wires> {
  const { net } = await up();
  stayOnOneCpu();
  const links = { u1: await net.link("v1", "up0"), u2: await net.link("v2", "up0") };
  const hosts = { h1: await net.link("h1", "eth0"), h2: await net.link("h2", "eth0") };
  for (const feature of ["tso", "tx-checksum"] as const) ethtoolSetFeature("ac0", feature, false, net.path("v2"));
  const joined = "/sys/class/net/vtepd-joined";
  await net.exec("v2", "sh", "-c", `echo 1000000 > ${joined}/gro_flush_timeout`);
  const tunnel = new HostSocket(net.path("v1"), links.u1.ifindex);
  const host = new HostSocket(net.path("h2"), hosts.h2.ifindex);
  sockets.push(tunnel, host);
  const macs = { outer: [links.u1.mac, links.u2.mac], inner: [hosts.h1.mac, hosts.h2.mac] } as const;
  return { tunnel, host, macs };
}

interface Segment {
  readonly packet: Uint8Array;
  readonly frame: Uint8Array;
}

function segmentsOf(stream: Stream, index: number, { macs }: Wires): Segment[] {
  return Array.from({ length: COUNT }, (_, segment) => {
    const isMarked = stream.marked === true && segment % 20 === 19;
    const sent = frameOf(stream, { index, segment, ecn: stream.marked ? ECT0 : 0, macs: macs.inner });
    const frame = isMarked ? frameOf(stream, { index, segment, ecn: CE, macs: macs.inner }) : sent;
    const ecn = isMarked ? CE : stream.marked ? ECT0 : 0;
    const sum = stream.outerChecksum ? {} : { checksum: 0 };
    const outer = [ipv4("10.0.0.1", "10.0.0.2", { df: true, tos: ecn }), udp(50_000 + index, 4789, sum)];
    const layers = [ethernet(...macs.outer), ...outer, vxlan(stream.vni ?? 100)];
    return { packet: packet(...layers, sent), frame };
  });
}

function frameOf(
  { ipv6: isIpv6, noDf, options }: Stream,
  { index, segment, ecn, macs }: { index: number; segment: number; ecn: number; macs: readonly [string, string] },
): Uint8Array {
  const isLast = segment === COUNT - 1;
  const ip = isIpv6
    ? ipv6("fd01::1", "fd01::2", { trafficClass: ecn })
    : ipv4("192.168.0.1", "192.168.0.2", { df: noDf !== true, id: noDf ? 7000 + segment : 0, tos: ecn });
  const sequence = 1 + segment * PAYLOAD_BYTES;
  const header = tcp(40_000 + index, 9, { sequence, flags: isLast ? PSH : ACK, ...(options && { options }) });
  return packet(ethernet(...macs), ip, header, payload(isLast ? PAYLOAD_BYTES - 223 : PAYLOAD_BYTES, segment));
}

/** Where a packet must not be fragmented its ID says nothing (RFC 6864 §4.1): zero, as it was sent. */
function withoutAtomicId(frame: string): string {
  const bytes = Buffer.from(frame, "hex");
  const isAtomic = bytes.readUInt16BE(12) === 0x0800 && (bytes[20]! & 0x40) !== 0;
  if (!isAtomic) return frame;
  const header = [...bytes.subarray(14, 34)];
  header.splice(4, 2, 0, 0);
  header.splice(10, 2, 0, 0);
  header.splice(10, 2, ...u16(internetChecksum(header)));
  bytes.set(header, 14);
  return bytes.toString("hex");
}

function interleave<T>(streams: readonly (readonly T[])[]): T[] {
  return streams[0]!.flatMap((_, at) => streams.map((stream) => stream[at]!));
}

describe("streams in segments (root)", () => {
  for (const ipv6 of [false, true]) {
    for (const address of ["192.168.0.2", "fd01::2"]) {
      live(`over IPv${ipv6 ? 6 : 4} to ${address}: are joined, and leave the port in super-packets`, async () => {
        await up({ ipv6, kernelTunnel: ipv6 });
        const before = await overlay!.packetsSent("v2", "ac0");
        await transferRight(address);
        expect(await sentRound()).toBeGreaterThan(SEGMENTS * 0.9);
        expect((await overlay!.packetsSent("v2", "ac0")) - before).toBeLessThan(SEGMENTS / 4);
      });
    }
  }

  live("leave the port as the frames that they were, each stream in its order", async () => {
    const wires = await openWires();
    const streams = STREAMS.map((stream, index) => segmentsOf(stream, index, wires));
    wires.tunnel.sendAll(interleave(streams.map((stream) => stream.map(({ packet }) => packet))));
    const expected = streams.map((stream) => stream.map(({ frame }) => toHex(frame)));
    await until(() => {
      wires.host.receive(NO_FRAME);
      return wires.host.arrived.length >= STREAMS.length * COUNT;
    });
    const arrived = wires.host.arrived.map(withoutAtomicId);
    for (const stream of expected) {
      const order = arrived.map((frame) => stream.indexOf(frame)).filter((at) => at >= 0);
      expect(order).toEqual([...stream.keys()]);
    }
    expect(await sentRound()).toBeGreaterThan(COUNT);
    expect(overlay!.vteps[1]!.driver.readCounters().drops).toEqual([]);
  });

  live("are refused under the reason and at the uplink that they would be", async () => {
    const wires = await openWires();
    const strangers = STREAMS.map((stream, index) => segmentsOf({ ...stream, vni: 777 }, index, wires));
    wires.tunnel.sendAll(interleave(strangers.map((stream) => stream.map(({ packet }) => packet))));
    const { driver, uplinkSlot } = overlay!.vteps[1]!;
    const refused = { reason: Drop.UNKNOWN_VNI, slot: uplinkSlot, bd: 0, packets: STREAMS.length * COUNT };
    await until(() => driver.readCounters().drops[0]?.packets === refused.packets);
    expect(driver.readCounters().drops).toEqual([refused]);
    expect(await sentRound()).toBeGreaterThan(COUNT);
  });

  live("that are slow, and what is no TCP, go straight on", async () => {
    const { net } = await up();
    await net.exec("h1", "ping", "-q", "-c", "200", "-i", "0.002", "-s", "1200", "192.168.0.2");
    expect(await sentRound()).toBe(0);
  });

  live("that an underlay with GRO has joined go straight on", async () => {
    await up({ joins: true });
    await transferRight();
    expect(await sentRound()).toBe(0);
  });

  live("that pass the underlay in super-packets go straight on", async () => {
    await up({ segmented: false });
    await transferRight();
    expect(await sentRound()).toBeLessThan(SEGMENTS / 20);
  });

  live("go straight on once the devices are gone, or others have their names", async () => {
    const { net, vteps } = await up();
    await transferRight();
    expect(await cameRound()).toBeGreaterThan(0);
    const v2 = vteps[1]!;
    await net.ip("v2", "link del vtepd-join");
    await overlay!.addJoiner("v2");
    within(v2.netns, () => {
      v2.tables.tables.deltas.config = true;
      v2.driver.apply(v2.tables.tables);
    });
    await transferRight();
    expect(await sentRound()).toBe(0);
  });
});
