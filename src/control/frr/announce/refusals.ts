// What cannot be announced at present, and why. Told once as an event, and as one line per domain and reason in `status`.

import type { EventSink } from "../../events.js";

const CONFLICT = "another VTEP announces it";

interface Refusal {
  readonly bd: number;
  readonly what: string;
  readonly why: string;
}

export class Refusals {
  private readonly byKey = new Map<string, Refusal>();

  constructor(
    private readonly events: EventSink,
    private readonly nameOf: (bd: number) => string,
  ) {}

  get isEmpty(): boolean {
    return this.byKey.size === 0;
  }

  add(bd: number, what: string, why: string): void {
    if (this.put(bd, what, why)) this.events("announcement_refused", { bridgeDomain: this.nameOf(bd), what, why });
  }

  delete(bd: number, what: string): void {
    this.byKey.delete(`${bd} ${what}`);
  }

  /** zebra has given it to another VTEP, though the operator says that it is here. */
  addConflict(bd: number, what: string): void {
    if (this.put(bd, what, CONFLICT)) this.events("mac_conflict", { bridgeDomain: this.nameOf(bd), mac: what });
  }

  clearConflict(bd: number, what: string): void {
    if (this.byKey.get(`${bd} ${what}`)?.why !== CONFLICT) return;
    this.delete(bd, what);
    this.events("conflict_cleared", { bridgeDomain: this.nameOf(bd), mac: what });
  }

  forget(bd: number): void {
    for (const [key, refusal] of this.byKey) if (refusal.bd === bd) this.byKey.delete(key);
  }

  texts(): string[] {
    const groups = new Map<string, Refusal[]>();
    for (const refusal of this.byKey.values()) {
      const key = `${refusal.bd} ${refusal.why}`;
      const alike = groups.get(key);
      if (alike === undefined) groups.set(key, [refusal]);
      else alike.push(refusal);
    }
    return [...groups.values()].map((alike) => this.textOf(alike));
  }

  /** False if that is known already. */
  private put(bd: number, what: string, why: string): boolean {
    const key = `${bd} ${what}`;
    if (this.byKey.get(key)?.why === why) return false;
    this.byKey.set(key, { bd, what, why });
    return true;
  }

  private textOf(alike: readonly Refusal[]): string {
    const { bd, what, why } = alike[0]!;
    const more = alike.length === 1 ? "" : ` and ${alike.length - 1} more`;
    return `bridge domain ${this.nameOf(bd)}: ${what}${more} cannot be announced: ${why}`;
  }
}
