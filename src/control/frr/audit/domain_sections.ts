// The comparisons of one bridge domain with a VNI.

import { formatMac } from "../../../wire/ethernet.js";
import { formatMapped } from "../../mapped_address.js";
import type { DomainObjects } from "../objects/placed.js";
import type { EvpnVni, Vty } from "../vty/index.js";
import { askMacs, askNeighbors } from "../vty/index.js";
import type { AnnouncerFace, ConfiguredFace, MirrorFace } from "./faces.js";
import type { HeldPicture } from "./held_picture.js";
import { type KernelPicture, SEGMENT } from "./kernel_picture.js";
import { KernelWrites } from "./kernel_writes.js";
import { macNumberIn, macNumberOf, macText } from "./mac_number.js";
import { MacPlaces } from "./mac_places.js";
import type { Section } from "./section.js";
import { paired, uniform } from "./side.js";

const LOCAL = "local";
const HALF = "no VTEP";

export interface DomainSources {
  readonly zebra: Vty;
  readonly known: EvpnVni;
  readonly objects: DomainObjects;
  /** Name of the stand-in port. */
  readonly port: string;
  readonly kernel: KernelPicture;
  readonly held: HeldPicture;
  readonly mirror: MirrorFace;
  readonly announcer: AnnouncerFace;
  readonly configured: ConfiguredFace;
}

interface FromZebra {
  readonly remote: MacPlaces;
  readonly local: MacPlaces;
  readonly remoteBindings: Map<string, string>;
  readonly localBindings: Map<string, string>;
}

const IDENTITY = { vrf: null, textOf: (key: string) => key } as const;

export async function* domainSections(sources: DomainSources): AsyncGenerator<Section<number> | Section<string>> {
  const zebra = await fromZebra(sources);
  yield macSection(sources, zebra);
  yield floodSection(sources);
  yield bindingSection(sources, zebra);
  yield localMacSection(sources, zebra);
  yield localBindingSection(sources, zebra);
}

async function fromZebra({ zebra, known, port, objects }: DomainSources): Promise<FromZebra> {
  const sides: FromZebra = {
    remote: new MacPlaces(),
    local: new MacPlaces(),
    remoteBindings: new Map(),
    localBindings: new Map(),
  };
  await askMacs(zebra, known.vni, ({ mac, type, where }) => {
    const number = macNumberIn(mac);
    if (number === undefined) return;
    if (type === "remote") sides.remote.set(number, placeOf(where));
    else if (type === "local" && where === port) sides.local.set(number, LOCAL);
  });
  const gateway = objects.place.links.byIndex(objects.bridge)?.mac;
  await askNeighbors(zebra, known.vni, ({ address, type, mac }) => {
    // With advertise-default-gw and the like zebra makes a local host of the bridge itself.
    if (type !== "remote" && mac === gateway) return;
    (type === "remote" ? sides.remoteBindings : sides.localBindings).set(address, mac);
  });
  return sides;
}

/** An Ethernet segment is told by its ten bytes with colons. */
function placeOf(where: string): string {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){9}$/.test(where) ? SEGMENT : where;
}

function macSection(sources: DomainSources, { remote }: FromZebra): Section<number> {
  const { objects, kernel, held, mirror } = sources;
  const { bridgeDomain, vxlan, bridge } = objects;
  const { bridged, tunnelled, changed } = kernel.device(vxlan);
  const { macs, fixedMacs } = held.domain(bridgeDomain);
  const writes = new KernelWrites(objects.place.client);
  return {
    what: "mac",
    bridgeDomain,
    vrf: null,
    frr: remote,
    kernel: paired(bridged, tunnelled, HALF),
    vtepd: macs,
    owner: "frr",
    isLeftOut: (mac) => fixedMacs.has(mac) || changed.has(mac),
    textOf: macText,
    write: (mac, vtep) => writes.writeMac(vxlan, bridge, mac, vtep),
    delete: (mac) => writes.deleteMac(vxlan, mac),
    refresh: () => mirror.readAgain(),
  };
}

function floodSection({ objects, known, kernel, held, mirror, configured }: DomainSources): Section<string> {
  const { bridgeDomain, vxlan } = objects;
  const writes = new KernelWrites(objects.place.client);
  return {
    ...IDENTITY,
    what: "flood",
    bridgeDomain,
    frr: new Map(known.remoteVteps.map((vtep) => [vtep, vtep])),
    kernel: kernel.device(vxlan).flood,
    vtepd: held.domain(bridgeDomain).flood,
    owner: "frr",
    isLeftOut: (vtep) => configured.isFloodVtep(bridgeDomain, vtep),
    write: (vtep) => writes.writeFlood(vxlan, vtep),
    delete: (vtep) => writes.deleteFlood(vxlan, vtep),
    refresh: () => mirror.readAgain(),
  };
}

function bindingSection({ objects, kernel, held, mirror }: DomainSources, zebra: FromZebra): Section<string> {
  const { bridgeDomain, bridge } = objects;
  const { bindings, fixedBindings } = held.domain(bridgeDomain);
  const writes = new KernelWrites(objects.place.client);
  return {
    ...IDENTITY,
    what: "neighbor",
    bridgeDomain,
    frr: zebra.remoteBindings,
    kernel: kernel.bridge(bridge).remote,
    vtepd: bindings,
    owner: "frr",
    isLeftOut: (address) => fixedBindings.has(address),
    write: (address, mac) => writes.writeNeighbor(bridge, address, mac),
    delete: (address) => writes.deleteNeighbor(bridge, address),
    refresh: () => mirror.readAgain(),
  };
}

function localMacSection({ objects, kernel, announcer }: DomainSources, zebra: FromZebra): Section<number> {
  const { bridgeDomain, port } = objects;
  const writes = new KernelWrites(objects.place.client);
  const { bridged, changed } = kernel.device(port);
  const announced = new MacPlaces();
  for (const { hi, lo } of announcer.macs(bridgeDomain)) announced.set(macNumberOf(hi, lo), LOCAL);
  return {
    what: "local_mac",
    bridgeDomain,
    vrf: null,
    frr: zebra.local,
    kernel: uniform(bridged, LOCAL),
    vtepd: announced,
    owner: "vtepd",
    isLeftOut: (mac) => changed.has(mac),
    textOf: macText,
    write: (mac) => writes.writeLocalMac(port, mac),
    delete: (mac) => writes.deleteLocalMac(port, mac),
    refresh: () => announcer.announceAgain(bridgeDomain),
  };
}

function localBindingSection({ objects, kernel, announcer }: DomainSources, zebra: FromZebra): Section<string> {
  const { bridgeDomain, bridge } = objects;
  const { announced, foreign } = kernel.bridge(bridge);
  const writes = new KernelWrites(objects.place.client);
  const wanted = [...announcer.bindings(bridgeDomain)].map(({ address, mac: { hi, lo } }) => {
    return [formatMapped(address), formatMac(hi, lo)] as const;
  });
  return {
    ...IDENTITY,
    what: "local_binding",
    bridgeDomain,
    frr: zebra.localBindings,
    kernel: announced,
    vtepd: new Map(wanted),
    owner: "vtepd",
    // The kernel's own neighbours, of its own traffic, are not ours to take away.
    isLeftOut: (address) => foreign.has(address),
    write: (address, mac) => writes.writeBinding(bridge, address, mac),
    delete: (address) => writes.deleteNeighbor(bridge, address),
    refresh: () => announcer.announceAgain(bridgeDomain),
  };
}
