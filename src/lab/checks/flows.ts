/** Many flows between two hosts: by which node of the underlay or to which VTEP each goes, and that it stays there. */
import { VtepError } from "../../wire/error.js";
import { findPlace, type LabContext, tapsOf, udpPortOf, vtepNames, vtepNodes, whileCapturing } from "../context.js";
import type { FlowsCheck } from "../expectation.js";
import { isAddress, parseVxlan } from "../outer.js";
import { interfacesOf } from "../plan.js";
import { type Endpoint, type Lab, splitEndpoint } from "../topology.js";
import type { Frames } from "../watch.js";
import { Marks, sendDatagrams } from "./marks.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";

const PER_FLOW = 2;
const FIRST_SOURCE_PORT = 20_000;
const NOTHING = Buffer.alloc(0);

export async function checkFlows(context: LabContext, { flows }: FlowsCheck): Promise<Outcome> {
  const from = findPlace(context.lab, flows.from);
  const { endpoints, address: destination } = receiversOf(context.lab, flows);
  const source = from.address[4];
  if (source === undefined || destination === undefined) throw new VtepError("lab_name", "flows go over IPv4");
  const marks = new Marks(flows.count * PER_FLOW);
  const datagrams = marks.texts.map((text, index) => ({ text, sourcePort: FIRST_SOURCE_PORT + (index % flows.count) }));
  const request = { family: 4, interface: from.interface, source, destination, cast: "unicast", datagrams } as const;
  const arrived = (seen: Frames) => marks.tally(endpoints.flatMap((endpoint) => seen.get(endpoint) ?? []));
  const taps = vtepNodes(context.lab).flatMap((node) => tapsOf(context.lab, node));
  const frames = await whileCapturing(context, [...taps, ...endpoints], async (watch) => {
    await sendDatagrams(context, from.node, request);
    const isComplete = (seen: Frames) =>
      arrived(seen).every((count) => count > 0) && waysOf(context, flows, marks, seen).every((ways) => ways.size > 0);
    await watch.until(isComplete, PATIENCE_MS);
  });
  return judge(flows, arrived(frames), waysOf(context, flows, marks, frames));
}

/** Where the flows end: at a host, or at the nodes that have a share when several of them have the address. */
function receiversOf(lab: Lab, { to, shares }: FlowsCheck["flows"]): { endpoints: Endpoint[]; address?: string } {
  if (isAddress(to)) {
    const endpoints = Object.keys(shares).flatMap((node) => interfacesOf(lab, node).map((name) => `${node}:${name}`));
    return { endpoints, address: to };
  }
  const place = findPlace(lab, to);
  const address = place.address[4];
  return { endpoints: [place.endpoint], ...(address === undefined ? {} : { address }) };
}

function judge(flows: FlowsCheck["flows"], copies: readonly number[], seen: readonly ReadonlySet<string>[]): Outcome {
  const missing = copies.flatMap((count, index) => (count === 0 ? [index] : []));
  const repeated = copies.filter((count) => count > 1).length;
  const lostBehind = missing.filter((index) => (seen[index]?.size ?? 0) > 0).length;
  const paths = pathsOf(flows.count, seen);
  const wandering = paths.filter((ways) => ways.size > 1).length;
  return {
    problems: [
      ...(missing.length > 0
        ? [`${missing.length} of ${copies.length} frames did not arrive, ${lostBehind} of them were on the wire`]
        : []),
      ...(repeated > 0 ? [`${repeated} of ${copies.length} frames arrived more than once`] : []),
      ...(wandering > 0 ? [`${wandering} flows changed their path`] : []),
      ...shareProblems(flows, paths),
    ],
    detail: Object.keys(flows.shares)
      .map((way) => `${way} ${shareOf(way, paths).toFixed(0)} %`)
      .join(", "),
  };
}

/** For each datagram, the ways that it took, of those that have a share: nodes of the underlay, or `from>to` of VTEPs. */
function waysOf({ lab }: LabContext, flows: FlowsCheck["flows"], marks: Marks, frames: Frames): Set<string>[] {
  const { shares, to } = flows;
  const ways = Array.from({ length: marks.count }, () => new Set<string>());
  if (isAddress(to)) {
    for (const endpoint of receiversOf(lab, flows).endpoints) {
      for (const frame of frames.get(endpoint) ?? []) ways[marks.indexIn(frame) ?? -1]?.add(splitEndpoint(endpoint)[0]);
    }
    return ways;
  }
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
