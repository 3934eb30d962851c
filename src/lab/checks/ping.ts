/** Echo requests between hosts: every one answered, none answered twice. */
import { findPlace, type HostPlace, type LabContext } from "../context.js";
import { finish } from "../process.js";
import type { NoPingCheck, PingCheck } from "../topology.js";
import type { Outcome } from "./outcome.js";

const COUNT = 3;
/** Once something was answered ping waits for the rest no longer than its interval, whatever -W says. */
const INTERVAL_SECONDS = 1;
const DEFAULT_SIZE = 84;
const HEADERS_SIZE = { 4: 28, 6: 48 } as const;
const FAMILIES = [4, 6] as const;

export interface PingResult {
  readonly from: string;
  readonly to: string;
  readonly family: 4 | 6;
  readonly sent: number;
  readonly received: number;
  readonly duplicates: number;
  /** Average round-trip time in milliseconds; undefined without an answer. */
  readonly averageMs: number | undefined;
}

/** Reads the summary of iputils ping. */
export function parsePing(text: string): Pick<PingResult, "sent" | "received" | "duplicates" | "averageMs"> {
  const count = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const average = /= [\d.]+\/([\d.]+)\//.exec(text)?.[1];
  return {
    sent: count(/(\d+) packets transmitted/),
    received: count(/(\d+) received/),
    duplicates: count(/\+(\d+) duplicates/),
    averageMs: average === undefined ? undefined : Number(average),
  };
}

interface Echo {
  readonly family: 4 | 6;
  /** Of the whole IP packet; never fragmented. */
  readonly packetSize: number;
  readonly count?: number;
  readonly waitSeconds?: number;
  /** One after the other, as people ping; else all at once, which takes no time when all is well. */
  readonly spaced?: boolean;
}

async function echo({ instance }: LabContext, from: HostPlace, address: string, options: Echo): Promise<string> {
  const { family, packetSize, count = COUNT, waitSeconds = 2, spaced = false } = options;
  const payload = packetSize - HEADERS_SIZE[family];
  const pace = spaced ? ["-i", "0.2"] : ["-i", String(INTERVAL_SECONDS), "-l", String(count)];
  const args = ["-n", "-q", "-c", String(count), ...pace, "-W", String(waitSeconds)];
  const target = ["-s", String(payload), "-M", "do", "-I", from.interface, address];
  const { stdout } = await finish("ping", [...args, ...target], { namespace: instance.namespaceOf(from.node) });
  return stdout;
}

export async function pingHost(
  context: LabContext,
  from: HostPlace,
  to: HostPlace,
  options: Echo,
): Promise<PingResult | undefined> {
  const address = to.address[options.family];
  if (address === undefined || from.address[options.family] === undefined) return undefined;
  const text = await echo(context, from, address, options);
  return { from: from.endpoint, to: to.endpoint, family: options.family, ...parsePing(text) };
}

function problemOf({ from, to, family, sent, received, duplicates }: PingResult, size: number): string | undefined {
  const what = `${from} to ${to} by IPv${family}, ${size} bytes`;
  if (duplicates > 0) return `${what}: ${duplicates} of ${sent} answered twice`;
  return received === sent && sent > 0 ? undefined : `${what}: ${received} of ${sent} answered`;
}

/** One after the other per source, all sources side by side. */
export async function checkPing(context: LabContext, { ping }: PingCheck): Promise<Outcome> {
  const places = ping.between.map((name) => findPlace(context.lab, name));
  let answered = 0;
  const fromOne = async (from: HostPlace): Promise<string[]> => {
    const problems: string[] = [];
    for (const to of places.filter((place) => place !== from)) {
      for (const [family, packetSize] of FAMILIES.flatMap((f) =>
        (ping.sizes ?? [DEFAULT_SIZE]).map((s) => [f, s] as const),
      )) {
        const result = await pingHost(context, from, to, { family, packetSize });
        if (result === undefined) continue;
        answered += result.received;
        problems.push(...[problemOf(result, packetSize)].filter((one) => one !== undefined));
      }
    }
    return problems;
  };
  const problems = (await Promise.all(places.map(fromOne))).flat();
  return { problems, detail: `${answered} echo replies` };
}

/** Addresses that must not answer. What has to stay silent is waited for as briefly as ping can. */
export async function checkNoPing(context: LabContext, { noPing }: NoPingCheck): Promise<Outcome> {
  const from = findPlace(context.lab, noPing.from);
  const ask = async (address: string): Promise<string[]> => {
    const family = address.includes(":") ? 6 : 4;
    const text = await echo(context, from, address, { family, packetSize: DEFAULT_SIZE, count: 1, waitSeconds: 1 });
    return parsePing(text).received > 0 ? [`${address} answered ${noPing.from}`] : [];
  };
  const problems = (await Promise.all(noPing.addresses.map(ask))).flat();
  return { problems, detail: `${noPing.addresses.length} addresses silent` };
}
