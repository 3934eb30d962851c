/** Marked frames from one host: how many copies each host receives, and how many each VTEP sends to each other. */
import { VtepError } from "../../wire/error.js";
import {
  findPlace,
  hostPlaces,
  type LabContext,
  tapsOf,
  udpPortOf,
  vtepNames,
  vtepNodes,
  whileCapturing,
} from "../context.js";
import type { SendCheck } from "../expectation.js";
import { parseVxlan } from "../outer.js";
import { runText } from "../process.js";
import type { Frames } from "../watch.js";
import { destinationOf, STRANGER_MAC } from "./addresses.js";
import { Marks, sendDatagrams } from "./marks.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";

const FRAMES = 5;

/** What carries each frame, by the name of where it was seen: one count per frame. */
type Tallies = ReadonlyMap<string, readonly number[]>;

async function sendMarks(context: LabContext, send: SendCheck["send"], marks: Marks): Promise<void> {
  const { cast, family } = send;
  const from = findPlace(context.lab, send.from);
  const to = send.to === undefined ? undefined : findPlace(context.lab, send.to);
  const destination = destinationOf(cast, family, from, to);
  const source = from.address[family];
  if (destination === undefined || source === undefined) {
    throw new VtepError("lab_name", `${send.from} has no IPv${family} address, or 'to' is missing`, { send });
  }
  const ip = ["-n", context.instance.namespaceOf(from.node), "neigh"];
  const neighbor = [destination, "lladdr", STRANGER_MAC, "dev", from.interface, "nud", "permanent"];
  if (cast === "unknown-unicast") await runText("ip", [...ip, "replace", ...neighbor]);
  await sendDatagrams(context, from.node, {
    family,
    source,
    interface: from.interface,
    destination,
    cast: cast === "unknown-unicast" ? "unicast" : cast === "broadcast" && family === 6 ? "multicast" : cast,
    datagrams: marks.texts.map((text) => ({ text, sourcePort: 0 })),
  });
  if (cast === "unknown-unicast") await runText("ip", [...ip, "del", ...neighbor]);
}

/** Copies on the wire by `from>to`, in the names of the VTEPs; an address that no VTEP has keeps standing as it is. */
function wireTallies({ lab }: LabContext, frames: Frames, marks: Marks): Tallies {
  const nameOf = vtepNames(lab);
  const byPair = new Map<string, Buffer[]>();
  for (const node of vtepNodes(lab)) {
    for (const frame of tapsOf(lab, node).flatMap((tap) => frames.get(tap) ?? [])) {
      const packet = parseVxlan(frame, udpPortOf(lab, node));
      if (packet === undefined) continue;
      const { source, destination } = packet.ip;
      const pair = `${nameOf.get(source) ?? source}>${nameOf.get(destination) ?? destination}`;
      byPair.set(pair, [...(byPair.get(pair) ?? []), packet.inner]);
    }
  }
  return new Map([...byPair].map(([pair, inner]) => [pair, marks.tally(inner)]));
}

/** Every count that is not what it must be; who is not named must see nothing. */
function differences(kind: string, wanted: ReadonlyMap<string, number>, seen: Tallies): string[] {
  const names = [...new Set([...wanted.keys(), ...seen.keys()])];
  return names.flatMap((name) => {
    const want = wanted.get(name) ?? 0;
    const got = seen.get(name) ?? new Array<number>(FRAMES).fill(0);
    return got.every((count) => count === want)
      ? []
      : [`${kind} ${name}: copies of each frame ${got.join(" ")}, not ${want}`];
  });
}

export async function checkSend(context: LabContext, { send }: SendCheck): Promise<Outcome> {
  const { lab } = context;
  const sender = findPlace(lab, send.from).endpoint;
  const hosts = hostPlaces(lab).flatMap(({ endpoint }) => (endpoint === sender ? [] : [endpoint]));
  const wanted = new Map(Object.entries(send.arrives).map(([name, count]) => [findPlace(lab, name).endpoint, count]));
  const taps = send.wire === undefined ? [] : vtepNodes(lab).flatMap((node) => tapsOf(lab, node));
  const marks = new Marks(FRAMES);
  const problemsIn = (frames: Frames): string[] => {
    const atHosts = new Map(hosts.map((endpoint) => [endpoint, marks.tally(frames.get(endpoint) ?? [])]));
    const onWire =
      send.wire === undefined
        ? []
        : differences("wire", new Map(Object.entries(send.wire)), wireTallies(context, frames, marks));
    return [...differences("host", wanted, atHosts), ...onWire];
  };
  const frames = await whileCapturing(context, [...hosts, ...taps], async (watch) => {
    await sendMarks(context, send, marks);
    await watch.until((seen) => problemsIn(seen).length === 0, PATIENCE_MS);
  });
  return { problems: problemsIn(frames), detail: `${FRAMES} frames counted` };
}
