// MACs behind the segments of other VTEPs, on kernels that do not take them from zebra. zebra (8.4.4) writes them as entries
// that may age, and lead to a next-hop object; Linux 6.1.170 takes that, 6.1.192 refuses it ("A nexthop fdb cannot be
// dynamic"). The bridge has taken its half of the write by then, so the MAC is known to be behind the tunnel, but not
// where. Flooded instead, each frame would arrive twice: every VTEP of the segment knows the MAC. So zebra is asked.

import { type Mac, parseMac } from "../../../wire/ethernet.js";
import { type Clock, TICKS_PER_SECOND } from "../../clock.js";
import type { EventSink } from "../../events.js";
import { parseIp } from "../../netlink/address_text.js";
import { askMacs, type Vty } from "../vty/index.js";
import type { ShownSegments } from "./shown.js";

/** Until then the kernel's message of the other half is here, if there is one. */
const SETTLE_MS = 100;
/** A MAC that goes from one segment to another changes nothing in such a kernel. */
const AGAIN_MS = 1_000;
/** Of zebra's time, that a list of MACs may take: it does nothing else meanwhile. */
const MOST_SHARE = 1 / 20;

/** The mirror of our own network namespace. */
export interface HalfToldMacs {
  halfToldDomains(): ReadonlySet<string>;
  /** False where the kernel knows better; so is the other one. */
  placeAt(bridgeDomain: string, mac: Mac, vtep: string): boolean;
  placeBehind(bridgeDomain: string, mac: Mac, nexthopId: number): boolean;
}

export interface SegmentMacParts {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly mirror: () => HalfToldMacs | undefined;
  readonly vniOf: (bridgeDomain: string) => number;
  readonly zebra: () => Vty | undefined;
}

export class SegmentMacs {
  private groups: ReadonlyMap<string, number> = new Map();
  private isConcerned = false;
  private cancel: (() => void) | undefined;
  private isAsking = false;
  private isWanted = false;
  private isClosed = false;
  private isTold = false;
  private failure = "";

  constructor(private readonly parts: SegmentMacParts) {}

  /** The next-hop object of each segment, by its number, and by its interface if it is ours. */
  take({ own, groups }: ShownSegments): void {
    this.isConcerned = own.length > 0 || groups.size > 0;
    const isSame = groups.size === this.groups.size && [...groups].every(([esi, id]) => this.groups.get(esi) === id);
    this.groups = groups;
    if (!isSame) this.look();
  }

  /** There may be such MACs. */
  look(): void {
    if (!this.isConcerned || this.isClosed) return;
    this.isWanted = this.isAsking;
    if (!this.isAsking) this.cancel ??= this.parts.clock.after(SETTLE_MS, () => void this.ask());
  }

  problems(): string[] {
    return this.failure === "" ? [] : [`MACs behind Ethernet segments: ${this.failure}`];
  }

  close(): void {
    this.isClosed = true;
    this.cancel?.();
  }

  private async ask(): Promise<void> {
    this.cancel = undefined;
    this.isAsking = true;
    const start = this.parts.clock.tick();
    let isLeft = false;
    try {
      isLeft = await this.askAll();
      this.failure = "";
    } catch (error) {
      isLeft = true;
      this.failure = this.parts.zebra() === undefined ? "" : error instanceof Error ? error.message : String(error);
    } finally {
      this.isAsking = false;
    }
    if (this.isClosed) return;
    if (this.isWanted) this.look();
    else if (isLeft) this.cancel = this.parts.clock.after(this.pauseAfter(start), () => void this.ask());
    this.isWanted = false;
  }

  /** False where the kernel knows of all MACs. */
  private async askAll(): Promise<boolean> {
    const zebra = this.parts.zebra();
    const domains = this.parts.mirror()?.halfToldDomains() ?? new Set<string>();
    if (domains.size === 0 || zebra === undefined) return false;
    let placed = 0;
    for (const domain of domains) {
      // A MAC of ours whose leg is down is still a local one to zebra, and goes by the others.
      await askMacs(zebra, this.parts.vniOf(domain), ({ mac, type, where }) => {
        const [address, group] = [parseMac(mac), this.groups.get(where)];
        if (address === undefined || this.isClosed) return;
        const mirror = this.parts.mirror();
        if (group !== undefined && mirror?.placeBehind(domain, address, group) === true) placed += 1;
        else if (type === "remote" && parseIp(where) !== null) mirror?.placeAt(domain, address, where);
      });
    }
    if (placed > 0) this.tell();
    return placed > 0;
  }

  private tell(): void {
    if (this.isTold) return;
    this.isTold = true;
    this.parts.events("kernel_refuses_segment_macs", { instead: "zebra is asked for MACs behind Ethernet segments" });
  }

  private pauseAfter(start: number): number {
    const tookMs = ((this.parts.clock.tick() - start) >>> 0) * (1_000 / TICKS_PER_SECOND);
    return Math.max(AGAIN_MS, tookMs / MOST_SHARE);
  }
}
