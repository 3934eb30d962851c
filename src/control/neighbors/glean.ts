// Packets for hosts of a connected subnet that have not been heard of: they wait, briefly and in small number, while
// the host is asked for in its domain. A port, or a VTEP, that scans a subnet leaves room for the others. SPEC: RFC 4861 §7.2.2, RFC 1122 §2.3.2.2.

import type { Driver } from "../../dataplane/driver.js";
import type { Tables } from "../../tables/tables.js";
import type { Clock } from "../clock.js";
import { requestFor } from "./requests.js";
import { SharedRoom } from "./shared_room.js";
import { addressKey, addressOf, sourceOf, type Waiting } from "./sighting.js";

/** SPEC: RFC 4861 §10: MAX_MULTICAST_SOLICIT and RETRANS_TIMER. */
const REQUESTS = 3;
const RETRY_MS = 1_000;
/** Of each, one source alone gets half. */
const MAX_FRAMES_PER_HOST = 16;
const MAX_HOSTS_PER_DOMAIN = 512;
const MAX_HOSTS = 1_024;
const MAX_BYTES = 8 << 20;
const MAX_FRAME_BYTES = 65_536;

interface HeldFrame {
  readonly slot: number;
  readonly source: number;
  readonly bytes: Uint8Array;
}

interface Search {
  readonly bd: number;
  readonly address: Uint8Array;
  /** Who asked for it first. */
  readonly source: number;
  readonly frames: HeldFrame[];
  readonly frameRoom: SharedRoom;
  requests: number;
  cancel: () => void;
}

export class Glean {
  private readonly searches = new Map<string, Search>();
  private readonly hostRoomByBd = new Map<number, SharedRoom>();
  private readonly hostRoom = new SharedRoom(MAX_HOSTS);
  private readonly byteRoom = new SharedRoom(MAX_BYTES);

  constructor(
    private readonly tables: Tables,
    private readonly driver: Driver,
    private readonly clock: Clock,
  ) {}

  /** Keeps a copy of the frame; false where there is no room. */
  hold(waiting: Waiting, bytes: Uint8Array, offset: number, length: number): boolean {
    const source = sourceOf(waiting);
    if (length > MAX_FRAME_BYTES || !this.byteRoom.has(source, length)) return false;
    const search = this.searches.get(addressKey(waiting.bd, addressOf(waiting))) ?? this.begin(waiting, source);
    if (search === undefined || !search.frameRoom.take(source)) return false;
    search.frames.push({ slot: waiting.slot, source, bytes: bytes.slice(offset, offset + length) });
    return this.byteRoom.take(source, length);
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

  private begin(waiting: Waiting, source: number): Search | undefined {
    const { bd } = waiting;
    const inDomain = this.hostRoomByBd.get(bd) ?? new SharedRoom(MAX_HOSTS_PER_DOMAIN);
    if (!this.hostRoom.has(source) || !inDomain.take(source)) return undefined;
    this.hostRoom.take(source);
    this.hostRoomByBd.set(bd, inDomain);
    const frameRoom = new SharedRoom(MAX_FRAMES_PER_HOST);
    const address = addressOf(waiting);
    const search: Search = { bd, address, source, frames: [], frameRoom, requests: 0, cancel: () => {} };
    this.searches.set(addressKey(bd, address), search);
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
    this.giveRoomBack(search);
    return search;
  }

  private giveRoomBack({ bd, source, frames }: Search): void {
    const inDomain = this.hostRoomByBd.get(bd);
    inDomain?.give(source);
    if (inDomain?.isEmpty) this.hostRoomByBd.delete(bd);
    this.hostRoom.give(source);
    for (const frame of frames) this.byteRoom.give(frame.source, frame.bytes.length);
  }
}
