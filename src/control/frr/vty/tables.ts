// The long lists of zebra, row by row as they come. See shows.ts for why they are not read as JSON.

import { VtepError } from "../../../wire/error.js";
import type { Vty } from "./connection.js";
import { nonsense } from "./document.js";
import { canonicalIp } from "./shows.js";

export interface ShownMac {
  readonly mac: string;
  readonly type: "local" | "remote" | "auto";
  /** Of a remote MAC its VTEP, or the Ethernet segment it is behind; of a local one its interface. */
  readonly where: string;
}

/** MAC, type, flags that may be empty, place, VLAN that may be empty, sequence numbers. */
const MAC_ROW = /^([0-9a-f]{2}(?::[0-9a-f]{2}){5}) +(local|remote|auto) +(.*)$/;
/** Flags are capital letters in the first column behind the type; what is left begins with the place. */
const FLAGS = /^[NIPX]{1,4} +/;

export async function askMacs(zebra: Vty, vni: number, visit: (mac: ShownMac) => void): Promise<void> {
  const command = `show evpn mac vni ${vni}`;
  await askRows(zebra, command, (line) => {
    const row = MAC_ROW.exec(line);
    if (row === null) {
      if (/^[0-9a-f]{2}:/.test(line)) throw nonsense(command, `'${line}'`);
      return;
    }
    const where = row[3]!.replace(FLAGS, "").split(" ", 1)[0]!;
    visit({ mac: row[1]!, type: row[2] as ShownMac["type"], where });
  });
}

export interface ShownNeighbor {
  readonly address: string;
  readonly type: "local" | "remote";
  readonly mac: string;
}

/** Address, type, flags, state, MAC, and for a remote one its VTEP or Ethernet segment. */
const NEIGHBOR_ROW = /^([0-9a-f.:]+) +(local|remote) .*?([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b/;

export async function askNeighbors(zebra: Vty, vni: number, visit: (neighbor: ShownNeighbor) => void): Promise<void> {
  await askRows(zebra, `show evpn arp-cache vni ${vni}`, (line) => {
    const row = NEIGHBOR_ROW.exec(line);
    if (row === null) return;
    visit({ address: canonicalIp(row[1]!), type: row[2] as ShownNeighbor["type"], mac: row[3]! });
  });
}

export interface ShownRoute {
  readonly prefix: string;
  readonly gateways: readonly string[];
  /** Interfaces that the gateways are behind, in the same order. */
  readonly interfaces: readonly string[];
}

/** "B>* 10.1.200.0/24 [200/0] via 10.0.0.2, br5000 onlink, weight 1, 00:03:49" */
const ROUTE_ROW = /^B>(.) ([0-9a-f.:]+\/\d+) \[/;
const NEXT_HOP = /^.{3}.*\bvia ([0-9a-f.:]+), ([^ ,]+)/;

/** Routes that zebra chose from BGP and says to have installed. `vrf` as zebra calls it. */
export async function askRoutes(
  zebra: Vty,
  vrf: string,
  family: "ip" | "ipv6",
  visit: (route: ShownRoute) => void,
): Promise<void> {
  let prefix = "";
  let nextHops: { gateway: string; name: string }[] = [];
  const finish = (): void => {
    if (prefix === "") return;
    visit({
      prefix,
      gateways: nextHops.map(({ gateway }) => gateway),
      interfaces: nextHops.map(({ name }) => name),
    });
  };
  await askRows(zebra, `show ${family} route vrf ${vrf} bgp`, (line) => {
    const row = ROUTE_ROW.exec(line);
    if (row !== null) {
      finish();
      prefix = row[1] === "*" ? canonicalPrefix(row[2]!) : "";
      nextHops = [];
    } else if (!line.startsWith("  *")) return;
    const nextHop = NEXT_HOP.exec(line);
    if (nextHop !== null) nextHops.push({ gateway: canonicalIp(nextHop[1]!), name: nextHop[2]! });
  });
  finish();
}

/** A throw of the visitor must not end in the socket's handler: it is told when the answer is complete. */
async function askRows(vty: Vty, command: string, visit: (line: string) => void): Promise<void> {
  let failure: unknown;
  const guarded = (line: string): void => {
    if (failure !== undefined) return;
    try {
      visit(line);
    } catch (error) {
      failure = error;
    }
  };
  await vty.lines(command, guarded).catch((error: unknown) => {
    // A VNI or VRF that zebra does not know has no rows.
    if (!(error instanceof VtepError) || error.code !== "frr_refused") throw error;
  });
  if (failure !== undefined) throw failure;
}

function canonicalPrefix(text: string): string {
  const slash = text.indexOf("/");
  return canonicalIp(text.slice(0, slash)) + text.slice(slash);
}
