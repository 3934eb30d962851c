/** Echo requests between hosts: every one answered, none answered twice, by the distance that is expected. */
import { findPlace, type HostPlace, type LabContext } from "../context.js";
import type { NoPingCheck, PingCheck, PingOptions } from "../expectation.js";
import { isAddress } from "../outer.js";
import { runText } from "../process.js";
import { DEFAULT_SIZE, type EchoOptions, echo, type PingSummary, parsePing } from "./echo.js";
import type { Outcome } from "./outcome.js";

const FAMILIES = [4, 6] as const;

export interface PingResult extends PingSummary {
  readonly from: string;
  readonly to: string;
  readonly family: 4 | 6;
}

/** Whom a host asks: another host, or an address that no host has. */
interface Target {
  readonly name: string;
  readonly address: { readonly 4?: string | undefined; readonly 6?: string | undefined };
}

const targetOf = (place: HostPlace): Target => ({ name: place.endpoint, address: place.address });

function namedTarget({ lab }: LabContext, name: string): Target {
  if (!isAddress(name)) return targetOf(findPlace(lab, name));
  return { name, address: name.includes(":") ? { 6: name } : { 4: name } };
}

export async function pingHost(
  context: LabContext,
  from: HostPlace,
  to: HostPlace,
  options: EchoOptions,
): Promise<PingResult | undefined> {
  return pingTarget(context, from, targetOf(to), options);
}

async function pingTarget(
  context: LabContext,
  from: HostPlace,
  to: Target,
  options: EchoOptions,
): Promise<PingResult | undefined> {
  const address = to.address[options.family];
  if (address === undefined || from.address[options.family] === undefined) return undefined;
  const text = await echo(context, from, address, options);
  return { from: from.endpoint, to: to.name, family: options.family, ...parsePing(text) };
}

function problemsOf(result: PingResult, size: number, ttl: number | undefined): string[] {
  const { from, to, family, sent, received, duplicates, ttls } = result;
  const what = `${from} to ${to} by IPv${family}, ${size} bytes`;
  if (duplicates > 0) return [`${what}: ${duplicates} of ${sent} answered twice`];
  if (received !== sent || sent === 0) return [`${what}: ${received} of ${sent} answered`];
  const wrong = ttl === undefined ? [] : ttls.filter((seen) => seen !== ttl);
  return wrong.length === 0 ? [] : [`${what}: replies arrived with TTL ${wrong.join(", ")}, not ${ttl}`];
}

interface Errand {
  readonly from: HostPlace;
  readonly targets: readonly Target[];
}

function errandsOf(context: LabContext, { ping }: PingCheck): Errand[] {
  const { lab } = context;
  if ("from" in ping) {
    return [{ from: findPlace(lab, ping.from), targets: ping.to.map((name) => namedTarget(context, name)) }];
  }
  const places = ping.between.map((name) => findPlace(lab, name));
  return places.map((from) => ({ from, targets: places.filter((place) => place !== from).map(targetOf) }));
}

/** One after the other per source, all sources side by side. */
export async function checkPing(context: LabContext, check: PingCheck): Promise<Outcome> {
  let answered = 0;
  const run = async (errand: Errand): Promise<string[]> => {
    const results = await runErrand(context, errand, check.ping);
    answered += results.reduce((sum, { received }) => sum + received, 0);
    return results.flatMap(({ problems }) => problems);
  };
  const problems = (await Promise.all(errandsOf(context, check).map(run))).flat();
  return answered === 0 && problems.length === 0
    ? { problems: ["nobody has an address in common: nothing was sent"], detail: "" }
    : { problems, detail: `${answered} echo replies` };
}

interface ErrandResult {
  readonly received: number;
  readonly problems: readonly string[];
}

async function runErrand(
  context: LabContext,
  { from, targets }: Errand,
  { sizes = [DEFAULT_SIZE], ttl, fresh = false }: PingOptions,
): Promise<ErrandResult[]> {
  if (fresh) await forgetNeighbors(context, from);
  const results: ErrandResult[] = [];
  for (const to of targets) {
    for (const [family, packetSize] of FAMILIES.flatMap((one) => sizes.map((size) => [one, size] as const))) {
      const result = await pingTarget(context, from, to, { family, packetSize });
      if (result === undefined) continue;
      results.push({ received: result.received, problems: problemsOf(result, packetSize, ttl) });
    }
  }
  return results;
}

async function forgetNeighbors({ instance }: LabContext, { node, interface: name }: HostPlace): Promise<void> {
  await runText("ip", ["-n", instance.namespaceOf(node), "neigh", "flush", "dev", name]);
}

/** Addresses that must not answer. What has to stay silent is waited for as briefly as ping can. */
export async function checkNoPing(context: LabContext, { noPing }: NoPingCheck): Promise<Outcome> {
  const from = findPlace(context.lab, noPing.from);
  const ask = async (address: string): Promise<string[]> => {
    const family = address.includes(":") ? 6 : 4;
    const text = await echo(context, from, address, { family, count: 1, waitSeconds: 1 });
    return parsePing(text).received > 0 ? [`${address} answered ${noPing.from}`] : [];
  };
  const problems = (await Promise.all(noPing.addresses.map(ask))).flat();
  return { problems, detail: `${noPing.addresses.length} addresses silent` };
}
