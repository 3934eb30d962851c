import { describe, expect, it } from "vitest";
import { ConfigFlag, Drop } from "../../src/abi/generated.js";
import { KernelRoute } from "../../src/dataplane/io/kernel_route.js";
import { OwnTransmit } from "../../src/dataplane/io/own_transmit.js";
import { type FrameSender, PacketTransmit } from "../../src/dataplane/io/transmit.js";
import { type FramePool, framePool } from "../../src/dataplane/userspace/frame_pool.js";
import { FrameRouter } from "../../src/dataplane/userspace/frame_router.js";
import { Intake } from "../../src/dataplane/userspace/intake.js";
import type { SuperPacket } from "../../src/dataplane/userspace/super_packets.js";
import { Engine } from "../../src/engine/engine.js";
import * as d from "../../src/native/descriptor.js";
import { checksumStart, naiveSum, type SuperPacketFacts, superPacket } from "./packets.js";
import { VtepTables } from "./vtep_tables.js";

const HOST_1 = "02:00:00:00:00:01";
const HOST_2 = "02:00:00:00:00:02";
const SLOTS = 64;
const SLOT_BYTES = 16_384;

const FACTS: SuperPacketFacts = {
  ipv6: false,
  protocol: "tcp",
  tags: [],
  options: new Uint8Array(12),
  payload: new Uint8Array(9000).fill(3),
  sequence: 1,
  flags: 0x18,
  id: 1,
};

class CountingSender implements FrameSender {
  readonly lengths: number[] = [];
  readonly gsoTypes: number[] = [];
  frames = 0;
  keep = true;

  send(descriptors: Int32Array, count: number): number {
    this.frames += count;
    for (let word = 0; this.keep && word < count * d.DESC_STRIDE; word += d.DESC_STRIDE) {
      this.lengths.push(descriptors[word + d.DESC_LENGTH]!);
      this.gsoTypes.push(descriptors[word + d.DESC_GSO_TYPE]!);
    }
    return count;
  }
}

/** A VTEP with host 1 on an access port and host 2 where `host2` says. */
function setUp<Sender extends FrameSender = CountingSender>(
  host2: "remote" | "local" | "unknown",
  sender: Sender = new CountingSender() as unknown as Sender,
) {
  const vtep = new VtepTables("10.0.0.1");
  const uplink = vtep.uplink({ name: "up0", ifindex: 7, mtuBytes: 1600 });
  const access = vtep.access({ name: "eth1", ifindex: 8 });
  const other = vtep.access({ name: "eth2", ifindex: 9 });
  vtep.bridgeDomain(1, 100);
  vtep.port(access, 0, 1);
  const port2 = vtep.port(other, 30, 1);
  const remote = vtep.vtep("10.0.0.2", [1], uplink, { from: HOST_1, to: HOST_2 });
  if (host2 === "remote") vtep.remoteMac(1, HOST_2, remote);
  if (host2 === "local") vtep.localMac(1, HOST_2, port2);
  const packets = new PacketTransmit(vtep.tables, sender, new KernelRoute(vtep.tables));
  for (const slot of [uplink, access, other]) packets.acceptPartialChecksum(slot, true);
  const router = new FrameRouter(vtep.tables, packets);
  const engine = new Engine(vtep.tables, router, undefined, new OwnTransmit(packets));
  const intake = new Intake(vtep.tables, engine, router);
  intake.uplinksTakePartial = true;
  return { vtep, sender, intake, access, port2 };
}

function batch(frame: Uint8Array, fields: readonly number[]): { pool: FramePool; descriptors: Int32Array } {
  const pool = framePool(new Uint8Array(SLOTS * SLOT_BYTES));
  const descriptors = new Int32Array(SLOTS * d.DESC_STRIDE);
  for (let slot = 0; slot < SLOTS; slot++) {
    pool.bytes.set(frame, slot * SLOT_BYTES + 128);
    descriptors.set([slot * SLOT_BYTES + 128, frame.length, 8, ...fields], slot * d.DESC_STRIDE);
  }
  return { pool, descriptors };
}

