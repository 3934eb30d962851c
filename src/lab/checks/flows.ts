/** Many flows between two hosts: which node of the underlay each passes, and that it stays on its path. */
import { VtepError } from "../../wire/error.js";
import { findPlace, type LabContext, tapsOf, udpPortOf, vtepNodes, whileCapturing } from "../context.js";
import { parseVxlan } from "../outer.js";
import { type FlowsCheck, splitEndpoint } from "../topology.js";
import type { Frames } from "../watch.js";
import { Marks, sendDatagrams } from "./marks.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";

const PER_FLOW = 2;
const FIRST_SOURCE_PORT = 20_000;

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
      nodesOf(context, marks, seen).every((nodes) => nodes.size > 0);
    await watch.until(isComplete, PATIENCE_MS);
  });
  const copies = marks.tally(frames.get(to.endpoint) ?? []);
  const missing = copies.flatMap((count, index) => (count === 0 ? [index] : []));
  const repeated = copies.filter((count) => count > 1).length;
  const seen = nodesOf(context, marks, frames);
  const lostBehind = missing.filter((index) => (seen[index]?.size ?? 0) > 0).length;
  const paths = pathsOf(flows.count, seen);
  const wandering = paths.filter((nodes) => nodes.size > 1).length;
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
      .map((node) => `${node} ${shareOf(node, paths).toFixed(0)} %`)
      .join(", "),
  };
}

/** For each datagram, the nodes of the underlay that it entered. */
function nodesOf({ lab }: LabContext, marks: Marks, frames: Frames): Set<string>[] {
  const nodes = Array.from({ length: marks.count }, () => new Set<string>());
  for (const vtep of vtepNodes(lab)) {
    for (const tap of tapsOf(lab, vtep)) {
      for (const frame of frames.get(tap) ?? []) {
        const index = marks.indexIn(parseVxlan(frame, udpPortOf(lab, vtep))?.inner ?? Buffer.alloc(0));
        if (index !== undefined) nodes[index]?.add(splitEndpoint(tap)[0]);
      }
    }
  }
  return nodes;
}

/** The same for each flow. */
function pathsOf(count: number, seen: readonly ReadonlySet<string>[]): Set<string>[] {
  const paths = Array.from({ length: count }, () => new Set<string>());
  seen.forEach((nodes, index) => {
    for (const node of nodes) paths[index % count]?.add(node);
  });
  return paths;
}

function shareOf(node: string, paths: readonly ReadonlySet<string>[]): number {
  return (100 * paths.filter((nodes) => nodes.has(node)).length) / paths.length;
}

function shareProblems({ shares }: FlowsCheck["flows"], paths: readonly ReadonlySet<string>[]): string[] {
  return Object.entries(shares).flatMap(([node, [least, most]]) => {
    const share = shareOf(node, paths);
    return share >= least && share <= most
      ? []
      : [`${share.toFixed(0)} % of the flows passed ${node}, not ${least} to ${most} %`];
  });
}
