// Sets of next hops: 64 buckets of paths, shared by all prefixes that have the same ones. A prefix whose next hops
// change goes over to a set that starts from its present buckets, so that no flow moves but those of the next hop
// that went, or the share of the one that came. Two prefixes with the same next hops may so have different sets,
// if they came to them in different ways. A set that has an owner, a next-hop object of the kernel, changes in place:
// one write for all its prefixes.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { VtepError } from "../../wire/error.js";
import { Identities } from "../identity.js";
import { assignBuckets } from "../underlay/index.js";
import { isGateway, keyOf, type PathTarget } from "./path_target.js";
import type { Paths } from "./paths.js";

export interface RouteSet {
  /** Index in tables.routes. */
  readonly id: number;
  readonly targets: readonly PathTarget[];
}

interface CountedSet {
  readonly id: number;
  /** Under which the number was acquired. */
  readonly name: string;
  /** "" = none. */
  readonly owner: string;
  /** Sorted. What one that is not usable yet would carry is with the others. */
  targets: readonly PathTarget[];
  /** The members, whatever their buckets. */
  members: string;
  /** Owner, members and buckets as text. */
  key: string;
  users: number;
}

const NO_BUCKETS = new Uint16Array(Limit.ROUTE_BUCKETS);

export class RouteSets {
  private readonly ids = new Identities("set of next hops", Limit.MAX_ROUTES);
  private readonly byId = new Map<number, CountedSet>();
  private readonly sets = new Map<string, CountedSet>();
  private readonly owned = new Map<string, CountedSet>();
  private readonly idle = new Set<CountedSet>();
  private made = 0;
  /** What the last prefix that took these very targets came from, and got: thousands do the same in a row. */
  private readonly last = new WeakMap<readonly PathTarget[], { readonly before: number; readonly set: CountedSet }>();

  constructor(
    private readonly tables: Tables,
    private readonly paths: Paths,
  ) {}

  get(id: number): RouteSet | undefined {
    return this.byId.get(id);
  }

  /**
   * A set of these targets for a prefix that has used the set `before`, 0 = none. Whoever takes one leaves `before`
   * itself. No targets: packets are dropped. Throws `table_full`.
   */
  take(targets: readonly PathTarget[], before: number): RouteSet {
    const last = this.last.get(targets);
    if (last?.before === before && this.byId.get(last.set.id) === last.set) return this.use(last.set);
    const set = this.acquired(targets, (sorted) => this.find(sorted, before, ""));
    this.last.set(targets, { before, set });
    return this.use(set);
  }

  /** The owner's set; the targets are those of the first who takes it, until `change`. Throws `table_full`. */
  takeOwned(owner: string, targets: readonly PathTarget[]): RouteSet {
    const known = this.owned.get(owner);
    if (known !== undefined) return this.use(known);
    const set = this.acquired(targets, (sorted) => this.make(sorted, 0, owner));
    this.owned.set(owner, set);
    return this.use(set);
  }

  /** Throws `table_full`, and changes nothing then. */
  change(owner: string, targets: readonly PathTarget[]): void {
    const set = this.owned.get(owner);
    if (set === undefined) return;
    const sorted = sortedTargets(targets);
    this.acquireAll(sorted);
    for (const target of set.targets) this.paths.release(target);
    set.targets = sorted;
    set.members = membersOf(sorted);
    this.rewrite(set);
  }

  /** The next hop is usable now, or no more. */
  refresh(target: PathTarget): void {
    const key = keyOf(target);
    for (const set of this.byId.values()) if (set.targets.some((member) => keyOf(member) === key)) this.rewrite(set);
  }

  leave(id: number): void {
    const set = this.byId.get(id);
    if (set === undefined) return;
    set.users -= 1;
    if (set.users === 0) this.idle.add(set);
  }

  /** Numbers that nobody uses any more may be given out again: call when the data path has followed. */
  sweep(): void {
    for (const set of this.idle) {
      if (this.sets.get(set.key) === set) this.sets.delete(set.key);
      if (this.owned.get(set.owner) === set) this.owned.delete(set.owner);
      this.byId.delete(set.id);
      this.ids.release(set.name);
      for (const target of set.targets) this.paths.release(target);
    }
    this.idle.clear();
    this.paths.sweep();
  }

  private use(set: CountedSet): CountedSet {
    set.users += 1;
    this.idle.delete(set);
    return set;
  }

  /** Each set holds its paths once, whoever asked for it. */
  private acquired(targets: readonly PathTarget[], find: (sorted: readonly PathTarget[]) => CountedSet): CountedSet {
    const sorted = sortedTargets(targets);
    this.acquireAll(sorted);
    try {
      const set = find(sorted);
      if (set.targets !== sorted) for (const target of sorted) this.paths.release(target);
      return set;
    } catch (error) {
      for (const target of sorted) this.paths.release(target);
      throw error;
    }
  }

  private acquireAll(targets: readonly PathTarget[]): void {
    targets.forEach((target, index) => {
      try {
        this.paths.acquire(target);
      } catch (error) {
        for (const acquired of targets.slice(0, index)) this.paths.release(acquired);
        throw error;
      }
    });
  }

  private find(targets: readonly PathTarget[], before: number, owner: string): CountedSet {
    const known = this.sets.get(setKey(owner, membersOf(targets), this.bucketsFor(targets, before)));
    return known ?? this.make(targets, before, owner);
  }

  /** Where no set is left, one with the same members serves, though more flows move than must. */
  private make(targets: readonly PathTarget[], before: number, owner: string): CountedSet {
    const members = membersOf(targets);
    const buckets = this.bucketsFor(targets, before);
    const key = setKey(owner, members, buckets);
    const name = String(++this.made);
    let id: number;
    try {
      id = this.ids.acquire(name);
    } catch (error) {
      const similar = [...this.byId.values()].find((set) => set.members === members && set.owner === owner);
      if (error instanceof VtepError && similar !== undefined) return similar;
      throw error;
    }
    const set: CountedSet = { id, name, owner, targets, members, key, users: 0 };
    this.byId.set(id, set);
    this.sets.set(key, set);
    this.tables.routes.setBuckets(id, buckets);
    return set;
  }

  private rewrite(set: CountedSet): void {
    const buckets = this.bucketsFor(set.targets, set.id);
    const key = setKey(set.owner, set.members, buckets);
    if (key === set.key) return;
    if (this.sets.get(set.key) === set) this.sets.delete(set.key);
    set.key = key;
    if (!this.sets.has(set.key)) this.sets.set(set.key, set);
    this.tables.routes.setBuckets(set.id, buckets);
  }

  private bucketsFor(targets: readonly PathTarget[], before: number): Uint16Array {
    const previous = before === 0 ? NO_BUCKETS : this.tables.routes.bucketsOf(before);
    const legs = this.carriers(targets).map((target) => ({ adjacency: this.paths.idOf(target), weight: 1 }));
    return assignBuckets(previous, legs);
  }

  /** Where nothing can carry, a gateway that does not answer still stands for the route: senders hear of a host. */
  private carriers(targets: readonly PathTarget[]): readonly PathTarget[] {
    const usable = targets.filter((target) => this.paths.isUsable(target));
    return usable.length > 0 ? usable : targets.filter(isGateway);
  }
}

function sortedTargets(targets: readonly PathTarget[]): readonly PathTarget[] {
  return [...targets].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function membersOf(targets: readonly PathTarget[]): string {
  return targets.map(keyOf).join();
}

function setKey(owner: string, members: string, buckets: Uint16Array): string {
  return `${owner} ${members} ${buckets.join()}`;
}
