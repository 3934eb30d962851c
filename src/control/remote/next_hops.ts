// Next-hop groups and adjacencies behind VTEPs. VTEPs whose paths have the same legs share a group, so a
// failed uplink costs one write for each different set of legs, whatever the number of MACs behind them.

import { Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { parseMac, writeMac } from "../../wire/ethernet.js";
import { Identities } from "../identity.js";
import { assignBuckets, type UnderlayLeg, type UnderlayPath, type WeightedLeg } from "../underlay/index.js";

interface Group {
  readonly id: number;
  readonly key: string;
  readonly adjacencyKeys: readonly string[];
  users: number;
}

/** Table value of "no route": the engine drops as underlay_unresolved. */
export const NO_GROUP = 0;

export class NextHops {
  private readonly groupIds = new Identities("next-hop group", Limit.MAX_GROUPS);
  private readonly adjacencyIds = new Identities("adjacency", Limit.MAX_ADJACENCIES);
  private readonly groups = new Map<string, Group>();
  private readonly adjacencyUsers = new Map<string, number>();
  private readonly groupOfVtep = new Map<number, Group>();

  /** `slotOf` gives an interface's slot, 0 where the config does not name it. */
  constructor(
    private readonly tables: Tables,
    private readonly slotOf: (interfaceName: string) => number,
  ) {}

  /** Leads a VTEP by this path from now on. A path whose neighbours are being resolved still leads: through the kernel. */
  lead(vtep: number, path: UnderlayPath): void {
    const before = this.groupOfVtep.get(vtep);
    const after = path.legs.length === 0 ? undefined : this.groupFor(path, before);
    if (after !== undefined) {
      after.users += 1;
      this.groupOfVtep.set(vtep, after);
    } else this.groupOfVtep.delete(vtep);
    this.tables.vteps.setGroup(vtep, after?.id ?? NO_GROUP);
    if (before !== undefined) this.leave(before);
  }

  forget(vtep: number): void {
    this.lead(vtep, { legs: [] });
  }

  private groupFor(path: UnderlayPath, before: Group | undefined): Group {
    const resolved = path.legs.filter((leg) => leg.mac !== null);
    for (const leg of resolved) this.writeAdjacency(leg);
    const key = resolved
      .map((leg) => `${adjacencyKey(leg)} ×${leg.weight}`)
      .sort()
      .join(", ");
    return this.groups.get(key) ?? this.makeGroup(key, resolved, before);
  }

  /** The buckets start from those of the group that the VTEP leaves, so that only flows of changed legs move. */
  private makeGroup(key: string, legs: readonly UnderlayLeg[], before: Group | undefined): Group {
    const adjacencyKeys = legs.map(adjacencyKey);
    const group = { id: this.groupIds.acquire(key), key, adjacencyKeys, users: 0 };
    for (const adjacency of adjacencyKeys)
      this.adjacencyUsers.set(adjacency, (this.adjacencyUsers.get(adjacency) ?? 0) + 1);
    const weighted: WeightedLeg[] = legs.map((leg) => ({
      adjacency: this.adjacencyIds.acquire(adjacencyKey(leg)),
      weight: leg.weight,
    }));
    const previous =
      before === undefined ? new Uint16Array(Limit.GROUP_BUCKETS) : this.tables.groups.bucketsOf(before.id);
    this.tables.groups.set(group.id, assignBuckets(previous, weighted));
    this.groups.set(key, group);
    return group;
  }

  private leave(group: Group): void {
    group.users -= 1;
    if (group.users > 0) return;
    this.groups.delete(group.key);
    this.groupIds.release(group.key);
    for (const adjacency of group.adjacencyKeys) {
      const users = this.adjacencyUsers.get(adjacency)! - 1;
      this.adjacencyUsers.set(adjacency, users);
      if (users > 0) continue;
      this.adjacencyUsers.delete(adjacency);
      this.adjacencyIds.release(adjacency);
    }
  }

  private writeAdjacency(leg: UnderlayLeg): void {
    const id = this.adjacencyIds.acquire(adjacencyKey(leg));
    const slot = this.slotOf(leg.interface);
    const macs = { destinationMac: macBytes(leg.mac!), sourceMac: macBytes(leg.sourceMac) };
    this.tables.adjacencies.set(id, { slot, ifindex: leg.ifindex, mtuBytes: leg.mtu, flags: 0, ...macs });
  }
}

/**
 * Link-local addresses repeat on every link: only with the interface do they name a neighbour. Routes by one neighbour
 * may differ in the MTU that they were given.
 */
function adjacencyKey(leg: UnderlayLeg): string {
  return `${leg.via}%${leg.ifindex} mtu ${leg.mtu}`;
}

function macBytes(text: string): Uint8Array {
  const mac = parseMac(text) ?? { hi: 0, lo: 0 };
  const bytes = new Uint8Array(6);
  writeMac(bytes, 0, mac.hi, mac.lo);
  return bytes;
}
