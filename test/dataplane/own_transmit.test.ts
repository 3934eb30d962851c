import { describe, expect, it } from "vitest";
import { KernelRoute } from "../../src/dataplane/io/kernel_route.js";
import { OwnTransmit } from "../../src/dataplane/io/own_transmit.js";
import { CHECKSUM_COMPLETE, PacketTransmit } from "../../src/dataplane/io/transmit.js";
import {
  DESC_FLAGS,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  FRAME_CHECKSUM_PARTIAL,
} from "../../src/native/descriptor.js";
import { VtepTables } from "./vtep_tables.js";

function setUp() {
  const vtep = new VtepTables("10.0.0.1");
  const access = vtep.access({ name: "eth1", ifindex: 9 });
  vtep.bridgeDomain(1, 100);
  const port = vtep.port(access, 0, 1);
  const sent: { bytes: number[]; partial: boolean }[] = [];
  const sender = {
    send(descriptors: Int32Array, count: number, pool: Uint8Array): number {
      for (let word = 0; word < count * DESC_STRIDE; word += DESC_STRIDE) {
        const at = descriptors[word + DESC_OFFSET]!;
        const bytes = [...pool.slice(at, at + descriptors[word + DESC_LENGTH]!)];
        sent.push({ bytes, partial: (descriptors[word + DESC_FLAGS]! & FRAME_CHECKSUM_PARTIAL) !== 0 });
      }
      return count;
    },
  };
  const packets = new PacketTransmit(vtep.tables, sender, new KernelRoute(vtep.tables));
  packets.acceptPartialChecksum(access, true);
  return { port, packets, own: new OwnTransmit(packets), sent };
}

describe("frames of the engine's own", () => {
  it("are copied: the next one may overwrite the buffer before they are sent", () => {
    const { port, packets, own, sent } = setUp();
    const buffer = new Uint8Array(20);
    for (const mark of [1, 2, 3]) own.toPort(port, buffer.fill(mark), 0, 20);
    packets.flush();
    expect(sent.map(({ bytes }) => bytes[0])).toEqual([1, 2, 3]);
  });

  it("bear no open checksum of the frame that they answer, which keeps its own", () => {
    const { port, packets, own, sent } = setUp();
    packets.setPartialChecksum(14, 2);
    own.toPort(port, new Uint8Array(40), 0, 40);
    packets.toPort(port, new Uint8Array(40).fill(7), 0, 40, true);
    packets.setPartialChecksum(CHECKSUM_COMPLETE, 0);
    packets.flush();
    expect(sent.map(({ bytes, partial }) => [bytes[0], partial])).toEqual([
      [0, false],
      [7, true],
    ]);
  });
});
