// Ethernet segments of others: what a MAC points at that lives behind several VTEPs (aliasing: RFC 7432 §8.4). Flows are
// shared by those that can be reached. A change of members, or of who can be reached, is one write, however many MACs
// point at the segment, and moves no flow that need not move.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { Identities } from "../identity.js";
import { assignBuckets } from "../underlay/index.js";

interface Segment {
  readonly name: string;
  members: readonly number[];
  holds: number;
}

export class RemoteSegments {
  private readonly segments = new Map<number, Segment>();
  private readonly idle = new Set<number>();
  private readonly free = new Set<string>();

  /** `ids`: the numbers of tables.segments, which our own segments share. */
  constructor(
    private readonly tables: Tables,
    private readonly ids: Identities = new Identities("Ethernet segment", Limit.MAX_SEGMENTS),
  ) {}

  /** The segment's number, counted once more; it leads nowhere until `define`. Throws `table_full`. */
  hold(name: string): number {
    const id = this.ids.acquire(name);
    this.free.delete(name);
    const segment = this.segments.get(id) ?? { name, members: [], holds: 0 };
    this.segments.set(id, segment);
    segment.holds += 1;
    this.idle.delete(id);
    return id;
  }

  letGo(id: number): void {
    const segment = this.segments.get(id);
    if (segment === undefined) return;
    segment.holds -= 1;
    if (segment.holds === 0) this.idle.add(id);
  }

  /** The numbers of its VTEPs, which the caller holds. */
  define(id: number, members: readonly number[]): void {
    const segment = this.segments.get(id);
    if (segment === undefined) return;
    segment.members = members;
    this.aim(id, segment);
  }

  /** A VTEP can be reached now, or no longer. */
  reachabilityChanged(vtep: number): void {
    for (const [id, segment] of this.segments) if (segment.members.includes(vtep)) this.aim(id, segment);
  }

  /** Clears those that nobody holds any more. False where there are none. */
  settle(): boolean {
    const hasChanged = this.idle.size > 0;
    for (const id of this.idle) {
      const { name } = this.segments.get(id)!;
      this.segments.delete(id);
      this.tables.segments.clear(id);
      this.free.add(name);
    }
    this.idle.clear();
    return hasChanged;
  }

  /** Numbers that are free may be given out again: call when the data path has followed. */
  sweep(): void {
    for (const name of this.free) this.ids.release(name);
    this.free.clear();
  }

  /** Where none can be reached all stay: one of them may be on its way back. */
  private aim(id: number, { members }: Segment): void {
    const { segments, vteps } = this.tables;
    const reachable = members.filter((vtep) => vteps.group[vtep] !== 0);
    const legs = (reachable.length > 0 ? reachable : members).map((adjacency) => ({ adjacency, weight: 1 }));
    segments.setBuckets(id, assignBuckets(segments.bucketsOf(id), legs));
  }
}
