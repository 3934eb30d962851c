// From a frame as a packet socket delivers it to frames as the engine wants them: whole, single, with headroom, and with
// checksums that whoever sends it on will complete. Nothing here decides where a frame goes.

import { ConfigFlag, Drop, Family } from "../../abi/generated.js";
import { type Decision, Verdict } from "../../engine/decision.js";
import type { Engine } from "../../engine/engine.js";
import { repairArrival } from "../../engine/repair.js";
import {
  DESC_CHECKSUM_OFFSET,
  DESC_CHECKSUM_START,
  DESC_FLAGS,
  DESC_GSO_TYPE,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  FRAME_CHECKSUM_PARTIAL,
  FRAME_TRUNCATED,
  GSO_NONE,
} from "../../native/descriptor.js";
import type { Tables } from "../../tables/tables.js";
import { Tcp } from "../../wire/tcp.js";
import { completeChecksum } from "../io/complete_checksum.js";
import { CHECKSUM_COMPLETE } from "../io/transmit.js";
import type { FramePool } from "./frame_pool.js";
import type { FrameRouter } from "./frame_router.js";
import { Segmenter } from "./segment.js";
import { fitsOuterLength, mayBeFragmented, mayStayWhole, type SuperPackets } from "./super_packets.js";

export type SuperPacketSender = Pick<SuperPackets, "send">;

export class Intake {
  /** Set by the driver: can every open uplink complete a checksum inside a tunnel? */
  uplinksTakePartial = false;
  /** Set by the driver, where the kernel takes super-packets of a tunnel. */
  superPackets: SuperPacketSender | undefined;
  private readonly segmenter = new Segmenter();
  private readonly superPacket = {
    gsoType: 0,
    segmentBytes: 0,
    innerIp: 0,
    innerTransport: 0,
    checksumField: 0,
    headerBytes: 0,
  };

  constructor(
    private readonly tables: Tables,
    private readonly engine: Engine,
    private readonly router: FrameRouter,
  ) {}

  /** Handles `count` described frames of an interface, and sends what came of them. */
  takeBatch(pool: FramePool, descriptors: Int32Array, count: number, slot: number, tick: number): void {
    for (let index = 0; index < count; index++) this.take(pool, descriptors, index * DESC_STRIDE, slot, tick);
    this.flush();
  }

  private flush(): void {
    this.router.flush();
    this.segmenter.rewind();
  }

  private take(pool: FramePool, descriptors: Int32Array, word: number, slot: number, tick: number): void {
    const flags = descriptors[word + DESC_FLAGS]!;
    const gsoType = descriptors[word + DESC_GSO_TYPE]!;
    const offset = descriptors[word + DESC_OFFSET]!;
    const length = descriptors[word + DESC_LENGTH]!;
    repairArrival(this.tables, pool.bytes, offset, length, slot);
    // Only a super-packet beyond 64 KiB (BIG TCP) is longer than a slot.
    if ((flags & FRAME_TRUNCATED) !== 0) this.tables.counters.drop(Drop.MTU_EXCEEDED, slot, 0);
    else if (gsoType !== GSO_NONE) this.takeSuperPacket(pool, descriptors, word, slot, tick);
    else if ((flags & FRAME_CHECKSUM_PARTIAL) === 0) this.engine.handle(pool.bytes, offset, length, slot, tick);
    else {
      const start = offset + descriptors[word + DESC_CHECKSUM_START]!;
      this.takePartial(pool.bytes, offset, length, start, descriptors[word + DESC_CHECKSUM_OFFSET]!, slot, tick);
    }
  }

  private takePartial(
    bytes: Uint8Array,
    offset: number,
    length: number,
    start: number,
    field: number,
    slot: number,
    tick: number,
  ): void {
    const { packets } = this.router;
    if (this.mustComplete(slot) || this.mayBeClamped(bytes, start, field, offset + length))
      completeChecksum(bytes, start, field, offset + length);
    else packets.setPartialChecksum(start, field);
    this.engine.handle(bytes, offset, length, slot, tick);
    packets.setPartialChecksum(CHECKSUM_COMPLETE, 0);
  }

  /** May the frame be sent inside a packet whose own checksum covers it, or by an uplink that cannot complete it? */
  private mustComplete(slot: number): boolean {
    const { settings, interfaces } = this.tables;
    if (interfaces.isUplink(slot)) return false;
    if (!this.uplinksTakePartial || settings.family === Family.IPV6) return true;
    return (settings.flags & ConfigFlag.UDP_CHECKSUM) !== 0;
  }

  /** Lowering an MSS keeps a finished checksum right; one that is yet to be made would be spoilt by it. */
  private mayBeClamped(bytes: Uint8Array, start: number, field: number, end: number): boolean {
    if ((this.tables.settings.flags & ConfigFlag.MSS_CLAMP) === 0 || field !== Tcp.CHECKSUM) return false;
    return start + Tcp.FLAGS < end && (bytes[start + Tcp.FLAGS]! & Tcp.SYN) !== 0;
  }

