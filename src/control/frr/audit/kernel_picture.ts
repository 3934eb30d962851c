// What the kernel of one place holds of EVPN at this moment, read apart from what the mirror has: an audit must not trust
// what it audits. What changes while it is read and compared is noted: nothing can be concluded about that.

import { formatMapped, mappedWords } from "../../mapped_address.js";
import { formatIp, formatMacBytes } from "../../netlink/address_text.js";
import type { ForwardingEntry, NeighborMessage, NetlinkClient, RouteMessage } from "../../netlink/index.js";
import {
  AddressFamily,
  encodeDumpNeighbors,
  encodeDumpRoutes,
  NeighborFlag,
  NeighborState,
} from "../../netlink/index.js";
import { OUR_PROTOCOL } from "../objects/ownership.js";
import type { Place } from "../places.js";
import { canonicalIp } from "../vty/index.js";
import { macNumberOf } from "./mac_number.js";
import { MacPlaces } from "./mac_places.js";

/** RTPROT_BGP and RTPROT_ZEBRA. */
export const RouteProtocol = { bgp: 186, zebra: 11 } as const;
/** What stands for "an Ethernet segment" wherever a VTEP could stand: which VTEPs these are is another question. */
export const SEGMENT = "segment";

/** Third word of ::ffff:0:0/96. */
const MAPPED_WORD = 0xffff;

export interface DeviceEntries {
  /** MACs in the bridge's half: those that count (the other may be left behind by a move). */
  readonly bridged: MacPlaces;
  /** VTEP of each MAC in the vxlan device's half. */
  readonly tunnelled: MacPlaces;
  readonly flood: Map<string, string>;
  /** MACs with a message about them since the reading began. */
  readonly changed: Set<number>;
}

export interface BridgeNeighbors {
  /** Address → MAC, written by zebra. */
  readonly remote: Map<string, string>;
  /** By us. */
  readonly announced: Map<string, string>;
  /** Learned or set by others. */
  readonly foreign: Map<string, string>;
}

export interface KernelRoute {
  readonly gateways: string;
  readonly ifindexes: readonly number[];
}

export class KernelPicture {
  private readonly devices = new Map<number, DeviceEntries>();
  private readonly neighbors = new Map<number, BridgeNeighbors>();
  /** By table and prefix. */
  private readonly routes = new Map<number, Map<string, KernelRoute>>();
  /** One text for each VTEP, not one for each MAC behind it. */
  private readonly texts = new Map<number | string, string>();

  private readonly stopFollowing: () => void;

  /** From now on changes are noted, until `close`. */
  constructor(private readonly place: Place) {
    this.stopFollowing = place.feed.onForwardingEntry(({ ifindex, hi, lo }) => {
      this.device(ifindex).changed.add(macNumberOf(hi, lo));
    });
  }

  async read(): Promise<void> {
    const reader = this.place.openReader();
    try {
      await this.readBy(reader);
    } finally {
      reader.close();
    }
  }

  close(): void {
    this.stopFollowing();
  }

  device(ifindex: number): DeviceEntries {
    return getOrMake(this.devices, ifindex, () => ({
      bridged: new MacPlaces(),
      tunnelled: new MacPlaces(),
      flood: new Map(),
      changed: new Set(),
    }));
  }

  bridge(ifindex: number): BridgeNeighbors {
    return getOrMake(this.neighbors, ifindex, () => ({
      remote: new Map(),
      announced: new Map(),
      foreign: new Map(),
    }));
  }

  table(table: number): Map<string, KernelRoute> {
    return getOrMake(this.routes, table, () => new Map());
  }

  private async readBy(reader: NetlinkClient): Promise<void> {
    await reader.dumpForwarding(encodeDumpNeighbors(AddressFamily.bridge), (entry) => this.addForwarding(entry));
    for (const family of [AddressFamily.ipv4, AddressFamily.ipv6]) {
      await reader.dump(encodeDumpNeighbors(family), (object) => {
        if (object.kind === "neighbor") this.addBinding(object.neighbor);
      });
      await reader.dump(encodeDumpRoutes(family), (object) => {
        if (object.kind === "route") this.addRoute(object.route);
      });
    }
  }

  private addForwarding(entry: ForwardingEntry): void {
    const { ifindex, hi, lo, flags, state } = entry;
    const device = this.device(ifindex);
    const mac = macNumberOf(hi, lo);
    const isSelf = (flags & NeighborFlag.self) !== 0;
    const place = entry.nexthopId !== 0 ? SEGMENT : entry.hasDestination ? this.vtepOf(entry) : undefined;
    if (isSelf && mac === 0 && place !== undefined) device.flood.set(place, place);
    else if (isSelf && place !== undefined) device.tunnelled.set(mac, place);
    // Permanent ones are the interfaces' own MACs.
    else if (!isSelf && (state & NeighborState.permanent) === 0) {
      device.bridged.set(mac, (flags & NeighborFlag.sticky) !== 0 ? "sticky" : "dynamic");
    }
  }

  private vtepOf({ word0, word1, word2, word3 }: ForwardingEntry): string {
    const key = word0 === 0 && word1 === 0 && word2 === MAPPED_WORD ? word3 : `${word0} ${word1} ${word2} ${word3}`;
    return getOrMake(this.texts, key, () => formatMapped(mappedWords(word0, word1, word2, word3)));
  }

  private addBinding({ ifindex, destination, linkLayer, flags, protocol, state }: NeighborMessage): void {
    const isGone = (state & (NeighborState.failed | NeighborState.incomplete)) !== 0;
    if (destination === null || linkLayer === null || isGone || isMulticast(destination)) return;
    const bridge = this.bridge(ifindex);
    const side =
      (flags & NeighborFlag.extLearned) !== 0
        ? bridge.remote
        : protocol === OUR_PROTOCOL
          ? bridge.announced
          : bridge.foreign;
    side.set(formatIp(destination), formatMacBytes(linkLayer));
  }

  private addRoute(message: RouteMessage): void {
    if (message.protocol !== RouteProtocol.bgp) return;
    const length = message.family === AddressFamily.ipv4 ? 4 : 16;
    const prefix = `${formatIp(message.destination ?? new Uint8Array(length))}/${message.prefixLength}`;
    const gateways = message.nexthops.flatMap(({ gateway }) =>
      gateway === null ? [] : [canonicalIp(formatIp(gateway))],
    );
    const ifindexes = message.nexthops.map(({ ifindex }) => ifindex);
    this.table(message.table).set(prefix, { gateways: gatewaysText(gateways), ifindexes });
  }
}

/** Next hops have no order. */
export function gatewaysText(gateways: readonly string[]): string {
  return [...gateways].sort().join(",");
}

function isMulticast(address: Uint8Array): boolean {
  return address.length === 4 ? (address[0]! & 0xf0) === 0xe0 : address[0] === 0xff;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
