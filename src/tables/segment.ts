// Ethernet segments (RFC 7432 §5): a host or network that is attached to several VTEPs. For those of others, which
// VTEPs lead there; for our own, who else is attached and who floods to it. TWIN: struct vtep_segment.

import { Limit } from "../abi/generated.js";
import type { Deltas } from "./delta.js";

const NOBODY: ReadonlySet<number> = new Set();

export class Segments {
  private readonly buckets = new Uint16Array(Limit.MAX_SEGMENTS * Limit.SEGMENT_BUCKETS);
  /** Of our own: whether this VTEP forwards flooded frames to it (RFC 7432 §8.5). */
  readonly isDesignated = new Uint8Array(Limit.MAX_SEGMENTS);
  /** Of our own: the other VTEPs that are attached (RFC 8365 §8.3.1). */
  private readonly peers: (ReadonlySet<number> | undefined)[] = [];

  constructor(private readonly deltas: Deltas) {}

  /** VTEP that a flow takes; 0 where none is left. */
  vtepOf(segment: number, flowHash: number): number {
    return this.buckets[segment * Limit.SEGMENT_BUCKETS + (flowHash & (Limit.SEGMENT_BUCKETS - 1))]!;
  }

  bucketsOf(segment: number): Uint16Array {
    return this.buckets.subarray(segment * Limit.SEGMENT_BUCKETS, (segment + 1) * Limit.SEGMENT_BUCKETS);
  }

  setBuckets(segment: number, vteps: Uint16Array): void {
    this.buckets.set(vteps, segment * Limit.SEGMENT_BUCKETS);
    this.deltas.segments.add(segment);
  }

  /** Segments that lead somewhere, and our own. */
  *inUse(): Generator<number> {
    for (let segment = 1; segment < Limit.MAX_SEGMENTS; segment++) {
      const isOwn = this.isDesignated[segment] !== 0 || this.peersOf(segment).length !== 0;
      if (isOwn || this.bucketsOf(segment).some((vtep) => vtep !== 0)) yield segment;
    }
  }

  setOwn(segment: number, isDesignated: boolean, peers: ReadonlySet<number>): void {
    this.isDesignated[segment] = isDesignated ? 1 : 0;
    this.peers[segment] = peers;
    this.deltas.segments.add(segment);
  }

  peersOf(segment: number): readonly number[] {
    return [...(this.peers[segment] ?? NOBODY)];
  }

  isPeer(segment: number, vtep: number): boolean {
    return (this.peers[segment] ?? NOBODY).has(vtep);
  }

  clear(segment: number): void {
    this.setOwn(segment, false, NOBODY);
    this.setBuckets(segment, new Uint16Array(Limit.SEGMENT_BUCKETS));
  }
}
