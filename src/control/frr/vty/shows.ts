// The questions that we ask zebra and bgpd, and their answers as values.
//
// MACs, neighbours and routes are read from the tables for people: for 100 000 MACs FRR 8.4.4 needs 0.3 s and 7 MB to
// print the table, and 5 s and 19 MB to print the JSON, and zebra does nothing else meanwhile.

import { VtepError } from "../../../wire/error.js";
import { formatIp, parseIp } from "../../netlink/address_text.js";
import type { Vty } from "./connection.js";
import { askJson, type Fields, fieldsOf, nonsense, numberIn, objectsIn, textIn, textsIn } from "./document.js";
import { type FrrVersion, versionIn } from "./release.js";

export interface EvpnVni {
  readonly vni: number;
  readonly type: "L2" | "L3";
  readonly vxlanDevice: string;
  /** What zebra calls it: "default" where there is none. */
  readonly vrf: string;
  /** Head-end replication list; empty for an L3 VNI. */
  readonly remoteVteps: readonly string[];
  readonly macCount: number;
}

export async function askVersion(vty: Vty): Promise<FrrVersion | undefined> {
  return versionIn(await vty.text("show version"));
}

const VNIS = "show evpn vni json";

export async function askVnis(zebra: Vty): Promise<EvpnVni[]> {
  const fields = fieldsOf(await askJson(zebra, VNIS), VNIS);
  return objectsIn(fields).map(([, vni]) => ({
    vni: numberIn(vni, "vni", VNIS),
    type: textIn(vni, "type", VNIS) === "L3" ? "L3" : "L2",
    vxlanDevice: textIn(vni, "vxlanIf", VNIS),
    vrf: textIn(vni, "tenantVrf", VNIS),
    remoteVteps: textsIn(vni, "remoteVteps", VNIS).map(canonicalIp),
    macCount: numberIn(vni, "numMacs", VNIS),
  }));
}

export interface RouterMac {
  /** IPv4 VTEPs as such, also where zebra writes ::ffff:a.b.c.d because a route for IPv6 goes there. */
  readonly vtep: string;
  readonly mac: string;
}

/** By VNI: what zebra believes to be the router MAC of each VTEP, once for each family of routes. */
export async function askNextHops(zebra: Vty): Promise<Map<number, RouterMac[]>> {
  const command = "show evpn next-hops vni all json";
  const result = new Map<number, RouterMac[]>();
  for (const [vni, nextHops] of objectsIn(fieldsOf(await askJson(zebra, command), command))) {
    const read = ([, nextHop]: [string, Fields]): RouterMac => ({
      vtep: canonicalIp(textIn(nextHop, "nexthopIp", command)),
      mac: textIn(nextHop, "routerMac", command),
    });
    result.set(Number(vni), objectsIn(nextHops).map(read));
  }
  return result;
}

/** By VNI: every router MAC that zebra has heard of. A VTEP whose MAC changed may have two. */
export async function askRouterMacs(zebra: Vty): Promise<Map<number, RouterMac[]>> {
  const command = "show evpn rmac vni all json";
  const result = new Map<number, RouterMac[]>();
  for (const [vni, macs] of objectsIn(fieldsOf(await askJson(zebra, command), command))) {
    const read = ([, one]: [string, Fields]): RouterMac => ({
      vtep: canonicalIp(textIn(one, "vtepIp", command)),
      mac: textIn(one, "routerMac", command),
    });
    result.set(Number(vni), objectsIn(macs).map(read));
  }
  return result;
}

export interface BgpPeer {
  readonly name: string;
  readonly established: boolean;
  readonly prefixes: number;
}

/** Peers of the EVPN address family; none where bgpd has no instance. */
export async function askEvpnPeers(bgpd: Vty): Promise<BgpPeer[]> {
  const command = "show bgp l2vpn evpn summary json";
  const summary = fieldsOf(await askJson(bgpd, command).catch(nothingIfRefused), command);
  const { peers } = summary;
  if (peers === undefined) return [];
  return objectsIn(fieldsOf(peers, command)).map(([name, peer]) => ({
    name,
    established: peer.state === "Established",
    prefixes: typeof peer.pfxRcd === "number" ? peer.pfxRcd : 0,
  }));
}

/** bgpd answers "BGP instance not found" as a refusal. */
export function nothingIfRefused(error: unknown): Fields {
  if (error instanceof VtepError && error.code === "frr_refused") return {};
  throw error;
}

/** The router MAC that bgpd last heard with one prefix of a VRF from one VTEP. */
export async function askRouterMacOf(
  bgpd: Vty,
  vrf: string,
  prefix: string,
  vtep: string,
): Promise<string | undefined> {
  const family = prefix.includes(":") ? "ipv6" : "ipv4";
  const command = `show bgp vrf ${vrf} ${family} unicast ${prefix} json`;
  const { paths } = fieldsOf(await askJson(bgpd, command).catch(nothingIfRefused), command);
  if (paths === undefined) return undefined;
  if (!Array.isArray(paths)) throw nonsense(command, "paths should be a list");
  for (const path of paths.map((one) => fieldsOf(one, command))) {
    if (leadsTo(path, vtep, command)) return routerMacIn(path, command);
  }
  return undefined;
}

function leadsTo({ nexthops }: Fields, vtep: string, command: string): boolean {
  if (!Array.isArray(nexthops)) return false;
  return nexthops.some((one) => canonicalIp(String(fieldsOf(one, command).ip)) === vtep);
}

/** SPEC: RFC 9135 §8.1, EVPN Router's MAC extended community; FRR prints "RT:1000:5000 ET:8 Rmac:02:00:00:00:50:02". */
function routerMacIn({ extendedCommunity }: Fields, command: string): string | undefined {
  if (extendedCommunity === undefined) return undefined;
  const text = textIn(fieldsOf(extendedCommunity, command), "string", command);
  return /\bRmac:([0-9a-f:]{17})/i.exec(text)?.[1]?.toLowerCase();
}

/** Whether zebra was started with -n: VRFs are network namespaces. */
export async function askWhetherVrfsAreNamespaces(zebra: Vty): Promise<boolean> {
  return (await zebra.text("show vrf")).includes("netns-based");
}

export async function askConfig(vty: Vty): Promise<string> {
  await vty.text("enable");
  return vty.text("show running-config");
}

/** FRR leaves its IPv6 texts to the C library; ours follow RFC 5952. IPv4-mapped ones become IPv4. */
export function canonicalIp(text: string): string {
  const bytes = parseIp(text);
  if (bytes === null) return text;
  const isMapped = bytes.length === 16 && formatIp(bytes).startsWith("::ffff:") && bytes[10] === 0xff;
  return formatIp(isMapped ? bytes.subarray(12) : bytes);
}

export interface ShownInterface {
  readonly name: string;
  readonly vrf: string;
  readonly mac: string | undefined;
  /** Of a VXLAN device. */
  readonly vni: number | undefined;
  /** Name of the bridge it is a port of; empty where it is none. */
  readonly bridge: string;
}

/** Of all VRFs; an interface name that two namespaces have is told once. */
export async function askInterfaces(zebra: Vty): Promise<ShownInterface[]> {
  const command = "show interface vrf all json";
  return objectsIn(fieldsOf(await askJson(zebra, command), command)).map(([name, fields]) => ({
    name,
    vrf: String(fields.vrfName ?? ""),
    mac: typeof fields.hardwareAddress === "string" ? fields.hardwareAddress : undefined,
    vni: typeof fields.vxlanId === "number" ? fields.vxlanId : undefined,
    bridge: typeof fields.masterInterface === "string" ? fields.masterInterface : "",
  }));
}
