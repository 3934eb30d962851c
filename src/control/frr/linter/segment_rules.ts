// Mistakes with Ethernet segments, which zebra is told of at the interface.

import { type Found, findLines } from "./config_tree.js";
import { type Finding, lineOf, type Rule } from "./finding.js";

/** "evpn mh es-id 1", or ten bytes; either way one for each segment. */
const SEGMENT = /^evpn mh es-id \S+$/;
const UPLINK = /^evpn mh uplink$/;

const interfaceOf = ({ path }: Found): string => /^interface (\S+)/.exec(path[0] ?? "")?.[1] ?? "";

export const segmentOfNoPort: Rule = ({ zebra, config }) =>
  findLines(zebra, SEGMENT)
    .filter((found) => config.ports.every((port) => port.interface !== interfaceOf(found)))
    .map(
      (found): Finding => ({
        name: "segment_of_no_port",
        place: lineOf("zebra", found.path),
        happens:
          "FRR says that this VTEP is attached to the segment, and takes part in its election, but no frame goes there",
        change: `add a port with interface ${interfaceOf(found)}, or take the segment away`,
      }),
    );

/** Only one domain's bridge can have the interface, by which zebra tells the MACs behind it from others. */
export const segmentInSeveralDomains: Rule = ({ zebra, config }) =>
  findLines(zebra, SEGMENT).flatMap((found): Finding[] => {
    const ports = config.ports.filter((port) => port.interface === interfaceOf(found));
    if (new Set(ports.map(({ bridgeDomain }) => bridgeDomain)).size < 2) return [];
    return [
      {
        name: "segment_in_several_domains",
        place: lineOf("zebra", found.path),
        happens:
          "its MACs are announced as if they were behind this VTEP only, and the other VTEPs of the segment take each for a move",
        change: `leave interface ${interfaceOf(found)} in one bridge domain`,
      },
    ];
  });

/** Without it zebra does not know that a VTEP that lost its underlay should let go of the host. */
export const segmentWithoutUplink: Rule = ({ zebra, config }) => {
  const [segment] = findLines(zebra, SEGMENT);
  if (segment === undefined || findLines(zebra, UPLINK).length > 0) return [];
  return [
    {
      name: "segment_without_uplink",
      place: lineOf("zebra", segment.path),
      happens: "when all uplinks of this VTEP fail, the host goes on sending to it what then goes nowhere",
      change: `add 'evpn mh uplink' to ${config.vtep.underlay.join(" and ")}`,
    },
  ];
};
