// Neighbour entries on the bridge of an L3 VNI -> router MACs: the "neighbour" is a VTEP, its MAC that of its router in
// this VRF. For IPv6 routes zebra names an IPv4 VTEP a second time, as ::ffff:a.b.c.d; both mean the same router, and
// the one that was heard of last holds.

import type { Mac } from "../../../wire/ethernet.js";
import { formatMapped, mappedBytes } from "../../mapped_address.js";
import type { NeighborMessage } from "../../netlink/index.js";
import type { RouteControl } from "../../routing/routes.js";
import type { Marks } from "./marks.js";
import { macFromZebra } from "./neighbor_of_zebra.js";
import type { VrfSubject } from "./subjects.js";

interface Known {
  readonly vrf: string;
  readonly vtep: string;
  readonly subject: number;
  /** undefined: a notification said that it is gone. */
  mac: Mac | undefined;
  mark: number;
}

export class RouterMacMirror {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly routes: RouteControl,
    private readonly marks: Marks,
  ) {}

  take(subject: VrfSubject, neighbor: NeighborMessage, removed: boolean, isRead: boolean): void {
    if (neighbor.destination === null) return;
    const vtep = formatMapped(mappedBytes(neighbor.destination));
    const key = `${subject.number} ${neighbor.family} ${vtep}`;
    const before = this.known.get(key);
    if (isRead && before !== undefined && this.marks.isOvertaken(before.mark)) return;
    const bytes = removed ? null : macFromZebra(neighbor);
    if (before === undefined && bytes === null && (isRead || !this.marks.isRunning)) return;
    const entry = before ?? { vrf: subject.vrf, vtep, subject: subject.number, mac: undefined, mark: 0 };
    this.known.set(key, entry);
    entry.mark = isRead ? this.marks.read : this.marks.told;
    if (bytes === null) this.remove(key, entry);
    else this.set(entry, bytes);
  }

  sweep(): void {
    for (const [key, entry] of this.known) {
      if (entry.mac === undefined || !this.marks.isConfirmed(entry.mark)) this.remove(key, entry);
      if (entry.mac === undefined) this.known.delete(key);
    }
  }

  drop(gone: ReadonlySet<number>): void {
    for (const [key, entry] of this.known) {
      if (!gone.has(entry.subject)) continue;
      this.remove(key, entry);
      this.known.delete(key);
    }
  }

  private set(entry: Known, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    entry.mac = { hi: view.getUint16(0), lo: view.getInt32(2) };
    this.routes.setRouterMac({ vrf: entry.vrf, vtep: entry.vtep }, entry.mac);
  }

  private remove(key: string, entry: Known): void {
    const was = entry.mac;
    entry.mac = undefined;
    if (!this.marks.isRunning) this.known.delete(key);
    if (was === undefined) return;
    const { vrf, vtep, subject } = entry;
    const other = [...this.known.values()].find((one) => one.subject === subject && one.vtep === vtep && one.mac);
    if (other?.mac !== undefined) this.routes.setRouterMac({ vrf, vtep }, other.mac);
    else this.routes.loseRouterMac({ vrf, vtep });
  }
}
