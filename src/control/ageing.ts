// Forgets MACs that fell silent, and ends holds. A data path of its own (eBPF) sees frames that the tables
// do not, so it is asked before an entry goes.

import { FdbFlag, FdbKind } from "../abi/generated.js";
import type { Driver } from "../dataplane/driver.js";
import type { FdbEntry } from "../tables/fdb.js";
import type { Tables } from "../tables/tables.js";
import type { Mac } from "../wire/ethernet.js";
import type { Clock } from "./clock.js";

const SWEEP_MS = 1_000;
/** Slots looked at in one go: a millisecond's work, so that a table of a million never stalls the loop. */
const SLOTS_PER_STEP = 65_536;

export class Ageing {
  private cancel: () => void;
  private position = 0;

  /** `isKept`: who still looks after a MAC, and lets go of it later. `changed` is called when entries went. */
  constructor(
    private readonly tables: Tables,
    private readonly driver: Driver,
    private readonly clock: Clock,
    private readonly isKept: (bd: number, mac: Mac) => boolean,
    private readonly changed: () => void,
  ) {
    this.cancel = clock.after(SWEEP_MS, () => this.step());
  }

  close(): void {
    this.cancel();
  }

  /** One step; a large table takes several seconds to go round, a small one is swept whole each time. */
  private step(): void {
    const now = this.clock.tick();
    const candidates: FdbEntry[] = [];
    this.position = this.tables.fdb.scan(this.position, SLOTS_PER_STEP, (slot) => {
      if (this.isDue(slot, now)) candidates.push(this.tables.fdb.entryAt(slot));
    });
    if (candidates.length > 0) this.expire(candidates, now);
    this.cancel = this.clock.after(SWEEP_MS, () => this.step());
  }

  private isDue(slot: number, now: number): boolean {
    const { fdb, bridgeDomains } = this.tables;
    const bd = fdb.bdAt(slot);
    const idle = (now - fdb.seenAt(slot)) >>> 0;
    if (fdb.kindAt(slot) === FdbKind.HELD) return idle >= bridgeDomains.holdTicks[bd]!;
    if ((fdb.flagsAt(slot) & (FdbFlag.STATIC | FdbFlag.EVPN)) !== 0) return false;
    const ageTicks = bridgeDomains.ageTicks[bd]!;
    return ageTicks !== 0 && idle >= ageTicks;
  }

  private expire(candidates: readonly FdbEntry[], now: number): void {
    const { fdb } = this.tables;
    this.refreshFromDriver(candidates, now);
    for (const { bd, hi, lo, kind } of candidates) {
      const slot = fdb.find(bd, hi, lo);
      if (slot < 0 || !this.isDue(slot, now)) continue;
      if (kind !== FdbKind.LOCAL || !this.isKept(bd, { hi, lo })) fdb.delete(bd, hi, lo);
    }
    this.changed();
  }

  private refreshFromDriver(candidates: readonly FdbEntry[], now: number): void {
    const keys = new Int32Array(candidates.length * 2);
    candidates.forEach(({ bd, hi, lo }, index) => {
      keys[index * 2] = (bd << 16) | hi;
      keys[index * 2 + 1] = lo;
    });
    this.driver.readSeen(keys, candidates.length, (index, tick) => {
      const { bd, hi, lo, kind } = candidates[index]!;
      const slot = this.tables.fdb.find(bd, hi, lo);
      // A stamp from the future is a clock read a moment later than ours.
      if (slot >= 0 && kind !== FdbKind.HELD)
        this.tables.fdb.touchAt(slot, (tick - now) >>> 0 < 0x80000000 ? now : tick);
    });
  }
}
