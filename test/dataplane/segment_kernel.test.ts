// The kernel as oracle: the same super-packets are sent through a device without offloads, so that its own software
// segmentation cuts them, and both results are compared byte for byte.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { framePool } from "../../src/dataplane/userspace/frame_pool.js";
import { Segmenter } from "../../src/dataplane/userspace/segment.js";
import * as d from "../../src/native/descriptor.js";
import type { PacketSocket } from "../../src/native/frames.js";
import { mayMakeNamespaces, Namespaces, until } from "./namespaces.js";
import { checksumStart, randomNumbers, randomSuperPacket, type SuperPacketFacts, superPacket } from "./packets.js";

describe.skipIf(!mayMakeNamespaces())("Segmenter and Linux (root)", () => {
  const net = new Namespaces();
  let sender: PacketSocket;
  let receiver: PacketSocket;
  let from = 0;

  beforeAll(async () => {
    const { PacketSocket } = await import("../../src/native/index.js");
    await net.add("cut");
    await net.veth("cut", "east", "cut", "west");
    await net.ip("cut", "link set east mtu 9000", "link set west mtu 9000");
    await net.exec("cut", "ethtool", "-K", "east", "tx", "off", "tso", "off", "gso", "off");
    from = (await net.link("cut", "east")).ifindex;
    sender = new PacketSocket({ ifindex: 0, netns: net.path("cut"), vnetHeader: true });
    receiver = new PacketSocket({
      ifindex: (await net.link("cut", "west")).ifindex,
      netns: net.path("cut"),
      promiscuous: true,
    });
  });

  afterAll(async () => {
    sender?.close();
    receiver?.close();
    await net.remove();
  });

  function gsoType(facts: SuperPacketFacts): number {
    const ecn = (facts.flags & 0x80) === 0 ? 0 : d.GSO_ECN;
    if (facts.protocol === "udp") return d.GSO_UDP_L4;
    return (facts.ipv6 ? d.GSO_TCPV6 : d.GSO_TCPV4) | ecn;
  }

  function receive(): string[] {
    const count = receiver.receive();
    return Array.from({ length: count }, (_, index) => {
      const [offset, length] = receiver.descriptors.subarray(index * d.DESC_STRIDE) as unknown as [number, number];
      return Buffer.from(receiver.pool.subarray(offset, offset + length)).toString("hex");
    }).filter((frame) => frame.startsWith("020000000002"));
  }

  async function cutByKernel(facts: SuperPacketFacts, size: number, count: number): Promise<string[]> {
    const frame = superPacket(facts);
    const field = facts.protocol === "udp" ? 6 : 16;
    const start = checksumStart(facts);
    const descriptor = Int32Array.of(
      0,
      frame.length,
      from,
      d.FRAME_CHECKSUM_PARTIAL,
      gsoType(facts),
      size,
      start,
      field,
    );
    expect(sender.send(descriptor, 1, frame)).toBe(1);
    const frames: string[] = [];
    await until(() => frames.push(...receive()) >= count);
    return frames;
  }

  function cutByUs(facts: SuperPacketFacts, size: number): string[] {
    const segmenter = new Segmenter();
    const frame = superPacket(facts);
    const pool = framePool(new Uint8Array(128 + frame.length + 64));
    pool.bytes.set(frame, 128);
    const start = checksumStart(facts);
    const descriptor = Int32Array.of(128, frame.length, 0, d.FRAME_CHECKSUM_PARTIAL, gsoType(facts), size, start, 0);
    const count = segmenter.begin(pool, descriptor, 0, true);
    return Array.from({ length: count }, () => {
      segmenter.next();
      const { bytes, offset, length } = segmenter;
      return Buffer.from(bytes.subarray(offset, offset + length)).toString("hex");
    });
  }

  for (const protocol of ["tcp", "udp"] as const) {
    it(`cut 100 random ${protocol.toUpperCase()} super-packets alike`, async () => {
      const random = randomNumbers(protocol === "tcp" ? 6 : 7);
      for (let round = 0; round < 100; round++) {
        const facts = { ...randomSuperPacket(random, false), protocol };
        // At least two segments, and no more than UDP allows (UDP_MAX_SEGMENTS).
        const size = Math.max(300, random(1400));
        if (facts.payload.length <= size) continue;
        const ours = cutByUs(facts, size);
        expect(await cutByKernel(facts, size, ours.length)).toEqual(ours);
      }
    });
  }
});
