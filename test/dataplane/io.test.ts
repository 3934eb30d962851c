import { describe, expect, it } from "vitest";
import { Drop } from "../../src/abi/generated.js";
import { completeChecksum } from "../../src/dataplane/io/complete_checksum.js";
import { KernelRoute, type RawSocket } from "../../src/dataplane/io/kernel_route.js";
import { CHECKSUM_COMPLETE, type FrameSender, PacketTransmit } from "../../src/dataplane/io/transmit.js";
import * as d from "../../src/native/descriptor.js";
import { VtepTables } from "./vtep_tables.js";

interface Sent {
  readonly ifindex: number;
  readonly bytes: number[];
  readonly checksum: [number, number] | undefined;
}

/** Records what a PacketSocket would send; frames whose first byte is 0xee are refused. */
class RecordingSender implements FrameSender {
  readonly sent: Sent[] = [];
  calls = 0;

  send(descriptors: Int32Array, count: number, pool: Uint8Array): number {
    this.calls += 1;
    let taken = 0;
    for (let index = 0; index < count; index++) {
      const [at, length, ifindex, flags] = descriptors.subarray(index * d.DESC_STRIDE) as unknown as [
        number,
        number,
        number,
        number,
      ];
      if (pool[at] === 0xee) {
        descriptors[index * d.DESC_STRIDE + d.DESC_FLAGS] = d.FRAME_REFUSED;
        continue;
      }
      const start = descriptors[index * d.DESC_STRIDE + d.DESC_CHECKSUM_START]!;
      const offset = descriptors[index * d.DESC_STRIDE + d.DESC_CHECKSUM_OFFSET]!;
      const checksum: [number, number] | undefined = flags & d.FRAME_CHECKSUM_PARTIAL ? [start, offset] : undefined;
      this.sent.push({ ifindex, bytes: [...pool.slice(at, at + length)], checksum });
      taken += 1;
    }
    return taken;
  }
}

class FakeRawSocket {
  readonly sent: { bytes: number[]; address: string }[] = [];
  readonly pending: ((error: Error | null, bytes: number) => void)[] = [];
  closed = false;

  send(
    buffer: Buffer,
    offset: number,
    length: number,
    address: string,
    sent: (error: Error | null, bytes: number) => void,
  ): this {
    this.sent.push({ bytes: [...buffer.subarray(offset, offset + length)], address });
    this.pending.push(sent);
    return this;
  }

  close(): this {
    this.closed = true;
    return this;
  }

  on(): this {
    return this;
  }
}

function setUp(local = "10.0.0.1") {
  const vtep = new VtepTables(local);
  const uplink = vtep.uplink({ name: "up0", ifindex: 7 });
  const access = vtep.access({ name: "eth1", ifindex: 9 });
  vtep.bridgeDomain(1, 100);
  const port = vtep.port(access, 0, 1);
  const remote = vtep.vtep(local.includes(":") ? "fd00:0:0:0:0:0:0:2" : "10.0.0.2", [1], uplink, {
    from: "02:00:00:00:00:01",
    to: "02:00:00:00:00:02",
  });
  const raw = new FakeRawSocket();
  let opened = 0;
  const kernelRoute = new KernelRoute(vtep.tables, () => {
    opened += 1;
    return raw as unknown as RawSocket;
  });
  const sender = new RecordingSender();
  const transmit = new PacketTransmit(vtep.tables, sender, kernelRoute);
  return { vtep, uplink, access, port, remote, raw, kernelRoute, sender, transmit, opened: () => opened };
}

