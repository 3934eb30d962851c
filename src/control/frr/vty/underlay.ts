// How FRR's underlay leads to the VTEPs that EVPN tells of.

import type { Vty } from "./connection.js";
import { askJson, type Fields, fieldsOf, objectsIn } from "./document.js";
import { canonicalIp, nothingIfRefused } from "./shows.js";

/** Next hops of the inclusive multicast routes (RFC 7432 §11) that came from elsewhere, valid or not. */
export async function askEvpnVteps(bgpd: Vty): Promise<string[]> {
  const command = "show bgp l2vpn evpn route type multicast json";
  const answer = fieldsOf(await askJson(bgpd, command).catch(nothingIfRefused), command);
  const vteps = new Set<string>();
  for (const [, routes] of objectsIn(answer)) {
    for (const [, { paths }] of objectsIn(routes)) {
      for (const path of pathsIn(paths, command)) for (const vtep of remoteNextHops(path, command)) vteps.add(vtep);
    }
  }
  return [...vteps];
}

/** The same of one VNI, without those that cannot be used. */
export async function askRemoteVtepsOf(bgpd: Vty, vni: number): Promise<string[]> {
  const command = `show bgp l2vpn evpn route vni ${vni} type multicast json`;
  const answer = fieldsOf(await askJson(bgpd, command).catch(nothingIfRefused), command);
  return objectsIn(answer).flatMap(([, { paths }]) => {
    const valid = pathsIn(paths, command).filter((path) => path.valid === true);
    return valid.flatMap((path) => remoteNextHops(path, command));
  });
}

/** A list of paths, or of lists of them. */
function pathsIn(paths: unknown, command: string): Fields[] {
  if (!Array.isArray(paths)) return [];
  return paths.flat().map((path) => fieldsOf(path, command));
}

function remoteNextHops({ peerId, nexthops }: Fields, command: string): string[] {
  if (peerId === "(unspec)" || !Array.isArray(nexthops)) return [];
  return nexthops.map((one) => canonicalIp(String(fieldsOf(one, command).ip)));
}

/** Prefix of the route that zebra takes to an address; undefined where there is none. */
export async function askResolvingPrefix(zebra: Vty, address: string): Promise<string | undefined> {
  const command = `show ${address.includes(":") ? "ipv6" : "ip"} route ${address} json`;
  const routes = fieldsOf(await askJson(zebra, command).catch(nothingIfRefused), command);
  return Object.keys(routes)[0];
}

/** Autonomous systems that BGP's route to an address passes; undefined where BGP has none. */
export async function askPathLength(bgpd: Vty, address: string): Promise<number | undefined> {
  const command = `show bgp ${address.includes(":") ? "ipv6" : "ipv4"} unicast ${address} json`;
  const { paths } = fieldsOf(await askJson(bgpd, command).catch(nothingIfRefused), command);
  const lengths = pathsIn(paths, command).flatMap(({ aspath }) => {
    const length = aspath === undefined ? undefined : fieldsOf(aspath, command).length;
    return typeof length === "number" ? [length] : [];
  });
  return lengths.length === 0 ? undefined : Math.min(...lengths);
}
