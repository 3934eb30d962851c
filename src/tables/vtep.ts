// Remote VTEPs, and the chain behind each: VTEP → next-hop group → adjacency. MACs point at the VTEP,
// so a failed uplink or VTEP is one write whatever the number of MACs behind it.

import { Limit, RemoteFlag } from "../abi/generated.js";
import type { Deltas } from "./delta.js";
import { AddressMap } from "./int_map.js";
import { makeOuter, type OuterEndpoint } from "./outer_template.js";

export class Vteps {
  /** 16 bytes each, IPv4 as ::ffff:a.b.c.d. */
  readonly address: (Uint8Array | undefined)[] = [];
  readonly group = new Uint16Array(Limit.MAX_VTEPS);
  readonly flags = new Uint16Array(Limit.MAX_VTEPS);
  /** Largest outer IP packet that the routers on the way take, as one of them said; 0 where none has. */
  readonly pathMtuBytes = new Uint16Array(Limit.MAX_VTEPS);
  /** Finished outer header but for the fields of one packet: see struct vtep_remote. */
  readonly outer = new Uint8Array(Limit.MAX_VTEPS * Limit.OUTER_BYTES);
  readonly outerView = new DataView(this.outer.buffer);
  readonly checksumBase = new Uint16Array(Limit.MAX_VTEPS);
  /** IPv4 identification of the next packet that may be fragmented on its way (RFC 6864 §4.1). */
  readonly nextId = new Uint16Array(Limit.MAX_VTEPS);
  private readonly byWords = new AddressMap();

  constructor(private readonly deltas: Deltas) {}

  /** VTEP of an address given as four big-endian words; 0 where unknown. */
  find(w0: number, w1: number, w2: number, w3: number): number {
    return this.byWords.get(w0, w1, w2, w3);
  }

  isKnown(vtep: number): boolean {
    return (this.flags[vtep]! & RemoteFlag.KNOWN) !== 0;
  }

  set(vtep: number, address: Uint8Array, flags: number, endpoint: OuterEndpoint): void {
    if (this.address[vtep] !== undefined) this.byWords.delete(vtep);
    this.byWords.set(address, vtep);
    this.address[vtep] = address;
    this.flags[vtep] = flags;
    this.makeOuterOf(vtep, endpoint);
  }

  /** The local endpoint changed: every header is made again. */
  remakeOuter(endpoint: OuterEndpoint): void {
    for (let vtep = 1; vtep < this.address.length; vtep++) {
      if (this.address[vtep] !== undefined) this.makeOuterOf(vtep, endpoint);
    }
  }

  setGroup(vtep: number, group: number): void {
    if (this.group[vtep] === group) return;
    this.group[vtep] = group;
    this.deltas.vteps.add(vtep);
  }

  setPathMtu(vtep: number, mtuBytes: number): void {
    if (this.pathMtuBytes[vtep] === mtuBytes) return;
    this.pathMtuBytes[vtep] = mtuBytes;
    this.deltas.vteps.add(vtep);
  }

  clear(vtep: number): void {
    this.byWords.delete(vtep);
    this.address[vtep] = undefined;
    this.group[vtep] = 0;
    this.pathMtuBytes[vtep] = 0;
    this.flags[vtep] = 0;
    this.deltas.vteps.add(vtep);
  }

  private makeOuterOf(vtep: number, endpoint: OuterEndpoint): void {
    const { outer, checksumBase } = makeOuter(endpoint, this.address[vtep]!);
    this.outer.set(outer, vtep * Limit.OUTER_BYTES);
    this.checksumBase[vtep] = checksumBase;
    this.deltas.vteps.add(vtep);
  }
}

/** What a group's bucket says when no adjacency is resolved. */
export const UNRESOLVED = 0;

export class NextHopGroups {
  /** VTEP_GROUP_BUCKETS adjacencies each; a flow's bucket is its hash modulo the count. */
  readonly buckets = new Uint16Array(Limit.MAX_GROUPS * Limit.GROUP_BUCKETS);

  constructor(private readonly deltas: Deltas) {}

  adjacencyOf(group: number, flowHash: number): number {
    return this.buckets[group * Limit.GROUP_BUCKETS + (flowHash & (Limit.GROUP_BUCKETS - 1))]!;
  }

  bucketsOf(group: number): Uint16Array {
    return this.buckets.subarray(group * Limit.GROUP_BUCKETS, (group + 1) * Limit.GROUP_BUCKETS);
  }

  set(group: number, buckets: Uint16Array): void {
    this.buckets.set(buckets, group * Limit.GROUP_BUCKETS);
    this.deltas.groups.add(group);
  }
}

export interface Adjacency {
  readonly slot: number;
  readonly ifindex: number;
  readonly destinationMac: Uint8Array;
  readonly sourceMac: Uint8Array;
  /** Of the outer IP packet. */
  readonly mtuBytes: number;
  readonly flags: number;
}

export class Adjacencies {
  readonly slot = new Uint16Array(Limit.MAX_ADJACENCIES);
  readonly ifindex = new Uint32Array(Limit.MAX_ADJACENCIES);
  readonly mtuBytes = new Uint16Array(Limit.MAX_ADJACENCIES);
  readonly flags = new Uint16Array(Limit.MAX_ADJACENCIES);
  /** Destination and source MAC, 12 bytes each adjacency, as they stand in a frame. */
  readonly macs = new Uint8Array(Limit.MAX_ADJACENCIES * 12);
  readonly macsView = new DataView(this.macs.buffer);

  constructor(private readonly deltas: Deltas) {}

  set(adjacency: number, value: Adjacency): void {
    this.slot[adjacency] = value.slot;
    this.ifindex[adjacency] = value.ifindex;
    this.mtuBytes[adjacency] = Math.min(value.mtuBytes, 0xffff);
    this.flags[adjacency] = value.flags;
    this.macs.set(value.destinationMac, adjacency * 12);
    this.macs.set(value.sourceMac, adjacency * 12 + 6);
    this.deltas.adjacencies.add(adjacency);
  }
}
