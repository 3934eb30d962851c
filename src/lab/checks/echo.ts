/** One run of iputils ping from a host, and what it says: replies, their TTL, ICMP errors. */
import type { HostPlace, LabContext } from "../context.js";
import type { IcmpError } from "../expectation.js";
import { finish } from "../process.js";

/** Once something was answered ping waits for the rest no longer than its interval, whatever -W says. */
const INTERVAL_SECONDS = 1;
const HEADERS_SIZE = { 4: 28, 6: 48 } as const;

export const DEFAULT_COUNT = 3;
export const DEFAULT_SIZE = 84;

export interface PingSummary {
  readonly sent: number;
  readonly received: number;
  readonly duplicates: number;
  /** Average round-trip time in milliseconds; undefined without an answer. */
  readonly averageMs: number | undefined;
  /** TTL or hop limit of every reply. */
  readonly ttls: readonly number[];
}

export interface ReportedError {
  readonly from: string;
  /** Undefined for one that no lab asks for. */
  readonly kind: IcmpError | undefined;
  readonly mtu: number | undefined;
  readonly text: string;
}

/** Reads what iputils ping printed. */
export function parsePing(text: string): PingSummary {
  const count = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const average = /= [\d.]+\/([\d.]+)\//.exec(text)?.[1];
  return {
    sent: count(/(\d+) packets transmitted/),
    received: count(/(\d+) received/),
    duplicates: count(/\+(\d+) duplicates/),
    averageMs: average === undefined ? undefined : Number(average),
    ttls: [...text.matchAll(/ ttl=(\d+)/g)].map(([, ttl]) => Number(ttl)),
  };
}

const WORDINGS: readonly (readonly [RegExp, IcmpError])[] = [
  [/Time to live exceeded|Time exceeded: Hop limit/, "time-exceeded"],
  [/Destination Net Unreachable|Destination unreachable: No route/, "net-unreachable"],
  [/Destination Host Unreachable|Destination unreachable: Address unreachable/, "host-unreachable"],
  [/Frag needed and DF set|Packet too big/, "too-big"],
];

export function parseErrors(text: string): ReportedError[] {
  return [...text.matchAll(/^From (\S+?):? icmp_seq=\d+ (.*)$/gm)].map(([, from = "", what = ""]) => {
    const mtu = /mtu ?= ?(\d+)/.exec(what)?.[1];
    return {
      from,
      kind: WORDINGS.find(([wording]) => wording.test(what))?.[1],
      mtu: mtu === undefined ? undefined : Number(mtu),
      text: what,
    };
  });
}

export interface EchoOptions {
  readonly family: 4 | 6;
  /** Of the whole IP packet; never fragmented. */
  readonly packetSize?: number;
  readonly count?: number;
  readonly waitSeconds?: number;
  readonly ttl?: number | undefined;
  /** One after the other, as people ping; else all at once, which takes no time when all is well. */
  readonly spaced?: boolean;
}

/** What ping printed. */
export async function echo(
  { instance }: LabContext,
  from: HostPlace,
  address: string,
  options: EchoOptions,
): Promise<string> {
  const { family, packetSize = DEFAULT_SIZE, count = DEFAULT_COUNT, waitSeconds = 2, spaced = false } = options;
  const pace = spaced ? ["-i", "0.2"] : ["-i", String(INTERVAL_SECONDS), "-l", String(count)];
  const ttl = options.ttl === undefined ? [] : ["-t", String(options.ttl)];
  const size = ["-s", String(packetSize - HEADERS_SIZE[family]), "-M", "do"];
  const args = ["-n", "-c", String(count), ...pace, "-W", String(waitSeconds), ...ttl, ...size];
  const namespace = instance.namespaceOf(from.node);
  return (await finish("ping", [...args, "-I", from.interface, address], { namespace })).stdout;
}
