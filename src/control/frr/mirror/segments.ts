// Forwarding entries that lead to a next-hop object: MACs of an Ethernet segment that several VTEPs are attached to. All
// MACs of the segment name the same object, so a VTEP that leaves it (RFC 7432 §8.2, mass withdrawal) is one change.

import { VtepError } from "../../../wire/error.js";
import { formatIp } from "../../netlink/index.js";
import type { RemoteVteps } from "../../remote/vteps.js";
import type { NexthopMirror } from "./nexthops.js";

interface Segment {
  readonly nexthopId: number;
  members: readonly number[];
  holds: number;
}

export class SegmentMirror {
  private readonly segments = new Map<number, Segment>();
  private readonly byNexthop = new Map<number, number>();

  /** `place`: next-hop objects have their numbers in a network namespace. */
  constructor(
    private readonly place: string,
    private readonly vteps: RemoteVteps,
    private readonly nexthops: NexthopMirror,
  ) {
    nexthops.onChange((id) => this.refresh(id));
  }

  /** Number of the segment behind an object, counted once more; 0 where there is no room. */
  hold(nexthopId: number): number {
    let id: number;
    try {
      id = this.vteps.segments.hold(`${this.place} ${nexthopId}`);
    } catch (error) {
      if (!(error instanceof VtepError)) throw error;
      return 0;
    }
    const known = this.segments.get(id);
    if (known !== undefined) {
      known.holds += 1;
      return id;
    }
    this.segments.set(id, { nexthopId, members: [], holds: 1 });
    this.byNexthop.set(nexthopId, id);
    this.refresh(nexthopId);
    return id;
  }

  letGo(id: number): void {
    this.vteps.segments.letGo(id);
    const segment = this.segments.get(id);
    if (segment === undefined) return;
    segment.holds -= 1;
    if (segment.holds > 0) return;
    for (const vtep of segment.members) this.vteps.letGo(vtep);
    this.segments.delete(id);
    this.byNexthop.delete(segment.nexthopId);
  }

  private refresh(nexthopId: number): void {
    const id = this.byNexthop.get(nexthopId) ?? 0;
    const segment = this.segments.get(id);
    if (segment === undefined) return;
    const before = segment.members;
    segment.members = this.membersOf(nexthopId);
    this.vteps.segments.define(id, segment.members);
    for (const vtep of before) this.vteps.letGo(vtep);
  }

  private membersOf(nexthopId: number): number[] {
    const members: number[] = [];
    for (const { nexthop } of this.nexthops.expand(nexthopId) ?? []) {
      if (!nexthop.isFdb || nexthop.gateway === null) continue;
      const vtep = this.vteps.holdAddress(formatIp(nexthop.gateway));
      if (vtep !== 0) members.push(vtep);
    }
    return members;
  }
}
