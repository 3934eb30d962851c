/** Many flows between two hosts: by which node of the underlay or to which VTEP each goes, and that it stays there. */
import { VtepError } from "../../wire/error.js";
import { findPlace, type LabContext, tapsOf, udpPortOf, vtepNames, vtepNodes, whileCapturing } from "../context.js";
import type { FlowsCheck } from "../expectation.js";
import { parseVxlan } from "../outer.js";
import { splitEndpoint } from "../topology.js";
import type { Frames } from "../watch.js";
import { Marks, sendDatagrams } from "./marks.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";

const PER_FLOW = 2;
const FIRST_SOURCE_PORT = 20_000;
const NOTHING = Buffer.alloc(0);

export async function checkFlows(context: LabContext, { flows }: FlowsCheck): Promise<Outcome> {
  const [from, to] = [findPlace(context.lab, flows.from), findPlace(context.lab, flows.to)];
  const [source, destination] = [from.address[4], to.address[4]];
  if (source === undefined || destination === undefined) throw new VtepError("lab_name", "flows go over IPv4");
  const marks = new Marks(flows.count * PER_FLOW);
  const datagrams = marks.texts.map((text, index) => ({ text, sourcePort: FIRST_SOURCE_PORT + (index % flows.count) }));
  const request = { family: 4, interface: from.interface, source, destination, cast: "unicast", datagrams } as const;
  const taps = vtepNodes(context.lab).flatMap((node) => tapsOf(context.lab, node));
  const frames = await whileCapturing(context, [...taps, to.endpoint], async (watch) => {
    await sendDatagrams(context, from.node, request);
    const isComplete = (seen: Frames) =>
      marks.tally(seen.get(to.endpoint) ?? []).every((count) => count > 0) &&
      waysOf(context, flows, marks, seen).every((ways) => ways.size > 0);
    await watch.until(isComplete, PATIENCE_MS);
  });
  const copies = marks.tally(frames.get(to.endpoint) ?? []);
  const missing = copies.flatMap((count, index) => (count === 0 ? [index] : []));
  const repeated = copies.filter((count) => count > 1).length;
  const seen = waysOf(context, flows, marks, frames);
  const lostBehind = missing.filter((index) => (seen[index]?.size ?? 0) > 0).length;
  const paths = pathsOf(flows.count, seen);
  const wandering = paths.filter((ways) => ways.size > 1).length;
  return {
    problems: [
      ...(missing.length > 0
        ? [`${missing.length} of ${marks.count} frames did not arrive, ${lostBehind} of them were on the wire`]
        : []),
      ...(repeated > 0 ? [`${repeated} of ${marks.count} frames arrived more than once`] : []),
      ...(wandering > 0 ? [`${wandering} flows changed their path`] : []),
      ...shareProblems(flows, paths),
    ],
    detail: Object.keys(flows.shares)
      .map((way) => `${way} ${shareOf(way, paths).toFixed(0)} %`)
      .join(", "),
  };
}

/** For each datagram, the ways that it took, of those that have a share: nodes of the underlay, or `from>to` of VTEPs. */
function waysOf({ lab }: LabContext, { shares }: FlowsCheck["flows"], marks: Marks, frames: Frames): Set<string>[] {
  const ways = Array.from({ length: marks.count }, () => new Set<string>());
  const nameOf = vtepNames(lab);
  for (const vtep of vtepNodes(lab)) {
    for (const tap of tapsOf(lab, vtep)) {
      for (const frame of frames.get(tap) ?? []) {
        const packet = parseVxlan(frame, udpPortOf(lab, vtep));
        const index = marks.indexIn(packet?.inner ?? NOTHING);
        if (packet === undefined || index === undefined) continue;
        const taken = [splitEndpoint(tap)[0], `${vtep}>${nameOf.get(packet.ip.destination)}`];
        for (const way of taken) if (shares[way] !== undefined) ways[index]?.add(way);
      }
    }
  }
  return ways;
}

/** The same for each flow. */
function pathsOf(count: number, seen: readonly ReadonlySet<string>[]): Set<string>[] {
  const paths = Array.from({ length: count }, () => new Set<string>());
  seen.forEach((ways, index) => {
    for (const way of ways) paths[index % count]?.add(way);
  });
  return paths;
}

function shareOf(way: string, paths: readonly ReadonlySet<string>[]): number {
  return (100 * paths.filter((ways) => ways.has(way)).length) / paths.length;
}

function shareProblems({ shares }: FlowsCheck["flows"], paths: readonly ReadonlySet<string>[]): string[] {
  return Object.entries(shares).flatMap(([way, [least, most]]) => {
    const share = shareOf(way, paths);
    return share >= least && share <= most
      ? []
      : [`${share.toFixed(0)} % of the flows took ${way}, not ${least} to ${most} %`];
  });
}
