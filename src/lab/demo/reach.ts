/** Who reaches whom: echoes between all hosts of the fabric, TCP between some. */
import { type PingResult, pingHost } from "../checks/ping.js";
import { stream } from "../checks/tcp.js";
import { findPlace, type HostPlace, hostPlaces, type LabContext } from "../context.js";
import { type Print, table } from "./text.js";

const FAMILIES = [4, 6] as const;
const MEGABYTES = 100;

type Results = ReadonlyMap<string, readonly (PingResult | undefined)[]>;

const keyOf = (from: HostPlace, to: HostPlace): string => `${from.node}>${to.node}`;

export async function pingEverybody(context: LabContext, print: Print): Promise<readonly string[]> {
  const hosts = hostPlaces(context.lab);
  const results: Results = new Map((await Promise.all(hosts.map((from) => pingFrom(context, from, hosts)))).flat());
  const all = [...results.values()].flat().flatMap((one) => one ?? []);
  const [sent, received] = [sum(all.map((one) => one.sent)), sum(all.map((one) => one.received))];
  print(`\nEverybody pings everybody: ${received} of ${sent} answered. Average in ms, IPv4 and IPv6:`);
  for (const line of matrix(hosts, results)) print(line);
  return all.flatMap(({ from, to, family, sent, received, duplicates }) =>
    sent > 0 && received === sent && duplicates === 0
      ? []
      : [`${from} to ${to} by IPv${family}: ${received} of ${sent} answered, ${duplicates} twice`],
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

async function pingFrom(context: LabContext, from: HostPlace, hosts: readonly HostPlace[]) {
  const results: [string, (PingResult | undefined)[]][] = [];
  for (const to of hosts.filter((host) => host !== from)) {
    const both = FAMILIES.map((family) => pingHost(context, from, to, { family, spaced: true }));
    results.push([keyOf(from, to), await Promise.all(both)]);
  }
  return results;
}

function matrix(hosts: readonly HostPlace[], results: Results): string[] {
  const cell = (from: HostPlace, to: HostPlace) =>
    (results.get(keyOf(from, to)) ?? []).map((one) => one?.averageMs?.toFixed(2) ?? "none").join("  ");
  const rows = hosts.map((from) => [`from ${from.node}`, ...hosts.map((to) => cell(from, to))]);
  return table(["", ...hosts.map((to) => `to ${to.node}`)], rows);
}

/** What each way has to show. */
const STREAMS = [
  { from: "r1", to: "b2", family: 4, way: "routed, vtepd to vtepd" },
  { from: "m", to: "b2", family: 6, way: "routed, vtepd to vtepd" },
  { from: "r1", to: "r3", family: 4, way: "bridged, vtepd to Linux" },
  { from: "b3", to: "r1", family: 4, way: "routed, Linux to vtepd" },
] as const;

export async function sendStreams(context: LabContext, print: Print): Promise<readonly string[]> {
  const problems: string[] = [];
  print(`\n${MEGABYTES} MB of TCP each, compared byte by byte:`);
  for (const { from, to, family, way } of STREAMS) {
    const [source, sink] = [findPlace(context.lab, from), findPlace(context.lab, to)];
    const result = await stream(context, source, sink, family, MEGABYTES * 1_000_000);
    const name = `${from} to ${to} by IPv${family}`;
    print(`  ${name}  ${result.gigabitsPerSecond.toFixed(1)} Gbit/s  (${way})`);
    if (!result.intact || result.bytes !== MEGABYTES * 1_000_000) problems.push(`TCP from ${name} was damaged`);
  }
  return problems;
}
