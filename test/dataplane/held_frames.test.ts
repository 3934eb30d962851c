// Frames that wait for a neighbour while their transport checksums are open, as those of veth peers are: they leave later,
// from the engine's own buffer, with checksums that the receiver takes.
import { describe, expect, it } from "vitest";
import { BdFlag } from "../../src/abi/generated.js";
import { KernelRoute } from "../../src/dataplane/io/kernel_route.js";
import { OwnTransmit } from "../../src/dataplane/io/own_transmit.js";
import { PacketTransmit } from "../../src/dataplane/io/transmit.js";
import { wholeWhenHeld } from "../../src/dataplane/io/whole_when_held.js";
import { framePool } from "../../src/dataplane/userspace/frame_pool.js";
import { FrameRouter } from "../../src/dataplane/userspace/frame_router.js";
import { Intake } from "../../src/dataplane/userspace/intake.js";
import { Engine, type EngineListener } from "../../src/engine/engine.js";
import * as d from "../../src/native/descriptor.js";
import { parseMac } from "../../src/wire/ethernet.js";
import { checksumStart, type SuperPacketFacts, segmentsOf, superPacket } from "./packets.js";
import { addressBytes, VtepTables } from "./vtep_tables.js";

/** The frames of packets.ts go from .1 to .2, and to this MAC. */
const GATEWAY = "02:00:00:00:00:02";
const SILENT = "02:00:00:00:00:99";
const VRF = 1;
const SUBNETS = {
  4: { prefix: "192.168.7.", length: 96 + 24 },
  6: { prefix: "fd00:0:0:0:0:0:0:", length: 64 },
} as const;

const SYN: SuperPacketFacts = {
  ipv6: false,
  protocol: "tcp",
  tags: [],
  options: Uint8Array.of(2, 4, 5, 0xb4),
  payload: new Uint8Array(0),
  sequence: 1,
  flags: 2,
  id: 1,
};

/** Host .1 behind one port; .2 is behind another, and nobody has heard of it. */
function setUp({ ipv6 }: SuperPacketFacts) {
  const vtep = new VtepTables("10.0.0.1");
  const { tables } = vtep;
  const access = vtep.access({ name: "eth1", ifindex: 8 });
  const other = vtep.access({ name: "eth2", ifindex: 9 });
  vtep.bridgeDomain(1, 100, BdFlag.GATEWAY);
  vtep.port(access, 0, 1);
  const port2 = vtep.port(other, 0, 1);
  const { prefix, length } = SUBNETS[ipv6 ? 6 : 4];
  const gateway = parseMac(GATEWAY)!;
  tables.bridgeDomains.setGateway(1, VRF, gateway.hi, gateway.lo, [{ address: addressBytes(`${prefix}254`), length }]);
  tables.routes.setConnected(1, 1);
  tables.routes.setBuckets(1, new Uint16Array(64).fill(1));
  tables.prefixes.set(VRF, addressBytes(`${prefix}0`), length, 1);
  const appear = (): void => {
    const mac = parseMac(SILENT)!;
    tables.hosts.setNeighbor(VRF, addressBytes(`${prefix}2`), 1, mac.hi, mac.lo);
    vtep.localMac(1, SILENT, port2);
  };
  return { vtep, access, other, appear };
}

/** Hands a frame in as a veth peer does, lets its neighbour appear, and returns what the neighbour gets. */
function afterHolding(facts: SuperPacketFacts, gsoSize: number): Uint8Array[] {
  const { vtep, access, other, appear } = setUp(facts);
  const { tables } = vtep;
  const held: Uint8Array[] = [];
  const sent: Uint8Array[] = [];
  const sender = {
    send(descriptors: Int32Array, count: number, pool: Uint8Array): number {
      for (let word = 0; word < count * d.DESC_STRIDE; word += d.DESC_STRIDE) {
        expect(descriptors[word + d.DESC_FLAGS]! & d.FRAME_CHECKSUM_PARTIAL).toBe(0);
        const offset = descriptors[word + d.DESC_OFFSET]!;
        sent.push(pool.slice(offset, offset + descriptors[word + d.DESC_LENGTH]!));
      }
      return count;
    },
  };
  const packets = new PacketTransmit(tables, sender, new KernelRoute(tables));
  for (const slot of [access, other]) packets.acceptPartialChecksum(slot, true);
  const listener: EngineListener = {
    onRefusal: () => {},
    onDiscovery: () => {},
    onBinding: () => {},
    onHold: (_, bytes, offset, length) => held.push(bytes.slice(offset, offset + length)) > 0,
  };
  const router = new FrameRouter(tables, packets);
  const engine = new Engine(tables, router, wholeWhenHeld(listener, packets), new OwnTransmit(packets));
  const intake = new Intake(tables, engine, router);
  intake.uplinksTakePartial = true;
  const frame = superPacket(facts);
  const pool = framePool(new Uint8Array(16_384));
  pool.bytes.set(frame, 128);
  const gsoType = gsoSize === 0 ? d.GSO_NONE : facts.ipv6 ? d.GSO_TCPV6 : d.GSO_TCPV4;
  const [start, field] = [checksumStart(facts), facts.protocol === "tcp" ? 16 : 6];
  const descriptors = new Int32Array(d.DESC_STRIDE);
  descriptors.set([128, frame.length, 8, d.FRAME_CHECKSUM_PARTIAL, gsoType, gsoSize, start, field]);
  intake.takeBatch(pool, descriptors, 1, access, 0);
  expect(sent).toEqual([]);
  appear();
  for (const bytes of held) engine.resume(bytes, access, 1);
  packets.flush();
  return sent;
}

/** From the transport header on: routing changes nothing there. */
const transportOf = (frames: readonly Uint8Array[], facts: SuperPacketFacts): number[][] =>
  frames.map((frame) => [...frame.subarray(checksumStart(facts))]);

describe("a frame with an open checksum whose neighbour is unknown", () => {
  for (const ipv6 of [false, true]) {
    it(`arrives over IPv${ipv6 ? 6 : 4} with a checksum that holds: TCP and UDP`, () => {
      for (const protocol of ["tcp", "udp"] as const) {
        const facts: SuperPacketFacts = { ...SYN, ipv6, protocol, payload: Uint8Array.of(1, 2, 3) };
        expect(transportOf(afterHolding(facts, 0), facts)).toEqual(transportOf(segmentsOf(facts, 65_536), facts));
      }
    });

    it(`arrives over IPv${ipv6 ? 6 : 4} as the segments of its super-packet`, () => {
      const facts: SuperPacketFacts = { ...SYN, ipv6, flags: 0x18, payload: new Uint8Array(3000).fill(5) };
      expect(transportOf(afterHolding(facts, 1400), facts)).toEqual(transportOf(segmentsOf(facts, 1400), facts));
    });
  }
});
