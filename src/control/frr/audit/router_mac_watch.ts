// Router MACs that change in place: zebra 8.4.4 takes the VTEP's neighbour from the kernel, writes no new one, and every
// route that leads there ends in a void. The neighbour's end is the sign; what bgpd heard last is the cure,
// written to the kernel as zebra would have. One question for each VTEP, and only when it lost its neighbour.

import type { Clock } from "../../clock.js";
import type { EventSink } from "../../events.js";
import { formatIp } from "../../netlink/address_text.js";
import { NeighborFlag, NeighborState, type NetlinkObject, type Unsubscribe } from "../../netlink/index.js";
import type { VrfObjects } from "../objects/placed.js";
import type { Place } from "../places.js";
import { askRouterMacOf, canonicalIp, type EvpnSources } from "../vty/index.js";
import { KernelWrites } from "./kernel_writes.js";
import { macNumberIn } from "./mac_number.js";

/** bgpd and zebra take this long to finish what they are at; a withdrawn VTEP has no routes then. */
const SETTLE_MS = 300;
/** A VTEP that keeps losing its neighbour keeps us busy no more often than this. */
const RETRY_MS = 5_000;

export interface RouterMacWatchParts {
  readonly clock: Clock;
  readonly events: EventSink;
  vtys(): EvpnSources;
  vrfs(): Iterable<VrfObjects>;
  frrNameOf(vrf: string): string;
  /** A prefix that the kernel leads to the VTEP by; undefined where there is none. */
  prefixBehind(vrf: string, vtep: string): string | undefined;
}

interface Followed {
  readonly vrfs: Map<number, VrfObjects>;
  unsubscribe: Unsubscribe;
}

export class RouterMacWatch {
  private readonly pending = new Map<string, () => void>();
  /** By place and interface index of the L3 VNI's bridge. */
  private followed = new Map<Place, Followed>();

  constructor(private readonly parts: RouterMacWatchParts) {}

  /** To be called first, and when interfaces or places of VRFs have changed. */
  follow(): void {
    const before = this.followed;
    this.followed = new Map();
    for (const objects of this.parts.vrfs()) {
      if (objects.l3Vxlan === 0) continue;
      const { place } = objects;
      const known = this.followed.get(place) ?? { vrfs: new Map(), unsubscribe: () => {} };
      this.followed.set(place, known);
      known.vrfs.set(objects.l3Bridge, objects);
    }
    for (const [place, followed] of this.followed) {
      followed.unsubscribe = place.feed.onNotification((object) => this.hear(followed, object));
    }
    for (const { unsubscribe } of before.values()) unsubscribe();
  }

  close(): void {
    for (const { unsubscribe } of this.followed.values()) unsubscribe();
    this.followed.clear();
    for (const cancel of this.pending.values()) cancel();
    this.pending.clear();
  }

  private hear({ vrfs }: Followed, object: NetlinkObject): void {
    if (object.kind !== "neighbor") return;
    const { ifindex, destination, state, flags } = object.neighbor;
    const objects = vrfs.get(ifindex);
    if (objects === undefined || destination === null) return;
    const form = formatIp(destination);
    if (object.removed || (state & NeighborState.failed) !== 0) this.lookSoon(objects, form, SETTLE_MS);
    else if ((flags & NeighborFlag.extLearned) !== 0) this.forget(objects.vrf, form);
  }

  /** `form`: the VTEP's address as the lost neighbour had it, which may be ::ffff:a.b.c.d. */
  private lookSoon(objects: VrfObjects, form: string, ms: number): void {
    const key = `${objects.vrf} ${form}`;
    if (this.pending.has(key)) return;
    const cancel = this.parts.clock.after(ms, () => {
      this.pending.delete(key);
      this.look(objects, form).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        this.parts.events("router_mac_unknown", { vrf: objects.vrf, vtep: canonicalIp(form), why });
        this.lookSoon(objects, form, RETRY_MS);
      });
    });
    this.pending.set(key, cancel);
  }

  private forget(vrf: string, form: string): void {
    const key = `${vrf} ${form}`;
    this.pending.get(key)?.();
    this.pending.delete(key);
  }

  private async look(objects: VrfObjects, form: string): Promise<void> {
    const { vrf, place } = objects;
    const vtep = canonicalIp(form);
    const prefix = this.parts.prefixBehind(vrf, vtep);
    const { bgpd } = this.parts.vtys();
    if (prefix === undefined || bgpd === undefined) return;
    const mac = await askRouterMacOf(bgpd, this.parts.frrNameOf(vrf), prefix, vtep);
    const number = mac === undefined ? undefined : macNumberIn(mac);
    if (mac === undefined || number === undefined) return;
    await new KernelWrites(place.client).writeRouterMac(objects, vtep, [form], number);
    this.parts.events("router_mac_corrected", { vrf, vtep, mac });
  }
}
