// Super-packets of a tunnel, sent whole: what the kernel makes of them where the link cannot take them whole, beside an
// oracle that writes every field by its definition.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SuperPacket, SuperPackets } from "../../src/dataplane/userspace/super_packets.js";
import * as d from "../../src/native/descriptor.js";
import type { PacketSocket } from "../../src/native/frames.js";
import { mayMakeNamespaces, Namespaces, until } from "./namespaces.js";
import {
  checksumStart,
  randomNumbers,
  randomSuperPacket,
  type SuperPacketFacts,
  segmentsOf,
  superPacket,
} from "./packets.js";

const HEADROOM = 64;
const OUTER_BYTES = 50;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function describeOf(facts: SuperPacketFacts, segmentBytes: number): SuperPacket {
  const isTcp = facts.protocol === "tcp";
  const ecn = (facts.flags & 0x80) === 0 ? 0 : d.GSO_ECN;
  const tcp = (facts.ipv6 ? d.GSO_TCPV6 : d.GSO_TCPV4) | ecn;
  const innerTransport = checksumStart(facts);
  return {
    gsoType: isTcp ? tcp : d.GSO_UDP_L4,
    segmentBytes,
    innerIp: OUTER_BYTES + 14,
    innerTransport,
    checksumField: isTcp ? 16 : 6,
    headerBytes: innerTransport + (isTcp ? 20 + facts.options.length : 8),
  };
}

describe.skipIf(!mayMakeNamespaces())("SuperPackets and Linux (root)", () => {
  const net = new Namespaces();
  let packets: SuperPackets | undefined;
  let missing = "";
  let receiver: PacketSocket;
  let from = 0;

  beforeAll(async () => {
    const { PacketSocket } = await import("../../src/native/index.js");
    const { SuperPackets } = await import("../../src/dataplane/userspace/super_packets.js");
    await net.add("whole");
    await net.veth("whole", "east", "whole", "west");
    await net.ip("whole", "link set east mtu 9000", "link set west mtu 9000");
    await net.exec("whole", "ethtool", "-K", "east", "tx", "off", "tso", "off", "gso", "off");
    from = (await net.link("whole", "east")).ifindex;
    const { ifindex } = await net.link("whole", "west");
    receiver = new PacketSocket({ ifindex, netns: net.path("whole"), promiscuous: true });
    try {
      packets = new SuperPackets(net.path("whole"));
    } catch (error) {
      missing = String(error);
    }
  });

  afterAll(async () => {
    packets?.close();
    receiver?.close();
    await net.remove();
  });

  function receive(): string[] {
    const count = receiver.receive();
    return Array.from({ length: count }, (_, index) => {
      const [offset, length] = receiver.descriptors.subarray(index * d.DESC_STRIDE) as unknown as [number, number];
      return hex(receiver.pool.subarray(offset, offset + length));
    }).filter((frame) => frame.startsWith("020000000002"));
  }

  /** The lengths of the outer headers are those of a first segment: they are to be finished. */
  function send(facts: SuperPacketFacts, size: number): boolean {
    const frame = superPacket(facts);
    const bytes = new Uint8Array(HEADROOM + frame.length);
    bytes.set(frame, HEADROOM);
    bytes.fill(0xaa, HEADROOM + 16, HEADROOM + 18);
    bytes.fill(0xaa, HEADROOM + 38, HEADROOM + 40);
    return packets!.send(from, bytes, HEADROOM, frame.length, describeOf(facts, size));
  }

  for (const protocol of ["tcp", "udp"] as const) {
    it(`100 random ${protocol.toUpperCase()} super-packets are cut as they have to be`, async (context) => {
      if (packets === undefined) return context.skip(`needs kernel 6.17: ${missing}`);
      const random = randomNumbers(protocol === "tcp" ? 8 : 9);
      for (let round = 0; round < 100; round++) {
        const tunnel = { ipv6: false, checksum: false, id: random(0x10000) };
        const facts = { ...randomSuperPacket(random, true), protocol, tunnel };
        const size = Math.max(300, random(1400));
        if (facts.payload.length <= size) continue;
        const expected = segmentsOf(facts, size).map(hex);
        expect(send(facts, size)).toBe(true);
        const frames: string[] = [];
        await until(() => frames.push(...receive()) >= expected.length);
        expect(frames).toEqual(expected);
      }
    });
  }

  it("tells of an interface that is down", async (context) => {
    if (packets === undefined) return context.skip(`needs kernel 6.17: ${missing}`);
    const tunnel = { ipv6: false, checksum: false, id: 1 };
    const facts = { ...randomSuperPacket(randomNumbers(1), true), payload: new Uint8Array(3000), tunnel };
    await net.ip("whole", "link set east down");
    expect(send(facts, 1000)).toBe(false);
    await net.ip("whole", "link set east up");
    await until(() => send(facts, 1000));
  });

  it("makes one device, which goes when it is closed", async (context) => {
    if (packets === undefined) return context.skip(`needs kernel 6.17: ${missing}`);
    const { SuperPackets } = await import("../../src/dataplane/userspace/super_packets.js");
    expect(() => new SuperPackets(net.path("whole"))).toThrow(/vtepd-gso/);
    packets.close();
    packets = new SuperPackets(net.path("whole"));
  });
});
