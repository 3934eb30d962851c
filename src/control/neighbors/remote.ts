// Bindings of hosts behind other VTEPs, as EVPN tells them. The control plane has compared sequence numbers, so what it
// says goes before what a host said here; only what the operator fixed, or what was frozen in a fight over the address
// (RFC 9161 §3.7), stays, and EVPN's word waits behind it. When a host is said to have left, it is asked for behind our
// own ports: if it answers it has not, and what it says counts again. SPEC: RFC 9135 §7.1, RFC 7432 §15.

import type { Driver } from "../../dataplane/driver.js";
import { NeighborFlag } from "../../tables/neighbor.js";
import type { Tables } from "../../tables/tables.js";
import type { Mac } from "../../wire/ethernet.js";
import { type Clock, TICKS_PER_SECOND } from "../clock.js";
import { sendToPorts } from "./own_frames.js";
import { requestFor } from "./requests.js";
import { addressKey } from "./sighting.js";

/** A rack that moves at once is not asked host by host: most of its hosts will speak by themselves. */
const MAX_QUESTIONS_PER_SECOND = 500;

interface RemoteBinding {
  readonly bd: number;
  readonly address: Uint8Array;
  readonly mac: Mac;
  /** NeighborFlag.ROUTER or none. */
  readonly flags: number;
}

export class RemoteBindings {
  /** Those that a fixed binding stands before. */
  private readonly waiting = new Map<string, RemoteBinding>();
  private second = 0;
  private questions = 0;

  constructor(
    private readonly tables: Tables,
    private readonly driver: Driver,
    private readonly clock: Clock,
  ) {}

  /** True when it stands in the table now. */
  set(binding: RemoteBinding): boolean {
    const { bd, address, mac, flags } = binding;
    if (this.isFixed(bd, address)) {
      this.waiting.set(addressKey(bd, address), binding);
      return false;
    }
    return this.tables.neighbors.set(bd, address, mac.hi, mac.lo, flags | NeighborFlag.EVPN, this.clock.tick()) !== 0;
  }

  /** The operator is about to fix the address: what EVPN says of it waits. */
  setAside(bd: number, address: Uint8Array): void {
    const { neighbors } = this.tables;
    const index = neighbors.findAddress(bd, address);
    const flags = index === 0 ? 0 : neighbors.flagsAt(index);
    if ((flags & NeighborFlag.EVPN) === 0) return;
    const mac = { hi: neighbors.hiAt(index), lo: neighbors.loAt(index) };
    this.waiting.set(addressKey(bd, address), { bd, address, mac, flags: flags & NeighborFlag.ROUTER });
  }

  /** Index of the entry to delete, 0 for none. */
  withdrawn(bd: number, address: Uint8Array): number {
    this.waiting.delete(addressKey(bd, address));
    const { neighbors } = this.tables;
    const index = neighbors.findAddress(bd, address);
    return index !== 0 && (neighbors.flagsAt(index) & NeighborFlag.EVPN) !== 0 ? index : 0;
  }

  /** What waits for the address, which is free now or may be overridden. */
  take(bd: number, address: Uint8Array): RemoteBinding | undefined {
    const key = addressKey(bd, address);
    const binding = this.waiting.get(key);
    this.waiting.delete(key);
    return binding;
  }

  dropDomain(bd: number): void {
    for (const [key, binding] of this.waiting) if (binding.bd === bd) this.waiting.delete(key);
  }

  /** Whether the host that had the address here is really gone. */
  askWhetherGone({ bd, address, mac }: Omit<RemoteBinding, "flags">): void {
    const second = Math.floor(this.clock.tick() / TICKS_PER_SECOND);
    if (second !== this.second) [this.second, this.questions] = [second, 0];
    this.questions += 1;
    if (this.questions > MAX_QUESTIONS_PER_SECOND) return;
    sendToPorts(this.tables, this.driver, bd, requestFor(this.tables, bd, address, mac));
  }

  private isFixed(bd: number, address: Uint8Array): boolean {
    const { neighbors } = this.tables;
    const index = neighbors.findAddress(bd, address);
    return index !== 0 && (neighbors.flagsAt(index) & (NeighborFlag.STATIC | NeighborFlag.FROZEN)) !== 0;
  }
}
