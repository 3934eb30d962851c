// What zebra would have written, and the removal of what it would have removed, in its own form: whoever
// reads the kernel cannot tell the difference, and zebra takes it for its own.

import { VtepError } from "../../../wire/error.js";
import { parseMac, writeMac } from "../../../wire/ethernet.js";
import {
  AddressFamily,
  encodeDeleteNeighbor,
  encodeNewNeighbor,
  NeighborFlag,
  NeighborState,
  type NetlinkClient,
  parseIp,
  refusedWith,
} from "../../netlink/index.js";
import { encodeDeleteRoute, encodeReplaceRoute, type RouteKey } from "../../netlink/route_request.js";
import { OUR_PROTOCOL } from "../objects/ownership.js";
import { RouteProtocol, SEGMENT } from "./kernel_picture.js";
import { macBytesOf, macText } from "./mac_number.js";

const FLOOD_MAC = new Uint8Array(6);
/** zebra's metric of routes by BGP. */
const BGP_METRIC = 20;

/** Interface indexes. */
export interface L3Devices {
  readonly l3Bridge: number;
  readonly l3Vxlan: number;
}

export class KernelWrites {
  constructor(private readonly client: NetlinkClient) {}

  /** Both halves: the bridge's, and the vxlan device's with the VTEP. */
  async writeMac(vxlan: number, bridge: number, mac: number, vtep: string): Promise<void> {
    if (vtep === SEGMENT) throw new VtepError("not_ours", "next hops of an Ethernet segment are zebra's to write");
    const flags = NeighborFlag.self | NeighborFlag.master | NeighborFlag.extLearned;
    const place = { family: AddressFamily.bridge, ifindex: vxlan, master: bridge, state: NeighborState.reachable };
    const entry = { ...place, flags, linkLayer: macBytesOf(mac), destination: ipBytes(vtep) };
    await this.client.execute(encodeNewNeighbor({ ...entry, protocol: RouteProtocol.zebra }, "replace"));
  }

  async deleteMac(vxlan: number, mac: number): Promise<void> {
    const entry = { family: AddressFamily.bridge, ifindex: vxlan, linkLayer: macBytesOf(mac) };
    for (const flags of [NeighborFlag.master, NeighborFlag.self]) {
      await this.executeUnlessGone(encodeDeleteNeighbor({ ...entry, flags }));
    }
  }

  async writeFlood(vxlan: number, vtep: string): Promise<void> {
    await this.client.execute(encodeNewNeighbor(floodEntry(vxlan, vtep), "append"));
  }

  async deleteFlood(vxlan: number, vtep: string): Promise<void> {
    await this.executeUnlessGone(encodeDeleteNeighbor(floodEntry(vxlan, vtep)));
  }

  /** A host behind another VTEP, or, on the bridge of an L3 VNI, a VTEP's router MAC. */
  async writeNeighbor(bridge: number, address: string, mac: string): Promise<void> {
    const origin = { flags: NeighborFlag.extLearned, protocol: RouteProtocol.zebra, state: NeighborState.noArp };
    const entry = { ...neighborEntry(bridge, address), ...origin, linkLayer: macBytes(mac) };
    await this.client.execute(encodeNewNeighbor(entry, "replace"));
  }

  /** As zebra does it for a VTEP that routes lead to: its MAC behind it, and itself as neighbour in all its forms. */
  async writeRouterMac(l3: L3Devices, vtep: string, forms: readonly string[], mac: number): Promise<void> {
    await this.writeMac(l3.l3Vxlan, l3.l3Bridge, mac, vtep);
    for (const form of forms) await this.writeNeighbor(l3.l3Bridge, form, macText(mac));
  }

  async deleteNeighbor(bridge: number, address: string): Promise<void> {
    await this.executeUnlessGone(encodeDeleteNeighbor(neighborEntry(bridge, address)));
  }

  /** A host of ours, as it is announced. */
  async writeBinding(bridge: number, address: string, mac: string): Promise<void> {
    const entry = { ...neighborEntry(bridge, address), linkLayer: macBytes(mac), state: NeighborState.permanent };
    await this.client.execute(encodeNewNeighbor({ ...entry, protocol: OUR_PROTOCOL }, "replace"));
  }

  async writeLocalMac(port: number, mac: number): Promise<void> {
    const entry = { family: AddressFamily.bridge, ifindex: port, linkLayer: macBytesOf(mac) };
    const flags = NeighborFlag.master | NeighborFlag.extLearned;
    await this.client.execute(encodeNewNeighbor({ ...entry, flags, state: NeighborState.reachable }, "replace"));
  }

  async deleteLocalMac(port: number, mac: number): Promise<void> {
    const entry = { family: AddressFamily.bridge, ifindex: port, linkLayer: macBytesOf(mac) };
    await this.executeUnlessGone(encodeDeleteNeighbor({ ...entry, flags: NeighborFlag.master }));
  }

  async writeRoute(table: number, bridge: number, prefix: string, gateways: readonly string[]): Promise<void> {
    const key = routeKey(table, prefix);
    const legs = gateways.map((gateway) => ({ ifindex: bridge, gateway: ipBytes(nextHopForm(gateway, prefix)) }));
    await this.client.execute(encodeReplaceRoute(key, legs));
  }

  async deleteRoute(table: number, prefix: string): Promise<void> {
    await this.executeUnlessGone(encodeDeleteRoute(routeKey(table, prefix)));
  }

  private async executeUnlessGone(message: Uint8Array): Promise<void> {
    try {
      await this.client.execute(message);
    } catch (error) {
      if (!["ENOENT", "ESRCH", "ENODEV"].includes(refusedWith(error) ?? "")) throw error;
    }
  }
}

function floodEntry(vxlan: number, vtep: string) {
  const state = NeighborState.noArp | NeighborState.permanent;
  const entry = { family: AddressFamily.bridge, ifindex: vxlan, linkLayer: FLOOD_MAC, state };
  return { ...entry, flags: NeighborFlag.self, destination: ipBytes(vtep) };
}

function neighborEntry(ifindex: number, address: string) {
  const destination = ipBytes(address);
  const family = destination.length === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
  return { family, ifindex, destination };
}

function routeKey(table: number, prefix: string): RouteKey {
  const slash = prefix.indexOf("/");
  const prefixLength = Number(prefix.slice(slash + 1));
  const destination = ipBytes(prefix.slice(0, slash));
  return { destination, prefixLength, table, priority: BGP_METRIC, protocol: RouteProtocol.bgp };
}

/** How a VTEP is written as next hop of one prefix: IPv6 ones are led to an IPv4 VTEP by ::ffff:a.b.c.d. */
export function nextHopForm(vtep: string, prefix: string): string {
  return prefix.includes(":") && !vtep.includes(":") ? `::ffff:${vtep}` : vtep;
}

function ipBytes(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes === null) throw new VtepError("invalid_address", `${text} is not an IP address`);
  return bytes;
}

function macBytes(text: string): Uint8Array {
  const mac = parseMac(text);
  if (mac === undefined) throw new VtepError("invalid_mac", `${text} is not a MAC`);
  const bytes = new Uint8Array(6);
  writeMac(bytes, 0, mac.hi, mac.lo);
  return bytes;
}
