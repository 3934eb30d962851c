// The kernel's side of FRR: network namespaces and the objects in them through which zebra sees this VTEP. It outlives a
// rebuild of the data path, so that no route is withdrawn while frames take another way.

import type { Clock } from "../clock.js";
import type { EventSink } from "../events.js";
import type { NetlinkClient } from "../netlink/index.js";
import type { Links } from "../underlay/index.js";
import { KernelObjects, type Namespaces } from "./objects/index.js";
import { type OpenNetlink, Places } from "./places.js";
import { whenNoticed } from "./vty/index.js";

/** An interface of our own namespace. */
export interface Leash {
  readonly ifindex: number;
  close(): void;
}

export interface FrrWorldParts {
  /** Of our own namespace; they stay their owner's to close. */
  readonly client: NetlinkClient;
  readonly links: Links;
  readonly openNetlink: OpenNetlink;
  readonly namespaces: Namespaces;
  /** What goes with this process, and takes with it what tells FRR that there is a VTEP. */
  readonly leash: Leash;
  readonly clock: Clock;
  readonly events: EventSink;
}

export class FrrWorld {
  /** Folder of FRR's vty sockets. */
  vtyFolder = "";
  readonly places: Places;
  readonly objects: KernelObjects;

  constructor(private readonly parts: FrrWorldParts) {
    const { client, links, openNetlink, namespaces, clock, events, leash } = parts;
    this.places = new Places({ client, links }, openNetlink);
    const noticed = (namespace: string) => whenNoticed(this.vtyFolder, namespace, clock);
    this.objects = new KernelObjects({ places: this.places, namespaces, clock, events, noticed, leash: leash.ifindex });
  }

  /** Removes the objects that are ours. */
  async close(): Promise<void> {
    await this.objects.close();
    this.places.closeAll();
    this.parts.leash.close();
  }
}
