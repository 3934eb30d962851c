// Next-hop objects of the kernel, by which zebra lets many routes and forwarding entries change at once.

import { Listeners, type NexthopMessage, type Unsubscribe } from "../../netlink/index.js";
import type { Marks } from "./marks.js";

interface Known {
  /** undefined: a notification said that it is gone. */
  nexthop: NexthopMessage | undefined;
  mark: number;
}

export interface WeightedNexthop {
  readonly nexthop: NexthopMessage;
  readonly weight: number;
}

export class NexthopMirror {
  private readonly known = new Map<number, Known>();
  private readonly changes = new Listeners<number>();
  private readonly removals = new Listeners<number>();

  constructor(private readonly marks: Marks) {}

  /** An object, or one of its members, is other than before. */
  onChange(listener: (id: number) => void): Unsubscribe {
    return this.changes.add(listener);
  }

  /** The kernel has removed what used it too, and may not have said so. */
  onRemoval(listener: (id: number) => void): Unsubscribe {
    return this.removals.add(listener);
  }

  /** The single next hops of an object, of itself or of its members; undefined for one that nobody told of. */
  expand(id: number): WeightedNexthop[] | undefined {
    const nexthop = this.known.get(id)?.nexthop;
    if (nexthop === undefined) return undefined;
    if (nexthop.group.length === 0) return [{ nexthop, weight: 1 }];
    return nexthop.group.flatMap(({ id: memberId, weight }) => {
      const member = this.known.get(memberId)?.nexthop;
      return member === undefined ? [] : [{ nexthop: member, weight }];
    });
  }

  take(nexthop: NexthopMessage, removed: boolean, isRead: boolean): void {
    const { id } = nexthop;
    const before = this.known.get(id);
    if (isRead && before !== undefined && this.marks.isOvertaken(before.mark)) return;
    if (removed && !this.marks.isRunning) this.known.delete(id);
    else
      this.known.set(id, { nexthop: removed ? undefined : nexthop, mark: isRead ? this.marks.read : this.marks.told });
    if (removed && before?.nexthop === undefined) return;
    this.tell(id);
    if (removed) this.removals.emit(id);
  }

  sweep(): void {
    for (const [id, { nexthop, mark }] of this.known) {
      if (nexthop !== undefined && this.marks.isConfirmed(mark)) continue;
      this.known.delete(id);
      if (nexthop !== undefined) this.tell(id);
    }
  }

  private tell(id: number): void {
    this.changes.emit(id);
    for (const [group, { nexthop }] of this.known) {
      if (nexthop?.group.some((member) => member.id === id) === true) this.changes.emit(group);
    }
  }
}