describe("PacketTransmit", () => {
  it("sends nothing before flush, and then one batch to the interfaces of port and adjacency", () => {
    const { transmit, sender, port } = setUp();
    const buffer = Uint8Array.from([1, 2, 3, 4, 5]);
    transmit.toPort(port, buffer, 0, 3, true);
    transmit.toUnderlay(1, buffer, 3, 2, true);
    expect(sender.calls).toBe(0);
    transmit.flush();
    expect(sender.calls).toBe(1);
    expect(sender.sent).toEqual([
      { ifindex: 9, bytes: [1, 2, 3], checksum: undefined },
      { ifindex: 7, bytes: [4, 5], checksum: undefined },
    ]);
    transmit.flush();
    expect(sender.calls).toBe(1);
  });

  it("copies all but the last copy, since the next header overwrites them, and keeps the order", () => {
    const { transmit, sender, port } = setUp();
    const buffer = Uint8Array.from([1, 2, 3]);
    transmit.toPort(port, buffer, 0, 3, false);
    buffer[0] = 9;
    transmit.toUnderlay(1, buffer, 0, 3, true);
    transmit.flush();
    expect(sender.sent.map(({ bytes }) => bytes)).toEqual([
      [1, 2, 3],
      [9, 2, 3],
    ]);
  });

  it("counts what the kernel refuses at the interface that should have sent it", () => {
    const { transmit, vtep, port, access, uplink } = setUp();
    const buffer = Uint8Array.from([0xee, 1]);
    transmit.toPort(port, buffer, 0, 2, false);
    transmit.toPort(port, buffer, 1, 1, false);
    transmit.toUnderlay(1, buffer, 0, 2, false);
    transmit.flush();
    expect(vtep.tables.counters.drops()).toEqual([
      { reason: Drop.TRANSMIT_FAILED, slot: access, bd: 1, packets: 1 },
      { reason: Drop.TRANSMIT_FAILED, slot: uplink, bd: 0, packets: 1 },
    ]);
  });

  it("flushes by itself when the batch or the copies are full", () => {
    const { transmit, sender, port } = setUp();
    const buffer = new Uint8Array(9000);
    for (let index = 0; index < 700; index++) {
      buffer[0] = index & 0x7f;
      transmit.toPort(port, buffer, 0, 9000, false);
    }
    transmit.flush();
    expect(sender.sent.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 700 }, (_, index) => index & 0x7f));
  });

  it("tells where a partial checksum stands, counted from the frame's first byte", () => {
    const { transmit, sender, port, access, uplink } = setUp();
    transmit.acceptPartialChecksum(access, true);
    transmit.acceptPartialChecksum(uplink, true);
    transmit.setPartialChecksum(34, 16);
    transmit.toPort(port, new Uint8Array(100), 0, 100, true);
    transmit.toUnderlay(1, new Uint8Array(100), 14, 80, true);
    transmit.setPartialChecksum(CHECKSUM_COMPLETE, 0);
    transmit.toPort(port, new Uint8Array(100), 0, 100, true);
    transmit.flush();
    expect(sender.sent.map(({ checksum }) => checksum)).toEqual([[34, 16], [20, 16], undefined]);
  });

  it("completes a partial checksum for an interface that cannot, and forgets one of a header that is gone", () => {
    const { transmit, sender, port, access } = setUp();
    const bytes = new Uint8Array(64).fill(1);
    bytes.set([0, 0], 50);
    transmit.setPartialChecksum(34, 16);
    transmit.toPort(port, bytes, 0, 64, true);
    transmit.flush();
    expect(sender.sent[0]!.checksum).toBeUndefined();
    expect(sender.sent[0]!.bytes.slice(50, 52)).not.toEqual([0, 0]);
    transmit.acceptPartialChecksum(access, true);
    transmit.setPartialChecksum(34, 6);
    transmit.toPort(port, bytes, 50, 14, true);
    transmit.flush();
    expect(sender.sent[1]!.checksum).toBeUndefined();
  });

  it("completes a partial checksum before the kernel gets an IP packet", () => {
    const { transmit, raw, remote } = setUp();
    const bytes = new Uint8Array(30).fill(1, 10);
    bytes.set([0, 0], 16);
    transmit.setPartialChecksum(10, 6);
    transmit.toKernel(remote, bytes, 2, 28);
    const expected = bytes.slice(2);
    expect(raw.sent[0]!.bytes).toEqual([...expected]);
    expect((bytes[16]! << 8) | bytes[17]!).not.toBe(0);
  });
});

describe("KernelRoute", () => {
  it("opens its socket with the first packet and copies the bytes", () => {
    const { kernelRoute, raw, remote, opened } = setUp();
    expect(opened()).toBe(0);
    const bytes = Uint8Array.from([0, 1, 2, 3]);
    kernelRoute.send(remote, bytes, 1, 3);
    kernelRoute.send(remote, bytes, 1, 3);
    bytes.fill(9);
    expect(opened()).toBe(1);
    expect(raw.sent[0]).toEqual({ bytes: [1, 2, 3], address: "10.0.0.2" });
  });

  it("writes IPv6 addresses", () => {
    const { kernelRoute, raw, remote } = setUp("fd00:0:0:0:0:0:0:1");
    kernelRoute.send(remote, new Uint8Array(4), 0, 4);
    expect(raw.sent[0]!.address).toBe("fd00:0:0:0:0:0:0:2");
  });

  it("counts refusals, and too long ones as what they are", () => {
    const { kernelRoute, raw, remote, vtep } = setUp();
    for (let index = 0; index < 3; index++) kernelRoute.send(remote, new Uint8Array(4), 0, 4);
    raw.pending[0]!(null, 4);
    raw.pending[1]!(new Error("Network is unreachable"), 0);
    raw.pending[2]!(new Error("Message too long"), 0);
    expect(vtep.dropped(Drop.UNDERLAY_UNRESOLVED)).toBe(1);
    expect(vtep.dropped(Drop.MTU_EXCEEDED)).toBe(1);
  });

  it("lets 256 packets wait and drops the rest", () => {
    const { kernelRoute, raw, remote, vtep } = setUp();
    for (let index = 0; index < 300; index++) kernelRoute.send(remote, new Uint8Array(4), 0, 4);
    expect(raw.sent.length).toBe(256);
    expect(vtep.dropped(Drop.UNDERLAY_UNRESOLVED)).toBe(44);
    raw.pending[0]!(null, 4);
    kernelRoute.send(remote, new Uint8Array(4), 0, 4);
    expect(raw.sent.length).toBe(257);
  });

  it("says why no socket can be had, and counts the packets", () => {
    const { vtep } = setUp();
    const route = new KernelRoute(vtep.tables, () => {
      throw new Error("Operation not permitted");
    });
    route.send(1, new Uint8Array(4), 0, 4);
    route.send(1, new Uint8Array(4), 0, 4);
    expect(route.failure).toBe("Operation not permitted");
    expect(vtep.dropped(Drop.UNDERLAY_UNRESOLVED)).toBe(2);
  });
});

describe("completeChecksum", () => {
  it("adds the segment to the pseudo-header sum that stands in the field", () => {
    // RFC 1071 §3's example words, with 0x0000 as the field.
    const bytes = Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0, 0]);
    expect(completeChecksum(bytes, 0, 8, 10)).toBe(true);
    expect([...bytes.slice(8)]).toEqual([0x22, 0x0d]);
  });

  it("writes nothing where the field lies outside", () => {
    const bytes = new Uint8Array(10).fill(7);
    expect(completeChecksum(bytes, 0, 9, 10)).toBe(false);
    expect(bytes).toEqual(new Uint8Array(10).fill(7));
  });
});
