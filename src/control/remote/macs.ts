// Remote MACs: those that the intent names, which only another intent moves, and those that the control plane tells.
// It decides by mobility sequence (RFC 7432 §7.7), so its word goes before what a port of ours learned, but not
// before what the config or a sticky port holds fast. zebra (8.4.4) does not hold a sticky MAC fast itself: one that was
// behind another VTEP before is announced without its sticky bit, and given away to whoever claims it next.

import { FdbFlag, FdbKind } from "../../abi/generated.js";
import { NOT_FOUND } from "../../tables/fdb.js";
import type { Tables } from "../../tables/tables.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { Clock } from "../clock.js";
import { differenceOf } from "../difference.js";
import type { RemoteMacIntent } from "../intent.js";
import type { RemoteVteps } from "./vteps.js";

/** "kept": a static or sticky entry stands there. */
export type MacOutcome = "set" | "kept" | "full";

export class RemoteMacs {
  private intents: ReadonlyMap<string, RemoteMacIntent> = new Map();
  private staticDepartures = 0;

  constructor(
    private readonly tables: Tables,
    private readonly domains: BridgeDomainControl,
    private readonly vteps: RemoteVteps,
    private readonly clock: Clock,
  ) {}

  /** Changes when an entry went that stands before what the control plane tells. */
  get departures(): number {
    return this.tables.fdb.localDepartures + this.staticDepartures;
  }

  /** Before domains and VTEPs of removed entries go. */
  removeObsolete(intents: ReadonlyMap<string, RemoteMacIntent>): void {
    for (const { bridgeDomain, mac } of differenceOf(this.intents, intents).removed) {
      this.tables.fdb.delete(this.domains.idOf(bridgeDomain), mac.hi, mac.lo);
      this.staticDepartures += 1;
    }
  }

  /** After domains and VTEPs of new entries are there. */
  reconcile(intents: ReadonlyMap<string, RemoteMacIntent>): void {
    const { added, changed } = differenceOf(this.intents, intents);
    this.intents = intents;
    for (const { bridgeDomain, mac, vtep } of [...added, ...changed.map(({ after }) => after)]) {
      const bd = this.domains.idOf(bridgeDomain);
      this.tables.fdb.set(bd, mac.hi, mac.lo, FdbKind.REMOTE, this.vteps.idOf(vtep), FdbFlag.STATIC, this.clock.tick());
    }
  }

  /** The control plane tells of a MAC. `kind` REMOTE or SEGMENT: behind a VTEP or a segment, which the caller holds; LOCAL: our port of a segment. */
  learn(bd: number, hi: number, lo: number, kind: number, target: number, isSticky: boolean): MacOutcome {
    const { fdb } = this.tables;
    const flags = FdbFlag.EVPN | (isSticky ? FdbFlag.STICKY : 0);
    const slot = fdb.find(bd, hi, lo);
    if (slot !== NOT_FOUND) {
      const present = fdb.flagsAt(slot);
      const isOurs = (present & FdbFlag.EVPN) !== 0;
      // Seen by ourselves, which says more.
      if (!isOurs && kind === FdbKind.LOCAL && fdb.kindAt(slot) === kind && fdb.targetAt(slot) === target) return "set";
      if (!isOurs && (present & (FdbFlag.STATIC | FdbFlag.STICKY)) !== 0) return "kept";
      if (present === flags && fdb.targetAt(slot) === target && fdb.kindAt(slot) === kind) return "set";
    }
    return fdb.set(bd, hi, lo, kind, target, flags, this.clock.tick()) ? "set" : "full";
  }

  /** What a port of ours, or the config, says meanwhile stays. */
  withdraw(bd: number, hi: number, lo: number): void {
    const { fdb } = this.tables;
    const slot = fdb.find(bd, hi, lo);
    if (slot !== NOT_FOUND && (fdb.flagsAt(slot) & FdbFlag.EVPN) !== 0) fdb.delete(bd, hi, lo);
  }
}
