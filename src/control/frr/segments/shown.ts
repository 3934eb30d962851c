// What zebra says of Ethernet segments (RFC 7432 §5, §8.5): of those that this VTEP is attached to it elects the designated
// forwarder and lists the other VTEPs, and the Linux kernel hears nothing of either; of all of them it names the next-hop
// object that stands for their VTEPs.

import {
  askJson,
  canonicalIp,
  type Fields,
  fieldsOf,
  nonsense,
  numberIn,
  textIn,
  textsIn,
  type Vty,
} from "../vty/index.js";

export interface OwnSegment {
  readonly esi: string;
  readonly interface: string;
  readonly isDesignated: boolean;
  /** Addresses of the other VTEPs that are attached. */
  readonly peers: readonly string[];
}

export interface ShownSegments {
  readonly own: readonly OwnSegment[];
  /** By segment, and by interface of ours: the kernel's next-hop object of the other VTEPs; where there are some. */
  readonly groups: ReadonlyMap<string, number>;
}

const COMMAND = "show evpn es detail json";

export async function askSegments(zebra: Vty): Promise<ShownSegments> {
  const answer = await askJson(zebra, COMMAND);
  const list = Array.isArray(answer) ? answer : isEmpty(answer) ? [] : undefined;
  if (list === undefined) throw nonsense(COMMAND, "a list was expected");
  const segments = list.map((one) => fieldsOf(one, COMMAND));
  return { own: segments.flatMap(ownSegment), groups: new Map(segments.flatMap(groupOf)) };
}

/** Without EVPN there is nothing to say. */
function isEmpty(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && Object.keys(answer).length === 0;
}

function ownSegment(segment: Fields): OwnSegment[] {
  const flags = new Set(textsIn(segment, "flags", COMMAND));
  if (!flags.has("local") || segment.accessPort === undefined) return [];
  const { vteps = [] } = segment;
  if (!Array.isArray(vteps)) throw nonsense(COMMAND, "vteps should be a list");
  const peers = vteps.map((vtep) => canonicalIp(textIn(fieldsOf(vtep, COMMAND), "vtep", COMMAND)));
  return [
    {
      esi: textIn(segment, "esi", COMMAND),
      interface: textIn(segment, "accessPort", COMMAND),
      isDesignated: isElected(flags),
      // A port of a bond that LACP has not joined is a port like any other.
      peers: flags.has("bypass") ? [] : peers,
    },
  ];
}

/** zebra lets every VTEP forward that it has not told BGP of, or whose link is down: that is nobody's election. */
function isElected(flags: ReadonlySet<string>): boolean {
  if (flags.has("bypass")) return true;
  return !flags.has("nonDF") && flags.has("readyForBgp") && flags.has("operUp");
}

function groupOf(segment: Fields): [string, number][] {
  if (!textsIn(segment, "flags", COMMAND).includes("nexthopGroupActive")) return [];
  const group = numberIn(segment, "nexthopGroup", COMMAND);
  const names = segment.accessPort === undefined ? ["esi"] : ["esi", "accessPort"];
  return names.map((name) => [textIn(segment, name, COMMAND), group]);
}
