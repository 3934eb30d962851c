/**
 * What `npm run demo` shows: the interop lab, real traffic between all its hosts, and a table that says who reached
 * whom, by which way, how fast, and what the kernel's VTEP did.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type PingResult, pingHost } from "./checks/ping.js";
import { checkSend } from "./checks/send.js";
import { type StreamResult, stream } from "./checks/tcp.js";
import { type HostPlace, hostPlaces, type LabContext, vtepSpec } from "./context.js";
import { showRows } from "./daemon.js";
import { vxlanName } from "./kernel_vtep.js";
import { loadLab } from "./load.js";
import { macOf } from "./plan.js";
import { runText } from "./process.js";
import { withLab } from "./runner.js";
import { type Lab, peerOf, splitEndpoint, type Variant } from "./topology.js";

const LAB = "interop-kernel";
const KERNEL_NODE = "k3";
const STREAM_BYTES = 100_000_000;
const PACKET_SIZE = 84;

interface Pair {
  readonly from: HostPlace;
  readonly to: HostPlace;
  readonly pings: readonly (PingResult | undefined)[];
  readonly stream: StreamResult | undefined;
}

type Print = (line: string) => void;

/** Tells whether everybody reached everybody. */
export async function demo(variant: Variant, print: Print): Promise<boolean> {
  const lab = loadLab(LAB);
  print(`\nThe lab: ${lab.title}.\n${topologyOf(lab)}`);
  print("Making it ...");
  return withLab(lab, variant, (context) => show(context, print));
}

/** The drawing of the lab's README. */
function topologyOf(lab: Lab): string {
  const readme = readFileSync(join(lab.folder, "README.md"), "utf8");
  return /```\n([^`]*)```/.exec(readme)?.[1] ?? "";
}

async function show(context: LabContext, print: Print): Promise<boolean> {
  print("Sending: three echo requests and 100 MB of TCP between each two hosts, by IPv4 and IPv6 ...\n");
  const hosts = hostPlaces(context.lab);
  const pairs: Pair[] = [];
  for (const from of hosts) {
    for (const to of hosts.filter((host) => host !== from)) pairs.push(await talk(context, from, to));
  }
  const ways = new Map<string, string>();
  for (const { node } of hosts) ways.set(node, await wayInto(context, node));
  for (const line of table(pairs, ways)) print(line);
  const flooded = await broadcast(context, print);
  for (const line of await kernelStory(context)) print(line);
  const good = flooded && pairs.every(isGood);
  print(
    good
      ? "\nEverybody reached everybody. The lab is removed."
      : "\nSomething did not arrive: see above. The lab is removed.",
  );
  return good;
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

/** How a host's frames enter the overlay: through which VTEP, data path and hook. */
async function wayInto(context: LabContext, host: string): Promise<string> {
  const place = hostPlaces(context.lab).find(({ node }) => node === host);
  const [vtep, port] = splitEndpoint(peerOf(context.lab, place?.endpoint ?? "") ?? "");
  const daemon = context.daemons.get(vtep);
  if (daemon === undefined) return `${vtep} (Linux bridge + vxlan)`;
  const [status] = await showRows(daemon.socket, "status");
  const row = (await showRows(daemon.socket, "ports")).find((one) => one.interface === port);
  const datapath = String(status?.datapath);
  return row?.hook === datapath ? `${vtep} (vtepd, ${datapath})` : `${vtep} (vtepd, ${datapath} at ${row?.hook})`;
}

function table(pairs: readonly Pair[], ways: ReadonlyMap<string, string>): string[] {
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
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
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
