// The maps of routing: how their keys and values are laid out. TWIN: bpf/lib/maps.h.

import {
  HostKeyLayout,
  HostLayout,
  PathLayout,
  PrefixKeyLayout,
  RouteLayout,
  VniLayout,
  VrfLayout,
} from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { mapValue, writeMac } from "./maps.js";

const LITTLE = true;
/** A prefix key begins with the VRF, which always counts whole. */
const VRF_BITS = 32;

/** What a VNI leads to. A domain goes before a VRF, as in the engine. */
export function encodeVni({ bridgeDomains, vrfs }: Tables, vni: number): Uint8Array {
  return mapValue(VniLayout.sizeBytes, (view) => {
    view.setUint16(VniLayout.bd, bridgeDomains.byVni(vni), LITTLE);
    view.setUint16(VniLayout.vrf, vrfs.byVni(vni), LITTLE);
  });
}

export function encodeVrf({ vrfs }: Tables, vrf: number): Uint8Array {
  return mapValue(VrfLayout.sizeBytes, (view) => {
    view.setUint32(VrfLayout.l3Vni, vrfs.l3Vni[vrf]!, LITTLE);
    view.setUint16(VrfLayout.flags, vrfs.flags[vrf]!, LITTLE);
    writeMac(view, VrfLayout.routerMac, vrfs.routerHi[vrf]!, vrfs.routerLo[vrf]!);
  });
}

export function encodeRoute({ routes }: Tables, route: number): Uint8Array {
  return mapValue(RouteLayout.sizeBytes, (view) => {
    routes.bucketsOf(route).forEach((path, bucket) => {
      view.setUint16(RouteLayout.path + bucket * 2, path, LITTLE);
    });
  });
}

export function encodePath({ routes }: Tables, path: number): Uint8Array {
  return mapValue(PathLayout.sizeBytes, (view) => {
    view.setUint16(PathLayout.kind, routes.pathKind[path]!, LITTLE);
    view.setUint16(PathLayout.bd, routes.pathBd[path]!, LITTLE);
    view.setUint16(PathLayout.vtep, routes.pathVtep[path]!, LITTLE);
    writeMac(view, PathLayout.routerMac, routes.pathRouterHi[path]!, routes.pathRouterLo[path]!);
  });
}

export function writeHostKey(view: DataView, at: number, vrf: number, address: Uint8Array): void {
  view.setUint32(at + HostKeyLayout.vrf, vrf, LITTLE);
  new Uint8Array(view.buffer).set(address, at + HostKeyLayout.address);
}

export function writeHost(view: DataView, at: number, { hosts }: Tables, host: number): void {
  view.setUint16(at + HostLayout.target, hosts.targetAt(host), LITTLE);
  view.setUint16(at + HostLayout.kind, hosts.kindAt(host), LITTLE);
  writeMac(view, at + HostLayout.mac, hosts.hiAt(host), hosts.loAt(host));
}

/** `length`: that of IPv4 counted from 96. */
export function writePrefixKey(view: DataView, at: number, vrf: number, address: Uint8Array, length: number): void {
  view.setUint32(at + PrefixKeyLayout.length, VRF_BITS + length, LITTLE);
  view.setUint32(at + PrefixKeyLayout.vrf, vrf, LITTLE);
  new Uint8Array(view.buffer).set(address, at + PrefixKeyLayout.address);
}

export function readPrefixLength(view: DataView, at: number): number {
  return view.getUint32(at + PrefixKeyLayout.length, LITTLE) - VRF_BITS;
}
