// Remote MACs that the intent names. They are static: only another intent moves them.

import { FdbFlag, FdbKind } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { Clock } from "../clock.js";
import { differenceOf } from "../difference.js";
import type { RemoteMacIntent } from "../intent.js";
import type { RemoteVteps } from "./vteps.js";

export class RemoteMacs {
  private intents: ReadonlyMap<string, RemoteMacIntent> = new Map();

  constructor(
    private readonly tables: Tables,
    private readonly domains: BridgeDomainControl,
    private readonly vteps: RemoteVteps,
    private readonly clock: Clock,
  ) {}

  /** Before domains and VTEPs of removed entries go. */
  removeObsolete(intents: ReadonlyMap<string, RemoteMacIntent>): void {
    for (const { bridgeDomain, mac } of differenceOf(this.intents, intents).removed) {
      this.tables.fdb.delete(this.domains.idOf(bridgeDomain), mac.hi, mac.lo);
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
}