const superFields = (gsoSize: number): number[] => [
  d.FRAME_CHECKSUM_PARTIAL,
  d.GSO_TCPV4,
  gsoSize,
  checksumStart(FACTS),
  16,
];

describe("Intake", () => {
  it("cuts a super-packet for a VTEP into packets that fit the underlay", () => {
    const { sender, intake, access, vtep } = setUp("remote");
    const { pool, descriptors } = batch(superPacket(FACTS), superFields(1448));
    intake.takeBatch(pool, descriptors, 1, access, 0);
    expect(sender.lengths).toEqual([...Array(6).fill(50 + 66 + 1448), 50 + 66 + 9000 - 6 * 1448]);
    expect(sender.gsoTypes).toEqual(Array(7).fill(d.GSO_NONE));
    expect([...vtep.tables.counters.ports.values.subarray(4, 6)]).toEqual([7, 9000 + 7 * 66]);
  });

  it("passes a super-packet for a local port whole, tagged, and counts its segments", () => {
    const { sender, intake, access, vtep, port2 } = setUp("local");
    const { pool, descriptors } = batch(superPacket(FACTS), superFields(1448));
    intake.takeBatch(pool, descriptors, 1, access, 0);
    expect(sender.lengths).toEqual([66 + 4 + 9000]);
    expect(sender.gsoTypes).toEqual([d.GSO_TCPV4]);
    const { values } = vtep.tables.counters.ports;
    expect([...values.subarray(4, 6)]).toEqual([7, 9000 + 7 * 66]);
    expect([...values.subarray(port2 * 4 + 2, port2 * 4 + 4)]).toEqual([7, 9000 + 7 * 66]);
  });

  describe("where the kernel takes super-packets of a tunnel", () => {
    function setUpWhole(isTaken = true) {
      const parts = setUp("remote");
      const sent: { ifindex: number; bytes: Uint8Array; packet: SuperPacket }[] = [];
      parts.intake.superPackets = {
        send(ifindex, bytes, offset, length, packet) {
          sent.push({ ifindex, bytes: bytes.slice(offset, offset + length), packet: { ...packet } });
          return isTaken;
        },
      };
      return { ...parts, sent };
    }

    it("passes one for a VTEP whole, and counts its segments", () => {
      const { sender, intake, access, vtep, sent } = setUpWhole();
      const { pool, descriptors } = batch(superPacket(FACTS), superFields(1448));
      intake.takeBatch(pool, descriptors, 1, access, 0);
      expect(sender.frames).toBe(0);
      const [{ ifindex, bytes, packet }] = sent as [(typeof sent)[0]];
      expect(ifindex).toBe(7);
      expect(Buffer.from(bytes.subarray(50)).equals(superPacket(FACTS))).toBe(true);
      expect(packet).toEqual({
        gsoType: d.GSO_TCPV4,
        segmentBytes: 1448,
        innerIp: 64,
        innerTransport: 84,
        checksumField: 16,
        headerBytes: 116,
      });
      const { ports, vteps, bridgeDomains } = vtep.tables.counters;
      const counted = [7, 9000 + 7 * 66];
      expect([...ports.values.subarray(4, 6)]).toEqual(counted);
      expect([...vteps.values.subarray(6, 8)]).toEqual(counted);
      expect([...bridgeDomains.values.subarray(6, 8)]).toEqual(counted);
    });

    it("sends what came before it first", () => {
      const { sender, intake, access, sent } = setUpWhole();
      const { pool, descriptors } = batch(superPacket(FACTS), superFields(1448));
      const single = superPacket({ ...FACTS, payload: FACTS.payload.subarray(0, 20) });
      pool.bytes.set(single, 128);
      descriptors.set([128, single.length, 8, 0, d.GSO_NONE], 0);
      intake.superPackets = { send: () => sent.push({} as never) > 0 && sender.frames === 1 };
      intake.takeBatch(pool, descriptors, 2, access, 0);
      expect([sender.frames, sent.length]).toEqual([1, 1]);
    });

    it("counts each segment of one that the kernel refuses", () => {
      const { intake, access, vtep } = setUpWhole(false);
      const { pool, descriptors } = batch(superPacket(FACTS), superFields(1448));
      intake.takeBatch(pool, descriptors, 1, access, 0);
      expect(vtep.dropped(Drop.TRANSMIT_FAILED)).toBe(7);
    });

    it("cuts one whose segments need an outer checksum, and one too long for an outer header", () => {
      const { sender, intake, access, vtep, sent } = setUpWhole();
      const { pool, descriptors } = batch(superPacket(FACTS), superFields(1448));
      vtep.tables.setSettings({ ...vtep.tables.settings, flags: ConfigFlag.UDP_CHECKSUM });
      intake.takeBatch(pool, descriptors, 1, access, 0);
      expect([sender.frames, sent.length]).toEqual([7, 0]);
      vtep.tables.setSettings({ ...vtep.tables.settings, flags: 0 });
      const long = superPacket({ ...FACTS, payload: new Uint8Array(65_536 - 66 - 14) });
      const large = framePool(new Uint8Array(65_536 + 256));
      large.bytes.set(long, 128);
      descriptors.set([128, long.length], 0);
      intake.takeBatch(large, descriptors, 1, access, 0);
      expect([sender.frames, sent.length]).toEqual([7 + 46, 0]);
    });

    it("refuses one whose segments are too long for the path, one by one", () => {
      const { intake, access, vtep, sent } = setUpWhole();
      const { pool, descriptors } = batch(superPacket(FACTS), superFields(1600));
      intake.takeBatch(pool, descriptors, 1, access, 0);
      expect(sent.length).toBe(0);
      expect(vtep.dropped(Drop.MTU_EXCEEDED)).toBe(5);
    });
  });

  it("floods a super-packet as single frames to everybody", () => {
    const { sender, intake, access } = setUp("unknown");
    const { pool, descriptors } = batch(superPacket(FACTS), superFields(1448));
    intake.takeBatch(pool, descriptors, 1, access, 0);
    expect(sender.frames).toBe(14);
    expect(new Set(sender.gsoTypes)).toEqual(new Set([d.GSO_NONE]));
  });

  it("refuses segments that are longer than the port's MTU, one by one, each with an ICMP error", () => {
    const { sender, intake, access, vtep } = setUp("local");
    const { pool, descriptors } = batch(superPacket(FACTS), superFields(1500));
    intake.takeBatch(pool, descriptors, 1, access, 0);
    expect(sender.lengths).toEqual(Array(6).fill(14 + 576));
    expect(vtep.dropped(Drop.MTU_EXCEEDED)).toBe(6);
  });

  it("drops truncated frames and super-packets that it cannot cut", () => {
    const { sender, intake, access, vtep } = setUp("remote");
    const frame = superPacket(FACTS);
    intake.takeBatch(batch(frame, []).pool, batch(frame, [d.FRAME_TRUNCATED]).descriptors, 2, access, 0);
    intake.takeBatch(batch(frame, []).pool, batch(frame, [0, d.GSO_UDP, 1448]).descriptors, 3, access, 0);
    expect(sender.frames).toBe(0);
    expect(vtep.dropped(Drop.MTU_EXCEEDED)).toBe(2);
    expect(vtep.dropped(Drop.RECEIVE_OVERRUN)).toBe(3);
  });

  it("handles 16 MiB of super-packets in one batch, beyond the segment pool", () => {
    const { sender, intake, access } = setUp("remote");
    const { pool, descriptors } = batch(superPacket(FACTS), superFields(536));
    intake.takeBatch(pool, descriptors, SLOTS, access, 0);
    expect(sender.frames).toBe(SLOTS * Math.ceil(9000 / 536));
  });

  for (const [what, fields, payload] of [
    ["plain frame", [0, 0, 0, 0, 0], 20],
    ["frame with a partial checksum", [d.FRAME_CHECKSUM_PARTIAL, 0, 0, 34, 16], 20],
    ["super-packet", superFields(1448), 9000],
  ] as const) {
    it(`allocates nothing per ${what}`, () => {
      const { sender, intake, access } = setUp("remote");
      sender.keep = false;
      const frame = superPacket({ ...FACTS, payload: FACTS.payload.subarray(0, payload) });
      const { pool, descriptors } = batch(frame, fields);
      const rounds = payload > 1448 ? 50 : 1000;
      const run = (): void => {
        for (let round = 0; round < rounds; round++) intake.takeBatch(pool, descriptors, SLOTS, access, 1);
      };
      // Until the optimising compiler has seen it all: code that is not compiled yet boxes numbers.
      for (let warm = 0; warm < 4; warm++) run();
      const before = process.memoryUsage().heapUsed;
      run();
      const bytesPerFrame = (process.memoryUsage().heapUsed - before) / (rounds * SLOTS);
      expect(bytesPerFrame).toBeLessThan(8);
    });
  }
});

