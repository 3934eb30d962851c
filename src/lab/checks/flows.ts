/** Many flows between two hosts: which node of the underlay each passes, and that it stays on its path. */
import { VtepError } from "../../wire/error.js";
import { type Frames, findPlace, type LabContext, tapsOf, udpPortOf, vtepNodes, whileCapturing } from "../context.js";
import { parseVxlan } from "../outer.js";
import { type FlowsCheck, splitEndpoint } from "../topology.js";
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
  const frames = await whileCapturing(context, [...taps, to.endpoint], async (captures) => {
    await sendDatagrams(context, from.node, request);
    const allArrived = (seen: readonly Buffer[]) =>
      seen.filter((frame) => marks.indexIn(frame) !== undefined).length >= marks.count;
    await captures.get(to.endpoint)?.until(allArrived, PATIENCE_MS);
  });
  const missing = marks.tally(frames.get(to.endpoint) ?? []).filter((copies) => copies !== 1).length;
  const paths = pathsOf(context, flows.count, marks, frames);
  const wandering = paths.filter((nodes) => nodes.size > 1).length;
  return {
    problems: [
      ...(missing > 0 ? [`${missing} of ${marks.count} frames did not arrive exactly once`] : []),
      ...(wandering > 0 ? [`${wandering} flows changed their path`] : []),
      ...shareProblems(flows, paths),
    ],
    detail: Object.keys(flows.shares)
      .map((node) => `${node} ${shareOf(node, paths).toFixed(0)} %`)
      .join(", "),
  };
}

/** For each flow, the nodes of the underlay that it entered. */
function pathsOf({ lab }: LabContext, count: number, marks: Marks, frames: Frames): Set<string>[] {
  const paths = Array.from({ length: count }, () => new Set<string>());
  for (const vtep of vtepNodes(lab)) {
    for (const tap of tapsOf(lab, vtep)) {
      for (const frame of frames.get(tap) ?? []) {
        const index = marks.indexIn(parseVxlan(frame, udpPortOf(lab, vtep))?.inner ?? Buffer.alloc(0));
        if (index !== undefined) paths[index % count]?.add(splitEndpoint(tap)[0]);
      }
    }
  }
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
