// Packets, bytes and drops that the engine counted. A data path with counters of its own (eBPF)
// is read beside these and added. Plain doubles: exact to 2^53.

import { FixKind, Limit } from "../abi/generated.js";

/** Same order as struct vtep_traffic. */
export const Traffic = { RX_PACKETS: 0, RX_BYTES: 1, TX_PACKETS: 2, TX_BYTES: 3, FIELDS: 4 } as const;

export interface DropCount {
  readonly reason: number;
  /** Ingress interface slot. */
  readonly slot: number;
  /** 0 = dropped before the domain was known. */
  readonly bd: number;
  readonly packets: number;
}

/** What the Ethertype fixer did with the frames of one interface. */
export interface FixCount {
  readonly slot: number;
  readonly passed: number;
  readonly fixed4: number;
  readonly fixed6: number;
  readonly suspicious: number;
}

export class TrafficCounters {
  readonly values: Float64Array;

  constructor(entries: number) {
    this.values = new Float64Array(entries * Traffic.FIELDS);
  }

  receive(index: number, bytes: number, packets = 1): void {
    this.values[index * Traffic.FIELDS + Traffic.RX_PACKETS]! += packets;
    this.values[index * Traffic.FIELDS + Traffic.RX_BYTES]! += bytes;
  }

  transmit(index: number, bytes: number, packets = 1): void {
    this.values[index * Traffic.FIELDS + Traffic.TX_PACKETS]! += packets;
    this.values[index * Traffic.FIELDS + Traffic.TX_BYTES]! += bytes;
  }

  clear(index: number): void {
    this.values.fill(0, index * Traffic.FIELDS, (index + 1) * Traffic.FIELDS);
  }
}

export class Counters {
  readonly ports = new TrafficCounters(Limit.MAX_PORTS);
  readonly vteps = new TrafficCounters(Limit.MAX_VTEPS);
  readonly bridgeDomains = new TrafficCounters(Limit.MAX_BDS);
  private readonly dropped = new Map<number, number>();
  /** Slot * FixKind.KINDS + kind. */
  private readonly fixes = new Float64Array(Limit.MAX_INTERFACES * FixKind.KINDS);

  drop(reason: number, slot: number, bd: number): void {
    const key = (reason * Limit.MAX_INTERFACES + slot) * Limit.MAX_BDS + bd;
    this.dropped.set(key, (this.dropped.get(key) ?? 0) + 1);
  }

  /** `kind`: FixKind. */
  countFix(slot: number, kind: number): void {
    this.fixes[slot * FixKind.KINDS + kind]! += 1;
  }

  /** Where the engine repairs. */
  fixesAt(slot: number): FixCount {
    const count = (kind: number): number => this.fixes[slot * FixKind.KINDS + kind]!;
    return {
      slot,
      passed: count(FixKind.PASSED),
      fixed4: count(FixKind.FIXED4),
      fixed6: count(FixKind.FIXED6),
      suspicious: count(FixKind.SUSPICIOUS),
    };
  }

  /** A slot that is given out again begins at zero. */
  forgetFixes(slot: number): void {
    this.fixes.fill(0, slot * FixKind.KINDS, (slot + 1) * FixKind.KINDS);
  }

  drops(): DropCount[] {
    return [...this.dropped].map(([key, packets]) => {
      const place = Math.floor(key / Limit.MAX_BDS);
      const reason = Math.floor(place / Limit.MAX_INTERFACES);
      return { reason, slot: place % Limit.MAX_INTERFACES, bd: key % Limit.MAX_BDS, packets };
    });
  }
}