class KeepingSender implements FrameSender {
  readonly frames: Uint8Array[] = [];
  readonly flags: number[] = [];

  send(descriptors: Int32Array, count: number, pool: Uint8Array): number {
    for (let word = 0; word < count * d.DESC_STRIDE; word += d.DESC_STRIDE) {
      const offset = descriptors[word + d.DESC_OFFSET]!;
      this.frames.push(pool.slice(offset, offset + descriptors[word + d.DESC_LENGTH]!));
      this.flags.push(descriptors[word + d.DESC_FLAGS]!);
    }
    return count;
  }
}

describe("Intake, with vtep.mssClamp", () => {
  const SYN = 0x02;
  /** 1600 of the underlay leave 1510 for a segment. */
  const announcing = (mss: number, flags: number): SuperPacketFacts => {
    const options = Uint8Array.of(2, 4, mss >>> 8, mss & 0xff);
    return { ...FACTS, options, flags, payload: new Uint8Array(0) };
  };
  const take = (flags: number): KeepingSender => {
    const sender = new KeepingSender();
    const { vtep, intake, access } = setUp("remote", sender);
    vtep.tables.setSettings({ ...vtep.tables.settings, flags: ConfigFlag.MSS_CLAMP });
    const facts = announcing(8960, flags);
    const { pool, descriptors } = batch(superPacket(facts), [
      d.FRAME_CHECKSUM_PARTIAL,
      d.GSO_NONE,
      0,
      checksumStart(facts),
      16,
    ]);
    intake.takeBatch(pool, descriptors, 1, access, 0);
    return sender;
  };

  it("finishes the checksum of a SYN, so that lowering its MSS keeps it right", () => {
    const { frames, flags } = take(SYN);
    expect(flags[0]! & d.FRAME_CHECKSUM_PARTIAL).toBe(0);
    const inner = frames[0]!.subarray(50);
    const tcp = [...inner.subarray(34)];
    expect(tcp.slice(20)).toEqual([2, 4, 1510 >>> 8, 1510 & 0xff]);
    const pseudo = [...inner.subarray(26, 34), 0, 6, 0, tcp.length];
    expect(naiveSum([...pseudo, ...tcp])).toBe(0xffff);
  });

  it("leaves every other partial checksum to the device", () => {
    const { frames, flags } = take(0x10);
    expect(flags[0]! & d.FRAME_CHECKSUM_PARTIAL).not.toBe(0);
    expect([...frames[0]!.subarray(50)]).toEqual([...superPacket(announcing(8960, 0x10))]);
  });
});
