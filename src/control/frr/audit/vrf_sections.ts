// The comparisons of one VRF with an L3 VNI.
//
// Of router MACs bgpd is asked, not zebra: when the MAC of a VTEP changes in place, zebra 8.4.4 takes the neighbour of the
// VTEP from the kernel, writes no new one, and goes on showing the old MAC. What bgpd heard last is written
// in zebra's stead, so that the kernel and we have it.

import type { VrfObjects } from "../objects/placed.js";
import { askNextHops, askRouterMacOf, askRoutes, canonicalIp, type Vty } from "../vty/index.js";
import type { ConfiguredFace, MirrorFace } from "./faces.js";
import type { HeldPicture } from "./held_picture.js";
import { gatewaysText, type KernelPicture } from "./kernel_picture.js";
import { KernelWrites, nextHopForm } from "./kernel_writes.js";
import { macNumberIn } from "./mac_number.js";
import type { Section } from "./section.js";

export interface VrfSources {
  readonly zebra: Vty;
  readonly bgpd: Vty | undefined;
  /** What FRR calls the VRF. */
  readonly frrName: string;
  readonly l3Vni: number;
  readonly objects: VrfObjects;
  /** Name of the L3 VNI's bridge. */
  readonly bridgeName: string;
  readonly kernel: KernelPicture;
  readonly held: HeldPicture;
  readonly mirror: MirrorFace;
  readonly configured: ConfiguredFace;
}

export async function* vrfSections(sources: VrfSources): AsyncGenerator<Section<string>> {
  const inZebra = await routesInZebra(sources);
  yield routeSection(sources, inZebra);
  yield await routerMacSection(sources, inZebra);
}

async function routesInZebra({ zebra, frrName, bridgeName }: VrfSources): Promise<Map<string, string>> {
  const inZebra = new Map<string, string>();
  for (const family of ["ip", "ipv6"] as const) {
    await askRoutes(zebra, frrName, family, ({ prefix, gateways, interfaces }) => {
      if (interfaces.every((name) => name === bridgeName)) inZebra.set(prefix, gatewaysText(gateways));
    });
  }
  return inZebra;
}

function routeSection(sources: VrfSources, inZebra: ReadonlyMap<string, string>): Section<string> {
  const { objects, kernel, held, mirror, configured } = sources;
  const { vrf, table, l3Bridge } = objects;
  const writes = new KernelWrites(objects.place.client);
  const inKernel = new Map<string, string>();
  for (const [prefix, { gateways, ifindexes }] of kernel.table(table)) {
    if (ifindexes.length > 0 && ifindexes.every((ifindex) => ifindex === l3Bridge)) inKernel.set(prefix, gateways);
  }
  const { routes, elsewhere } = held.vrf(vrf);
  return {
    what: "route",
    bridgeDomain: null,
    vrf,
    frr: inZebra,
    kernel: inKernel,
    vtepd: routes,
    owner: "frr",
    isLeftOut: (prefix) => configured.isRoute(vrf, prefix) || elsewhere.has(prefix),
    textOf: (prefix) => prefix,
    write: (prefix, gateways) => writes.writeRoute(table, l3Bridge, prefix, gateways.split(",")),
    delete: (prefix) => writes.deleteRoute(table, prefix),
    refresh: () => mirror.readAgain(),
  };
}

async function routerMacSection(sources: VrfSources, routes: ReadonlyMap<string, string>): Promise<Section<string>> {
  const { objects, kernel, held, mirror } = sources;
  const { vrf, l3Bridge } = objects;
  const writes = new KernelWrites(objects.place.client);
  const uses = usesOf(routes);
  const frr = await macsByFrr(sources, uses);
  const neighbors = kernel.bridge(l3Bridge).remote;
  const { routerMacs } = held.vrf(vrf);
  const formsOf = (vtep: string): string[] => [...(uses.get(vtep)?.keys() ?? [vtep, `::ffff:${vtep}`])];
  return {
    what: "router_mac",
    bridgeDomain: null,
    vrf,
    frr,
    kernel: macsInKernel(neighbors, formsOf),
    vtepd: new Map([...routerMacs].filter(([vtep]) => uses.has(vtep))),
    owner: "frr",
    // Who has the router MAC of a VTEP that no route leads to is all the same.
    isLeftOut: (vtep) => frr.has(vtep) && !uses.has(vtep),
    textOf: (vtep) => vtep,
    async write(vtep, mac) {
      const number = macNumberIn(mac);
      if (number !== undefined) await writes.writeRouterMac(objects, vtep, formsOf(vtep), number);
    },
    async delete(vtep) {
      for (const form of formsOf(vtep)) if (neighbors.has(form)) await writes.deleteNeighbor(l3Bridge, form);
    },
    refresh: () => mirror.readAgain(),
  };
}

/** A VTEP has one router MAC however it is written; where one of the forms lacks it, it lacks. */
function macsInKernel(
  neighbors: ReadonlyMap<string, string>,
  formsOf: (vtep: string) => readonly string[],
): Map<string, string> {
  const macs = new Map<string, string>();
  for (const address of neighbors.keys()) {
    const vtep = canonicalIp(address);
    const forms = formsOf(vtep).map((form) => neighbors.get(form));
    const [mac] = forms.filter((one) => one !== undefined);
    const isWhole = forms.every((one) => one === mac);
    if (mac !== undefined) macs.set(vtep, isWhole ? mac : `${mac}, not in all forms of the address`);
  }
  return macs;
}

/** VTEP → router MAC: zebra's, and for VTEPs that routes lead to what bgpd heard last. */
async function macsByFrr({ zebra, bgpd, l3Vni, frrName }: VrfSources, uses: Uses): Promise<Map<string, string>> {
  const nextHops = (await askNextHops(zebra)).get(l3Vni) ?? [];
  const macs = new Map(nextHops.map(({ vtep, mac }) => [vtep, mac]));
  if (bgpd === undefined) return macs;
  for (const [vtep, forms] of uses) {
    const [prefix] = forms.values();
    const mac = prefix === undefined ? undefined : await askRouterMacOf(bgpd, frrName, prefix, vtep);
    if (mac !== undefined) macs.set(vtep, mac);
  }
  return macs;
}

/** VTEP → its forms as next hop → a prefix that is led so. A router has one MAC for all routes of a VRF. */
type Uses = ReadonlyMap<string, ReadonlyMap<string, string>>;

function usesOf(routes: ReadonlyMap<string, string>): Uses {
  const uses = new Map<string, Map<string, string>>();
  for (const [prefix, vteps] of routes) {
    for (const vtep of vteps.split(",")) {
      const forms = uses.get(vtep) ?? new Map<string, string>();
      uses.set(vtep, forms);
      forms.set(nextHopForm(vtep, prefix), prefix);
    }
  }
  return uses;
}
