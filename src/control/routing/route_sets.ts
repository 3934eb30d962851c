// Sets of next hops: 64 buckets of paths, shared by all prefixes that have the same ones. A prefix whose next hops
// change goes over to a set that starts from its present buckets, so that no flow moves but those of the next hop
// that went, or the share of the one that came. Two prefixes with the same next hops may so have different sets,
// if they came to them in different ways.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { VtepError } from "../../wire/error.js";
import { Identities } from "../identity.js";
import { assignBuckets } from "../underlay/index.js";
import { keyOf, type Paths, type PathTarget } from "./paths.js";

export interface RouteSet {
  /** Index in tables.routes. */
  readonly id: number;
  readonly targets: readonly PathTarget[];
  /** The members, whatever their buckets. */
  readonly members: string;
}

interface CountedSet extends RouteSet {
  /** The buckets as text. */
  readonly key: string;
  users: number;
}

const NO_BUCKETS = new Uint16Array(Limit.ROUTE_BUCKETS);

export class RouteSets {
  private readonly ids = new Identities("set of next hops", Limit.MAX_ROUTES);
  private readonly sets = new Map<string, CountedSet>();
  private readonly idle = new Set<CountedSet>();

  constructor(
    private readonly tables: Tables,
    private readonly paths: Paths,
  ) {}

  /**
   * A set of these targets for a prefix that has used `before`. Whoever takes one leaves `before` itself.
   * Throws `table_full`.
   */
  take(targets: readonly PathTarget[], before: RouteSet | undefined): RouteSet {
    const sorted = [...targets].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const pathIds = sorted.map((target) => this.paths.acquire(target));
    try {
      const set = this.find(sorted, pathIds, before);
      set.users += 1;
      this.idle.delete(set);
      if (set.targets !== sorted) for (const target of sorted) this.paths.release(target);
      return set;
    } catch (error) {
      for (const target of sorted) this.paths.release(target);
      throw error;
    }
  }

  leave(set: RouteSet): void {
    const counted = this.sets.get(this.ids.nameOf(set.id) ?? "");
    if (counted === undefined) return;
    counted.users -= 1;
    if (counted.users === 0) this.idle.add(counted);
  }

  /** Numbers that nobody uses any more may be given out again: call when the data path has followed. */
  sweep(): void {
    for (const set of this.idle) {
      this.sets.delete(set.key);
      this.ids.release(set.key);
      for (const target of set.targets) this.paths.release(target);
    }
    this.idle.clear();
    this.paths.sweep();
  }

  private find(targets: readonly PathTarget[], pathIds: readonly number[], before: RouteSet | undefined): CountedSet {
    const previous = before === undefined ? NO_BUCKETS : this.tables.routes.bucketsOf(before.id);
    const legs = pathIds.map((adjacency) => ({ adjacency, weight: 1 }));
    const buckets = assignBuckets(previous, legs);
    const key = buckets.join();
    return this.sets.get(key) ?? this.make(key, targets, buckets);
  }

  /** Where no set is left, one with the same members serves, though more flows move than must. */
  private make(key: string, targets: readonly PathTarget[], buckets: Uint16Array): CountedSet {
    const members = targets.map(keyOf).join();
    let id: number;
    try {
      id = this.ids.acquire(key);
    } catch (error) {
      const similar = [...this.sets.values()].find((set) => set.members === members);
      if (error instanceof VtepError && similar !== undefined) return similar;
      throw error;
    }
    const set: CountedSet = { id, targets, members, key, users: 0 };
    this.sets.set(key, set);
    this.tables.routes.setBuckets(id, buckets);
    return set;
  }
}
