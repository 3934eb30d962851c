// The routed part of a case's tables: VRFs, gateways with their connected subnets, neighbours and routes. As control
// makes them: each different set of next hops is one route, each different next hop one path.

import { Limit, VrfFlag } from "../../src/abi/generated.js";
import { isLinkLocal } from "../../src/control/mapped_address.js";
import type { GatewayAddress } from "../../src/tables/bridge_domain.js";
import { NeighborFlag } from "../../src/tables/neighbor.js";
import type { Tables } from "../../src/tables/tables.js";
import { type Mac, parseMac } from "../../src/wire/ethernet.js";
import type { Given, NeighborGiven, NextHopGiven, VrfGiven } from "./case.js";
import type { Names } from "./given.js";
import { address16 } from "./packet.js";

/** Counts up routes and paths; 0 is none. */
class Numbers {
  routes = 0;
  paths = 0;
}

export function setRouting(tables: Tables, names: Names, given: Given): void {
  const numbers = new Numbers();
  for (const [name, vrf] of Object.entries(given.vrfs ?? {})) setVrf(tables, names, name, vrf);
  for (const name of Object.keys(given.domains)) setGateway(tables, names, given, name, numbers);
  for (const neighbor of given.neighbors ?? []) setNeighbor(tables, names, neighbor);
  for (const [name, vrf] of Object.entries(given.vrfs ?? {})) setRoutes(tables, names, name, vrf, numbers);
}

const macOf = (text: string): Mac => parseMac(text)!;

function setVrf(tables: Tables, names: Names, name: string, given: VrfGiven): void {
  const { hi, lo } = macOf(given.routerMac ?? "00:00:00:00:00:00");
  const flags = given.irb === "symmetric" ? VrfFlag.SYMMETRIC : 0;
  tables.vrfs.set(names.vrfs.indexOf(name), given.l3Vni ?? 0, flags, hi, lo);
}

/** An address with its length, that of IPv4 counted from 96. */
export function prefixOf(text: string): GatewayAddress {
  const [address = "", length = ""] = text.split("/");
  return { address: address16(address), length: Number(length) + (address.includes(":") ? 0 : 96) };
}

function masked({ address, length }: GatewayAddress): Uint8Array {
  return address.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * at))));
}

function setGateway(tables: Tables, names: Names, given: Given, name: string, numbers: Numbers): void {
  const { gateway, vrf: vrfName = "" } = given.domains[name]!;
  if (gateway === undefined) return;
  const [bd, vrf] = [names.domains.indexOf(name), names.vrfs.indexOf(vrfName)];
  const { hi, lo } = macOf(gateway.mac);
  const addresses = gateway.addresses.map(prefixOf);
  tables.bridgeDomains.setGateway(bd, vrf, hi, lo, addresses);
  const path = ++numbers.paths;
  tables.routes.setConnected(path, bd);
  const route = ++numbers.routes;
  tables.routes.setBuckets(route, new Uint16Array(Limit.ROUTE_BUCKETS).fill(path));
  for (const address of addresses.filter((one) => !isLinkLocal(one.address))) {
    tables.hosts.setLocal(vrf, address.address, bd);
    tables.prefixes.set(vrf, masked(address), address.length, route);
  }
  const first = (ipv6: boolean) =>
    gateway.addresses.filter((text) => text.includes(":") === ipv6).map((text) => prefixOf(text).address)[0];
  const { vrfs } = tables;
  vrfs.setAddresses(vrf, vrfs.addressOf(vrf, false) ?? first(false), vrfs.addressOf(vrf, true) ?? first(true));
}

function setNeighbor(tables: Tables, names: Names, { domain, ip, mac, flags = [] }: NeighborGiven): void {
  const bd = names.domains.indexOf(domain);
  const { hi, lo } = macOf(mac);
  const address = address16(ip);
  const bits = {
    static: NeighborFlag.STATIC,
    evpn: NeighborFlag.EVPN,
    router: NeighborFlag.ROUTER,
    anycast: NeighborFlag.ANYCAST,
  };
  const word = flags.reduce((sum, flag) => sum | bits[flag], 0);
  tables.neighbors.set(bd, address, hi, lo, word, 0);
  const vrf = tables.bridgeDomains.vrf[bd]!;
  const view = new DataView(address.buffer);
  const words = [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)] as const;
  if (vrf !== 0 && tables.bridgeDomains.isInSubnet(bd, ...words)) tables.hosts.setNeighbor(vrf, address, bd, hi, lo);
}

function setRoutes(tables: Tables, names: Names, name: string, given: VrfGiven, numbers: Numbers): void {
  const vrf = names.vrfs.indexOf(name);
  for (const [text, nextHops] of Object.entries(given.routes ?? {})) {
    const route = addRoute(tables, names, nextHops, numbers);
    const prefix = prefixOf(text);
    if (prefix.length === 128) tables.hosts.setRoute(vrf, prefix.address, route);
    else tables.prefixes.set(vrf, prefix.address, prefix.length, route);
  }
}

/** Next hop of a bucket: bucket modulo their number. */
function addRoute(tables: Tables, names: Names, nextHops: readonly NextHopGiven[], numbers: Numbers): number {
  const paths = nextHops.map((hop) => {
    const path = ++numbers.paths;
    const { hi, lo } = macOf(("vtep" in hop ? hop.routerMac : hop.mac) ?? "00:00:00:00:00:00");
    if ("vtep" in hop) tables.routes.setVtep(path, names.vteps.indexOf(hop.vtep), hi, lo);
    else tables.routes.setGateway(path, names.domains.indexOf(hop.domain), hi, lo);
    return path;
  });
  const route = ++numbers.routes;
  const buckets = Uint16Array.from({ length: Limit.ROUTE_BUCKETS }, (_, at) => paths[at % paths.length]!);
  tables.routes.setBuckets(route, buckets);
  return route;
}