  private takeSuperPacket(pool: FramePool, descriptors: Int32Array, word: number, slot: number, tick: number): void {
    const { segmenter, router } = this;
    const complete = this.mustComplete(slot);
    const count = segmenter.begin(pool, descriptors, word, complete);
    if (count === 0) this.tables.counters.drop(Drop.RECEIVE_OVERRUN, slot, 0);
    for (let index = 0; index < count; index++) {
      this.cutNext();
      if (!complete) router.packets.setPartialChecksum(segmenter.checksumStart, segmenter.checksumField);
      this.hold(index === 0 && count > 1);
      const decision = this.engine.handle(segmenter.bytes, segmenter.offset, segmenter.length, slot, tick);
      const gsoType = descriptors[word + DESC_GSO_TYPE]!;
      if (router.heldPort !== 0 && this.releaseToPort(decision, count, gsoType)) break;
      if (router.heldAdjacency !== 0 && this.releaseToUnderlay(decision, count, gsoType)) break;
    }
    this.hold(false);
    router.packets.setPartialChecksum(CHECKSUM_COMPLETE, 0);
  }

  private hold(on: boolean): void {
    const { router, superPackets, segmenter, tables } = this;
    router.holding = on;
    const mayLeave = superPackets !== undefined && !segmenter.tunnelled && mayStayWhole(tables.settings);
    router.holdingTunnelled = on && mayLeave;
  }

  /**
   * The first segment of a super-packet is for a local port. If that is all that becomes of it, then all others fare
   * alike, for they differ in nothing that decides, and the whole goes out as one: true. Else only it is sent.
   */
  private releaseToPort(decision: Decision, count: number, gsoType: number): boolean {
    const { segmenter, router } = this;
    const port = router.heldPort;
    router.heldPort = 0;
    this.hold(false);
    if (decision.verdict === Verdict.FORWARD && segmenter.rejoin(router.heldAt)) {
      router.packets.setPartialChecksum(segmenter.checksumStart, segmenter.checksumField);
      const { bytes, offset, length, segmentBytes } = segmenter;
      router.packets.toPortWhole(port, bytes, offset, length, gsoType, segmentBytes);
      this.tables.counters.ports.transmit(port, this.countOthers(decision, count - 1), count - 1);
      return true;
    }
    router.toPort(port, segmenter.bytes, router.heldAt, segmenter.offset + segmenter.length - router.heldAt, true);
    return false;
  }

  /** The same, where the first segment is for a VTEP, and the packet in which it would be the longest that IP knows. */
  private releaseToUnderlay(decision: Decision, count: number, gsoType: number): boolean {
    const { segmenter, router } = this;
    const { heldAdjacency: adjacency, heldAt } = router;
    const firstLength = segmenter.offset + segmenter.length - heldAt;
    router.heldAdjacency = 0;
    this.hold(false);
    const length = firstLength + segmenter.payloadBytes - segmenter.segmentBytes;
    if (decision.verdict === Verdict.FORWARD && fitsOuterLength(length) && segmenter.rejoin(heldAt)) {
      this.sendTunnelled(decision, adjacency, count, gsoType);
      return true;
    }
    router.toUnderlay(adjacency, segmenter.bytes, heldAt, firstLength, true);
    return false;
  }

  /** Behind what came before it. */
  private sendTunnelled(decision: Decision, adjacency: number, count: number, gsoType: number): void {
    const { segmenter, superPacket } = this;
    const { vteps, adjacencies, counters } = this.tables;
    const { bytes, offset, length } = segmenter;
    this.flush();
    superPacket.gsoType = gsoType;
    superPacket.segmentBytes = segmenter.segmentBytes;
    superPacket.innerIp = segmenter.ipStart - offset;
    superPacket.innerTransport = segmenter.checksumStart - offset;
    superPacket.checksumField = segmenter.checksumField;
    superPacket.headerBytes = segmenter.payloadStart - offset;
    const vtep = decision.egressTarget[0]!;
    const others = this.countOthers(decision, count - 1);
    counters.vteps.transmit(vtep, others, count - 1);
    if (decision.bd !== 0) counters.bridgeDomains.transmit(decision.bd, others, count - 1);
    if (mayBeFragmented(bytes, offset)) vteps.nextId[vtep]! += count - 1;
    if (this.superPackets!.send(adjacencies.ifindex[adjacency]!, bytes, offset, length, superPacket)) return;
    for (let segment = 0; segment < count; segment++)
      counters.drop(Drop.TRANSMIT_FAILED, adjacencies.slot[adjacency]!, 0);
  }

  /** What the engine would have counted on the way in for the segments behind the first. Returns their bytes. */
  private countOthers(decision: Decision, packets: number): number {
    const { counters } = this.tables;
    const { payloadBytes, segmentBytes } = this.segmenter;
    const bytes = packets * (decision.innerLength - segmentBytes) + payloadBytes - segmentBytes;
    if (decision.port !== 0) counters.ports.receive(decision.port, bytes, packets);
    if (decision.vtep !== 0) {
      counters.vteps.receive(decision.vtep, bytes, packets);
      counters.bridgeDomains.receive(decision.bd, bytes, packets);
    }
    return bytes;
  }

  private cutNext(): void {
    if (this.segmenter.next()) return;
    this.flush();
    this.segmenter.next();
  }
}
