/** ICMP errors as their receiver understands them: which one, from whom, with which MTU; and the routers on a path. */
import { setTimeout as delay } from "node:timers/promises";
import { VtepError } from "../../wire/error.js";
import { findPlace, type HostPlace, type LabContext } from "../context.js";
import type { IcmpCheck, TraceCheck } from "../expectation.js";
import { isAddress, normalAddress } from "../outer.js";
import { runText } from "../process.js";
import { echo, parseErrors, parsePing, type ReportedError } from "./echo.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";

/** A kernel asks three times, a second each, before it says that a host is not there. */
const WAIT_SECONDS = 5;
const RETRY_MS = 200;

interface Question {
  readonly from: HostPlace;
  readonly address: string;
  readonly family: 4 | 6;
}

function question(
  { lab }: LabContext,
  { from, to, family }: { from: string; to: string; family?: 4 | 6 | undefined },
): Question {
  const place = findPlace(lab, from);
  if (isAddress(to)) return { from: place, address: to, family: to.includes(":") ? 6 : 4 };
  const address = findPlace(lab, to).address[family ?? 4];
  if (address === undefined) throw new VtepError("lab_name", `${to} has no IPv${family ?? 4} address`, { to });
  return { from: place, address, family: family ?? 4 };
}

/**
 * Asks until the answer is right: errors are limited in their rate, and what a path carries is learned from the first
 * packet that it does not.
 */
async function until(ask: () => Promise<string[]>): Promise<string[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const problems = await ask();
    if (problems.length === 0 || Date.now() > deadline) return problems;
    await delay(RETRY_MS);
  }
}

function problemOf(seen: ReportedError | undefined, wanted: IcmpCheck["icmp"]): string[] {
  const want = `${wanted.answer} from ${wanted.by}${wanted.mtu === undefined ? "" : ` with MTU ${wanted.mtu}`}`;
  if (seen === undefined) return [`no error, not ${want}`];
  const same = seen.kind === wanted.answer && seen.from === normalAddress(wanted.by) && seen.mtu === wanted.mtu;
  return same ? [] : [`'${seen.text}' from ${seen.from}, not ${want}`];
}

export async function checkIcmp(context: LabContext, { icmp }: IcmpCheck): Promise<Outcome> {
  const { from, address, family } = question(context, icmp);
  const size = icmp.size === undefined ? {} : { packetSize: icmp.size };
  const options = { family, count: 1, waitSeconds: WAIT_SECONDS, ttl: icmp.ttl, ...size };
  const problems = await until(async () => {
    await forgetPaths(context, from);
    const text = await echo(context, from, address, options);
    return parsePing(text).received > 0 ? [`${address} answered`] : problemOf(parseErrors(text)[0], icmp);
  });
  return { problems, detail: "" };
}

/** A host that knows the MTU of a path does not even send what is larger. */
async function forgetPaths({ instance }: LabContext, { node }: HostPlace): Promise<void> {
  const namespace = instance.namespaceOf(node);
  for (const family of ["-4", "-6"]) await runText("ip", ["-n", namespace, family, "route", "flush", "cache"]);
}

export async function checkTrace(context: LabContext, { trace }: TraceCheck): Promise<Outcome> {
  const { from, address, family } = question(context, trace);
  const problems: string[] = [];
  for (const [index, by] of trace.hops.entries()) {
    const icmp = { from: trace.from, to: address, ttl: index + 1, answer: "time-exceeded", by } as const;
    problems.push(...(await checkIcmp(context, { icmp })).problems.map((problem) => `hop ${index + 1}: ${problem}`));
  }
  const last = trace.hops.length + 1;
  const reached = parsePing(await echo(context, from, address, { family, count: 1, ttl: last })).received === 1;
  return { problems: [...problems, ...(reached ? [] : [`${trace.to} is not hop ${last}`])], detail: `${last} hops` };
}
