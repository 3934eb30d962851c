// Bridge domains of the config → table entries. Ports and VTEPs keep the flooding scopes up to date through
// refreshFlood, since membership changes whenever a port goes down or a list grows.

import { Limit } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { TICKS_PER_SECOND } from "./clock.js";
import { differenceOf } from "./difference.js";
import { Identities } from "./identity.js";
import type { BridgeDomainIntent } from "./intent.js";

export class BridgeDomainControl {
  private readonly ids = new Identities("bridge domain", Limit.MAX_BDS);
  private intents: ReadonlyMap<string, BridgeDomainIntent> = new Map();

  constructor(private readonly tables: Tables) {}

  /** 0 for a name that the config does not define. */
  idOf(name: string): number {
    return this.ids.get(name) ?? 0;
  }

  nameOf(bd: number): string {
    return this.ids.nameOf(bd) ?? "";
  }

  intentOf(name: string): BridgeDomainIntent | undefined {
    return this.intents.get(name);
  }

  all(): IterableIterator<BridgeDomainIntent> {
    return this.intents.values();
  }

  /** Adds and changes; domains that go are returned, to be removed once nothing refers to them. */
  reconcile(intents: ReadonlyMap<string, BridgeDomainIntent>): readonly BridgeDomainIntent[] {
    const { removed, added, changed } = differenceOf(this.intents, intents);
    this.intents = intents;
    // Two domains may swap their VNIs: both give theirs up before either takes one.
    for (const { before, after } of changed) if (before.vni !== after.vni) this.write(before, 0);
    for (const { vni, name } of removed) if (vni !== 0) this.write({ ...BARE, name }, 0);
    for (const intent of [...added, ...changed.map(({ after }) => after)]) this.write(intent, intent.vni);
    return removed;
  }

  /** Forgets a domain and every MAC in it. */
  remove({ name }: BridgeDomainIntent): void {
    const bd = this.idOf(name);
    const gone: { hi: number; lo: number }[] = [];
    this.tables.fdb.forEach((entry) => {
      if (entry.bd === bd) gone.push(entry);
    });
    for (const { hi, lo } of gone) this.tables.fdb.delete(bd, hi, lo);
    this.tables.bridgeDomains.clear(bd);
    this.tables.counters.bridgeDomains.clear(bd);
    this.ids.release(name);
  }

  private write(intent: BridgeDomainIntent, vni: number): void {
    const bd = this.ids.acquire(intent.name);
    const ageTicks = intent.ageSeconds * TICKS_PER_SECOND;
    this.tables.bridgeDomains.set(bd, vni, intent.flags, ageTicks, intent.holdSeconds * TICKS_PER_SECOND);
  }
}

const BARE: Omit<BridgeDomainIntent, "name"> = {
  vni: 0,
  flags: 0,
  learning: false,
  ageSeconds: 0,
  holdSeconds: 0,
  gateway: undefined,
  bindings: {
    maxBindings: 0,
    intervalSeconds: 0,
    probes: 0,
    retrySeconds: 0,
    duplicateMoves: 0,
    duplicateSeconds: 0,
    freezeSeconds: 0,
  },
};
