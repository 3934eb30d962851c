// The network namespaces that zebra works in. With VRF devices that is our own and no other; with `zebra -n` every VRF
// is one more. What happens in them is told by netlink sockets that were opened inside: they stay there, wherever this
// process is.

import { VtepError } from "../../wire/error.js";
import { type NetlinkClient, NetlinkGroup } from "../netlink/index.js";
import { Links } from "../underlay/index.js";

export interface Place {
  /** "" = the VTEP's own network namespace. */
  readonly name: string;
  /** Requests, and notifications of links and addresses. */
  readonly client: NetlinkClient;
  readonly links: Links;
  /** A socket of its own for what can come in storms: neighbours, forwarding entries, routes, next hops. */
  readonly feed: NetlinkClient;
  /** A socket for tables that are read beside everything else: on a thread, because the kernel takes its time for them. */
  readonly openReader: () => NetlinkClient;
}

/** Injected by the daemon: control never imports the addon. `groups` are RTNLGRP numbers; `thread` see NetlinkOptions. */
export type OpenNetlink = (
  place: string,
  groups: readonly number[],
  receiveBufferBytes: number,
  thread?: boolean,
) => NetlinkClient;

const FEED_GROUPS = [NetlinkGroup.neighbor, NetlinkGroup.ipv4Route, NetlinkGroup.ipv6Route, NetlinkGroup.nexthop];
const FEED_BUFFER_BYTES = 64 * 1024 * 1024;
/** A dump fills it by a part at a time. */
const READER_BUFFER_BYTES = 256 * 1024;
const LINK_GROUPS = [NetlinkGroup.link, NetlinkGroup.ipv4Address, NetlinkGroup.ipv6Address];
const LINK_BUFFER_BYTES = 8 * 1024 * 1024;

export class Places {
  private readonly places = new Map<string, Place>();

  /** `own`: the client and the loaded links of our own namespace, which stay their owner's to close. */
  constructor(
    own: { readonly client: NetlinkClient; readonly links: Links },
    private readonly openNetlink: OpenNetlink,
  ) {
    this.places.set("", { ...own, name: "", ...this.feedOf("") });
  }

  get own(): Place {
    const own = this.places.get("");
    if (own === undefined) throw new VtepError("places_closed", "the network namespaces were closed");
    return own;
  }

  get(name: string): Place | undefined {
    return this.places.get(name);
  }

  all(): Iterable<Place> {
    return this.places.values();
  }

  /** The namespace of that name as it is now; its links are loaded. */
  async open(name: string): Promise<Place> {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    const client = this.openNetlink(name, LINK_GROUPS, LINK_BUFFER_BYTES);
    const links = new Links(client);
    try {
      await links.load();
      const place = { name, client, links, ...this.feedOf(name) };
      this.places.set(name, place);
      return place;
    } catch (error) {
      links.close();
      client.close();
      throw error;
    }
  }

  /** Its sockets keep a namespace alive that has lost its name. */
  close(name: string): void {
    const place = this.places.get(name);
    if (place === undefined) return;
    this.places.delete(name);
    place.feed.close();
    if (name === "") return;
    place.links.close();
    place.client.close();
  }

  closeAll(): void {
    for (const name of [...this.places.keys()]) this.close(name);
  }

  private feedOf(name: string): Pick<Place, "feed" | "openReader"> {
    const openReader = () => this.openNetlink(name, [], READER_BUFFER_BYTES, true);
    return { feed: this.openNetlink(name, FEED_GROUPS, FEED_BUFFER_BYTES), openReader };
  }
}
