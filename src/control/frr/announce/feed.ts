// What the kernel tells of the ports and bridges where things are announced, in its own order: dumps and notifications
// come by the same socket.

import { readMac } from "../../../wire/ethernet.js";
import {
  AddressFamily,
  encodeDumpNeighbors,
  type ForwardingEntry,
  NeighborFlag,
  type NeighborMessage,
  NeighborState,
  type Unsubscribe,
} from "../../netlink/index.js";
import type { BindingAnnouncer } from "./bindings.js";
import { Form, formOf, OUR_PROTOCOL } from "./forms.js";
import type { MacAnnouncer } from "./macs.js";
import type { AnnouncePlace, Site, Sites } from "./site.js";

const { reachable, stale, delay, probe, noArp, permanent, failed } = NeighborState;
const VALID = reachable | stale | delay | probe | noArp | permanent;

export class Feed {
  private readonly subscriptions: Unsubscribe[];

  constructor(
    private readonly place: AnnouncePlace,
    private readonly sites: Sites,
    private readonly macs: MacAnnouncer,
    private readonly bindings: BindingAnnouncer,
    overrun: () => void,
  ) {
    this.subscriptions = [
      place.feed.onForwardingEntry((entry, removed) => this.onMac(entry, removed)),
      place.feed.onNotification((object) => {
        if (object.kind === "neighbor") this.onNeighbor(object.neighbor, object.removed);
      }),
      place.feed.onOverrun(overrun),
    ];
  }

  /** Shows everything that stands at a site. */
  async dump({ objects, segment }: Site): Promise<void> {
    const { feed } = this.place;
    const { bridge: family, ipv4, ipv6 } = AddressFamily;
    await feed.dumpForwarding(encodeDumpNeighbors(family, { ifindex: objects.port }), (entry) => {
      if (entry.ifindex === objects.port) this.onMac(entry, false);
    });
    // The bridge is the same one.
    if (segment !== 0) return;
    for (const version of [ipv4, ipv6]) {
      await feed.dump(encodeDumpNeighbors(version, { ifindex: objects.bridge }), (object) => {
        const isIts = object.kind === "neighbor" && object.neighbor.ifindex === objects.bridge;
        if (isIts && object.neighbor.protocol === OUR_PROTOCOL) this.onNeighbor(object.neighbor, false);
      });
    }
  }

  close(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  private onMac({ ifindex, state, flags, hi, lo, vlan }: ForwardingEntry, removed: boolean): void {
    if ((flags & NeighborFlag.self) !== 0) return;
    const site = this.sites.atPort(this.place, ifindex);
    if (site !== undefined) {
      const form = formOf(state, flags);
      // Ours are of no VLAN; on a segment zebra writes its own, with one.
      if (form === Form.NONE || (site.segment !== 0 && vlan !== 0)) return;
      if (removed) this.macs.gone(site, hi, lo);
      else this.macs.found(site, hi, lo, form);
      return;
    }
    const beside = this.sites.atVxlan(this.place, ifindex);
    if (beside === undefined) return;
    for (const one of this.sites.ofDomain(beside.domain)) {
      if (removed) this.macs.freed(one, hi, lo);
      else this.macs.taken(one, hi, lo);
    }
  }

  private onNeighbor(neighbor: NeighborMessage, removed: boolean): void {
    const { family, ifindex, state, flags, destination, linkLayer, protocol } = neighbor;
    if (destination === null || (family !== AddressFamily.ipv4 && family !== AddressFamily.ipv6)) return;
    const site = this.sites.atBridge(this.place, ifindex);
    if (site === undefined) return;
    const address = mapped(destination);
    const isOurs = protocol === OUR_PROTOCOL;
    // Half of what shows it anew: the other half follows.
    if (isOurs && !removed && (state & noArp) !== 0) return;
    if (removed) {
      this.bindings.gone(site, address, (state & failed) === 0);
    } else if ((state & VALID) === 0 || linkLayer === null) {
      this.bindings.replaced(site, address, false);
    } else if ((state & permanent) !== 0 && isOurs) {
      const isRouter = (flags & NeighborFlag.router) !== 0;
      this.bindings.found(site, address, { mac: readMac(linkLayer, 0), isRouter });
    } else this.bindings.replaced(site, address, (flags & NeighborFlag.extLearned) !== 0);
  }
}

function mapped(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address.slice();
  const bytes = new Uint8Array(16);
  bytes.fill(0xff, 10, 12);
  bytes.set(address, 12);
  return bytes;
}
