// Packets for hosts of a connected subnet that have not been heard of: they wait, briefly and in small number, while
// the host is asked for in its domain. SPEC: RFC 4861 §7.2.2, RFC 1122 §2.3.2.2.

import type { Driver } from "../../dataplane/driver.js";
import type { Tables } from "../../tables/tables.js";
import type { Clock } from "../clock.js";
import { requestFor } from "./requests.js";
import { addressKey, addressOf, type Waiting } from "./sighting.js";

/** SPEC: RFC 4861 §10: MAX_MULTICAST_SOLICIT and RETRANS_TIMER. */
const REQUESTS = 3;
const RETRY_MS = 1_000;
const MAX_FRAMES_PER_HOST = 8;
/** A host that scans a subnet must not take the room of other domains, nor all of ours. */
const MAX_HOSTS_PER_DOMAIN = 256;
const MAX_HOSTS = 1_024;
const MAX_BYTES = 4 << 20;
const MAX_FRAME_BYTES = 65_536;

interface HeldFrame {
  readonly slot: number;
  readonly bytes: Uint8Array;
}

interface Search {
  readonly bd: number;
  readonly address: Uint8Array;
  readonly frames: HeldFrame[];
  requests: number;
  cancel: () => void;
}

export class Glean {
  private readonly searches = new Map<string, Search>();
  private readonly countByBd = new Map<number, number>();
  private heldBytes = 0;

  constructor(
    private readonly tables: Tables,
    private readonly driver: Driver,
    private readonly clock: Clock,
  ) {}

  /** Keeps a copy of the frame; false where there is no room. */
  hold(waiting: Waiting, bytes: Uint8Array, offset: number, length: number): boolean {
    if (length > MAX_FRAME_BYTES || this.heldBytes + length > MAX_BYTES) return false;
    const search = this.searches.get(addressKey(waiting.bd, addressOf(waiting))) ?? this.begin(waiting);
    if (search === undefined || search.frames.length >= MAX_FRAMES_PER_HOST) return false;
    search.frames.push({ slot: waiting.slot, bytes: bytes.slice(offset, offset + length) });
    this.heldBytes += length;
    return true;
  }

  /** The host is known: what waited for it goes on, in the order it came. */
  release(bd: number, address: Uint8Array): void {
    const search = this.end(bd, address);
    for (const { slot, bytes } of search?.frames ?? []) this.driver.resume(slot, bytes, this.clock.tick());
  }

  /** The domain is gone, or not routed any more: nobody will answer. */
  dropDomain(bd: number): void {
    for (const search of [...this.searches.values()]) if (search.bd === bd) this.giveUp(search);
  }

  close(): void {
    for (const { bd, address } of [...this.searches.values()]) this.end(bd, address);
  }

  private begin(waiting: Waiting): Search | undefined {
    const { bd } = waiting;
    const inDomain = this.countByBd.get(bd) ?? 0;
    if (inDomain >= MAX_HOSTS_PER_DOMAIN || this.searches.size >= MAX_HOSTS) return undefined;
    const search: Search = { bd, address: addressOf(waiting), frames: [], requests: 0, cancel: () => {} };
    this.searches.set(addressKey(bd, search.address), search);
    this.countByBd.set(bd, inDomain + 1);
    this.ask(search);
    return search;
  }

  private ask(search: Search): void {
    if (search.requests >= REQUESTS) {
      this.giveUp(search);
      return;
    }
    const { bd, address } = search;
    search.requests += 1;
    search.cancel = this.clock.after(RETRY_MS, () => this.ask(search));
    this.driver.originate(bd, requestFor(this.tables, bd, address), this.clock.tick());
  }

  private giveUp({ bd, address }: Search): void {
    const search = this.end(bd, address);
    for (const { slot, bytes } of search?.frames ?? []) this.driver.giveUp(slot, bytes, this.clock.tick());
  }

  private end(bd: number, address: Uint8Array): Search | undefined {
    const key = addressKey(bd, address);
    const search = this.searches.get(key);
    if (search === undefined) return undefined;
    search.cancel();
    this.searches.delete(key);
    const left = (this.countByBd.get(bd) ?? 1) - 1;
    if (left === 0) this.countByBd.delete(bd);
    else this.countByBd.set(bd, left);
    for (const { bytes } of search.frames) this.heldBytes -= bytes.length;
    return search;
  }
}
