/** The outer headers of what one VTEP sent to another while a check ran, compared with the configuration's promise. */
import { type LabContext, tapsOf, udpPortOf, vtepAddress } from "../context.js";
import type { InnerExpectation, OuterExpectation } from "../expectation.js";
import { isTraffic, parseInner } from "../inner.js";
import { hasOnlyVniFlag, parseIp, parseVxlan, type VxlanPacket } from "../outer.js";
import type { Frames } from "../watch.js";

/** The taps that the expectations need. */
export const outerTaps = ({ lab }: LabContext, wanted: readonly OuterExpectation[]): string[] =>
  wanted.flatMap(({ from }) => tapsOf(lab, from));

function packetsOf({ lab }: LabContext, seen: readonly Buffer[], wanted: OuterExpectation): VxlanPacket[] {
  const [source, destination] = [vtepAddress(lab, wanted.from), vtepAddress(lab, wanted.to)];
  return seen
    .flatMap((frame) => parseVxlan(frame, wanted.port ?? udpPortOf(lab, wanted.from)) ?? [])
    .filter(({ ip, vni }) => ip.source === source && ip.destination === destination && vni === wanted.vni);
}

const seenFrom = ({ lab }: LabContext, frames: Frames, { from }: OuterExpectation): Buffer[] =>
  tapsOf(lab, from).flatMap((tap) => frames.get(tap) ?? []);

export function hasOuter(context: LabContext, frames: Frames, wanted: OuterExpectation): boolean {
  return packetsOf(context, seenFrom(context, frames, wanted), wanted).length > 0;
}

export function outerProblems(context: LabContext, frames: Frames, wanted: OuterExpectation): string[] {
  const seen = seenFrom(context, frames, wanted);
  const packets = packetsOf(context, seen, wanted);
  const where = `${wanted.from}>${wanted.to} VNI ${wanted.vni}`;
  if (packets.length === 0) return [`${where}: no packet on the wire`];
  // RFC 7348 §4.3: a VTEP must not fragment what it encapsulates.
  const fragments = seen.filter((frame) => parseIp(frame)?.fragment === true).length;
  const inner = wanted.inner === undefined ? [] : innerProblems(packets, wanted.inner);
  const wrong = new Set([...packets.flatMap((packet) => packetProblems(packet, wanted)), ...inner]);
  return [...wrong, ...(fragments > 0 ? [`${fragments} IP fragments`] : [])].map((problem) => `${where}: ${problem}`);
}

function packetProblems(packet: VxlanPacket, wanted: OuterExpectation): string[] {
  const { ip } = packet;
  const fields = { ttl: ip.ttl, tos: ip.tos, df: ip.df, udpChecksum: packet.udpChecksum };
  const different = (Object.keys(fields) as (keyof typeof fields)[])
    .filter((name) => wanted[name] !== undefined && wanted[name] !== fields[name])
    .map((name) => `${name} is ${fields[name]}, not ${wanted[name]}`);
  const [low, high] = wanted.sourcePorts ?? [0, 65535];
  const outside = packet.sourcePort < low || packet.sourcePort > high;
  return [
    ...different,
    ...(outside ? [`source port ${packet.sourcePort} is not within ${low} to ${high}`] : []),
    ...(hasOnlyVniFlag(packet) ? [] : ["a reserved bit of the VXLAN header is set"]),
  ];
}

function innerProblems(packets: readonly VxlanPacket[], wanted: InnerExpectation): string[] {
  const traffic = packets.flatMap(({ inner }) => parseInner(inner) ?? []).filter(isTraffic);
  if (traffic.length === 0) return ["no inner packet of a host"];
  return traffic.flatMap(({ source, destination, ip }) => {
    const fields = { source, destination, ttl: ip?.ttl };
    return (Object.keys(fields) as (keyof typeof fields)[])
      .filter((name) => wanted[name] !== undefined && wanted[name] !== fields[name])
      .map((name) => `inner ${name} is ${fields[name]}, not ${wanted[name]}`);
  });
}
