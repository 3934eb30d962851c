/**
 * The demo without BGP, for a machine without FRR: the interop lab, real traffic between all its hosts, and a table that
 * says who reached whom, by which way, how fast, and what the kernel's VTEP did.
 */

import { type PingResult, pingHost } from "../checks/ping.js";
import { checkSend } from "../checks/send.js";
import { type StreamResult, stream } from "../checks/tcp.js";
import { type HostPlace, hostPlaces, type LabContext, vtepSpec } from "../context.js";
import { vxlanName } from "../kernel_vtep.js";
import { macOf } from "../plan.js";
import { runText } from "../process.js";
import { pairsOf, wayInto } from "./leaf.js";
import { type Print, table } from "./text.js";

export const BRIDGED_LAB = "interop-kernel";
const KERNEL_NODE = "k3";
const STREAM_BYTES = 100_000_000;
const PACKET_SIZE = 84;

interface Pair {
  readonly from: HostPlace;
  readonly to: HostPlace;
  readonly pings: readonly (PingResult | undefined)[];
  readonly stream: StreamResult | undefined;
}

/** Tells whether everybody reached everybody. */
export async function showBridged(context: LabContext, print: Print): Promise<boolean> {
  print("Sending: three echo requests and 100 MB of TCP between each two hosts, by IPv4 and IPv6 ...\n");
  const hosts = hostPlaces(context.lab);
  const pairs: Pair[] = [];
  for (const [from, to] of pairsOf(hosts)) pairs.push(await talk(context, from, to));
  const ways = new Map<string, string>();
  for (const { node } of hosts) ways.set(node, await wayInto(context, node));
  for (const line of pairTable(pairs, ways)) print(line);
  const flooded = await broadcast(context, print);
  for (const line of await kernelStory(context)) print(line);
  return flooded && pairs.every(isGood);
}

async function talk(context: LabContext, from: HostPlace, to: HostPlace): Promise<Pair> {
  const pings: (PingResult | undefined)[] = [];
  for (const family of [4, 6] as const)
    pings.push(await pingHost(context, from, to, { family, packetSize: PACKET_SIZE, spaced: true }));
  const result = await stream(context, from, to, 4, STREAM_BYTES).catch(() => undefined);
  return { from, to, pings, stream: result };
}

const isGood = ({ pings, stream: result }: Pair): boolean =>
  pings.every((ping) => ping !== undefined && ping.received === ping.sent && ping.duplicates === 0) &&
  result?.intact === true &&
  result.bytes === STREAM_BYTES;

function pairTable(pairs: readonly Pair[], ways: ReadonlyMap<string, string>): string[] {
  const head = ["from", "to", "enters at", "leaves at", "ping IPv4", "ping IPv6", "TCP"];
  const rows = pairs.map(({ from, to, pings, stream: result }) => [
    from.node,
    to.node,
    ways.get(from.node) ?? "",
    ways.get(to.node) ?? "",
    ...pings.map(pingWords),
    result === undefined
      ? "broken off"
      : `${result.gigabitsPerSecond.toFixed(1)} Gbit/s${result.intact ? "" : ", DAMAGED"}`,
  ]);
  return table(head, rows);
}

function pingWords(ping: PingResult | undefined): string {
  if (ping === undefined) return "-";
  const time = ping.averageMs === undefined ? "" : `, ${ping.averageMs.toFixed(2)} ms`;
  return `${ping.received} of ${ping.sent}${time}`;
}

async function broadcast(context: LabContext, print: Print): Promise<boolean> {
  const outcome = await checkSend(context, {
    send: { from: "h1", cast: "broadcast", family: 4, arrives: { h2: 1, h3: 1 }, wire: { "v1>v2": 1, "v1>k3": 1 } },
  });
  if (outcome.problems.length === 0)
    print("\nA broadcast from h1 went once to each other VTEP and arrived once at h2 and at h3.");
  for (const problem of outcome.problems) print(`\nA broadcast from h1: ${problem}`);
  return outcome.problems.length === 0;
}

interface FdbRow {
  readonly mac: string;
  readonly dst?: string;
}

interface LinkRow {
  readonly stats64: { readonly rx: { readonly packets: number }; readonly tx: { readonly packets: number } };
}

/** What the stock VTEP learned of ours, in its own tables' words. */
async function kernelStory({ lab, instance }: LabContext): Promise<string[]> {
  const namespace = instance.namespaceOf(KERNEL_NODE);
  const device =
    vtepSpec(lab, KERNEL_NODE).bridgeDomains.flatMap(({ vni }) => (vni === undefined ? [] : vxlanName(vni)))[0] ?? "";
  const fdb = JSON.parse(await runText("bridge", ["-n", namespace, "-j", "fdb", "show", "dev", device])) as FdbRow[];
  const [link] = JSON.parse(await runText("ip", ["-n", namespace, "-s", "-j", "link", "show", device])) as LinkRow[];
  const owners = new Map(hostPlaces(lab).map(({ node, interface: name }) => [macOf(lab, node, name), node]));
  const learned = fdb.filter(({ mac, dst }) => dst !== undefined && owners.has(mac));
  return [
    `The kernel's VTEP ${KERNEL_NODE} took ${link?.stats64.rx.packets} packets out of VXLAN, put ${link?.stats64.tx.packets} in, and learned:`,
    ...learned.map(({ mac, dst }) => `  ${mac} (${owners.get(mac)}) is behind ${dst}`),
  ];
}
