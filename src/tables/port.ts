// Access ports: one (interface, VLAN) each, attached to one bridge domain, with their admission
// policy and storm-control buckets.

import { Limit, PortFlag } from "../abi/generated.js";
import type { Deltas } from "./delta.js";

export const Violation = { PROTECT: 0, RESTRICT: 1, SHUTDOWN: 2 } as const;
export const StormClass = { BROADCAST: 0, MULTICAST: 1, UNKNOWN_UNICAST: 2, CLASSES: 3 } as const;

/** Tokens are tenths of a frame, so that a rate of 1 frame/s still gains one token every tick of 100 ms. */
const TOKENS_PER_FRAME = 10;

export interface PortSettings {
  readonly slot: number;
  readonly vlan: number;
  readonly bd: number;
  readonly flags: number;
  /** Admitted source MACs; 0 = no limit. */
  readonly macLimit: number;
  readonly violation: number;
  /** FDB flags that a MAC learned here carries. */
  readonly learnFlags: number;
  /** Source-MAC ACL as `hi * 2^32 + unsigned lo`; undefined = every source. */
  readonly allow: ReadonlySet<number> | undefined;
  /** Frames per second by StormClass; 0 = no limit. */
  readonly stormRates: readonly number[];
}

export class Ports {
  readonly slot = new Uint16Array(Limit.MAX_PORTS);
  readonly vlan = new Uint16Array(Limit.MAX_PORTS);
  readonly bd = new Uint16Array(Limit.MAX_PORTS);
  readonly flags = new Uint16Array(Limit.MAX_PORTS);
  readonly macLimit = new Uint32Array(Limit.MAX_PORTS);
  readonly violation = new Uint8Array(Limit.MAX_PORTS);
  readonly learnFlags = new Uint8Array(Limit.MAX_PORTS);
  /** Ethernet segment that is attached here; 0 = none. Set apart, by setSegment: it comes from the control plane. */
  readonly segment = new Uint16Array(Limit.MAX_PORTS);
  readonly allow: (ReadonlySet<number> | undefined)[] = [];
  private readonly stormRate = new Uint32Array(Limit.MAX_PORTS * StormClass.CLASSES);
  private readonly stormTokens = new Float64Array(Limit.MAX_PORTS * StormClass.CLASSES);
  private readonly stormTick = new Uint32Array(Limit.MAX_PORTS * StormClass.CLASSES);

  constructor(private readonly deltas: Deltas) {}

  set(port: number, settings: PortSettings): void {
    this.slot[port] = settings.slot;
    this.vlan[port] = settings.vlan;
    this.bd[port] = settings.bd;
    this.flags[port] = settings.flags;
    this.macLimit[port] = settings.macLimit;
    this.violation[port] = settings.violation;
    this.learnFlags[port] = settings.learnFlags;
    this.allow[port] = settings.allow;
    for (let storm = 0; storm < StormClass.CLASSES; storm++)
      this.setStormRate(port, storm, settings.stormRates[storm] ?? 0);
    this.deltas.ports.add(port);
  }

  setFlag(port: number, flag: number, on: boolean): void {
    const before = this.flags[port]!;
    this.flags[port] = on ? before | flag : before & ~flag;
    if (this.flags[port] !== before) this.deltas.ports.add(port);
  }

  setSegment(port: number, segment: number): void {
    if (this.segment[port] === segment) return;
    this.segment[port] = segment;
    this.deltas.ports.add(port);
  }

  clear(port: number): void {
    this.segment[port] = 0;
    const none = { slot: 0, vlan: 0, bd: 0, flags: 0, macLimit: 0, violation: 0, learnFlags: 0 };
    this.set(port, { ...none, allow: undefined, stormRates: [] });
  }

  /** Whether one more source than `count` would shut it, and nothing else stands before that. */
  shutsBeyond(port: number, count: number): boolean {
    const limit = this.macLimit[port]!;
    const isShutting = limit !== 0 && this.violation[port] === Violation.SHUTDOWN && this.allow[port] === undefined;
    return isShutting && (this.flags[port]! & PortFlag.LEARNING) !== 0 && count >= limit;
  }

  /** Its count of MACs changed: a driver may have to hear of it. */
  recounted(port: number, before: number, after: number): void {
    if (this.shutsBeyond(port, before) !== this.shutsBeyond(port, after)) this.deltas.ports.add(port);
  }

  allows(port: number, hi: number, lo: number): boolean {
    const allow = this.allow[port];
    return allow === undefined || allow.has(macKey(hi, lo));
  }

  isStormLimited(port: number, storm: number): boolean {
    return this.stormRate[port * StormClass.CLASSES + storm] !== 0;
  }

  /** Whether one more frame of this class is within the rate. Reads only: takeStormToken spends. */
  withinStormRate(port: number, storm: number, tick: number): boolean {
    const index = port * StormClass.CLASSES + storm;
    return this.stormRate[index] === 0 || this.tokensAt(index, tick) >= TOKENS_PER_FRAME;
  }

  takeStormToken(port: number, storm: number, tick: number): void {
    const index = port * StormClass.CLASSES + storm;
    this.stormTokens[index] = this.tokensAt(index, tick) - TOKENS_PER_FRAME;
    this.stormTick[index] = tick;
  }

  /** A bucket holds one second's worth. */
  private tokensAt(index: number, tick: number): number {
    const rate = this.stormRate[index]!;
    const elapsed = (tick - this.stormTick[index]!) >>> 0;
    return Math.min(this.stormTokens[index]! + elapsed * rate, rate * TOKENS_PER_FRAME);
  }

  private setStormRate(port: number, storm: number, rate: number): void {
    const index = port * StormClass.CLASSES + storm;
    if (this.stormRate[index] === rate) return;
    this.stormRate[index] = rate;
    this.stormTokens[index] = rate * TOKENS_PER_FRAME;
  }
}

/** A MAC address as one exact number, for sets outside the per-frame path. */
export function macKey(hi: number, lo: number): number {
  return hi * 0x100000000 + (lo >>> 0);
}
