// The traffic of the data path benches: 256 flows of small frames between two hosts, as the generator is to make them,
// and as they have to arrive.
import { familyOf, hostFrame, macFromText, OUTER_BYTES, payloadAt, UDP_AT, udpAt, vxlanPacket } from "../frames.mjs";
import { addresses, macs } from "./topology.mjs";

export const FLOWS = 256;
/** Says that the headers in front of it are the ones that should be there. */
export const MARK = 0x70657476;
const INNER_PORT = 1024;
const OUTER_PORT = 49152;
/** As much of the front of a frame as the generator writes anew, all that a VTEP may have changed. */
const PLAIN_WORDS = { 4: 6, 6: 8 };
const OUTER_WORDS = 12;
/** Where a frame has its IPv6 flow label's lower half, and the last half word of its destination's first 64 bits. */
export const FLOW_LABEL_AT = 16;
export const SUBNET_AT = 44;

const OUTBOUND = { from: macs.uplink, to: macs.far, source: addresses.local, destination: addresses.far };
const INBOUND = { from: macs.far, to: macs.uplink, source: addresses.far, destination: addresses.local };

/**
 * Frames as a host sends or receives them. `packet`: MACs of both ends and, unless they are the two hosts', addresses
 * and TTL. `flowAt`: two bytes that tell the flows apart, and begin with `firstFlow`; the UDP source port, if not given.
 */
export function plain({ flowAt, firstFlow = INNER_PORT, ...packet }) {
  const family = familyOf(packet.source ?? addresses.host);
  const frame = hostFrame({ ...packet, from: macFromText(packet.from), to: macFromText(packet.to), flow: 0 });
  const markAt = payloadAt(family);
  new DataView(frame.buffer).setUint32(markAt, MARK, true);
  const inner = { innerPort: firstFlow, innerPortAt: flowAt ?? udpAt(family) };
  return { frame, markAt, words: PLAIN_WORDS[family], ...inner, outerPort: 0, outerPortAt: 0 };
}

function tunnelled(inner, vni, { from, to, source, destination }) {
  const ends = { from: macFromText(from), to: macFromText(to), source, destination };
  return {
    ...inner,
    frame: vxlanPacket(inner.frame, { ...ends, vni, sourcePort: OUTER_PORT }),
    markAt: OUTER_BYTES + inner.markAt,
    words: OUTER_WORDS,
    innerPortAt: OUTER_BYTES + inner.innerPortAt,
    outerPort: OUTER_PORT,
    outerPortAt: UDP_AT,
  };
}

/** IMIX, without the FCS: of twelve frames seven, four and one. TWIN: next_shape() of bench_generator.bpf.c. */
const IMIX_BYTES = [60, 566, 1514];

/** Frames of several lengths in turns; what is said of the longest holds for all. */
export function mixed(make) {
  const shapes = IMIX_BYTES.map((bytes) => make(bytes));
  return { ...shapes.at(-1), shapes };
}

/** From the shortest to the longest. */
export const shapesOf = (traffic) => traffic.shapes ?? [traffic];

/** VXLAN packets as another VTEP sends them, and as they reach it. */
export const fromVtep = (vni, packet, source = addresses.far) => tunnelled(plain(packet), vni, { ...INBOUND, source });
export const toVtep = (vni, packet, destination = addresses.far) =>
  tunnelled(plain(packet), vni, { ...OUTBOUND, destination });

/** What tells a sink that a frame is one of these. In a socket buffer a tag stands beside the bytes. */
export function arrivalOf(traffic, sinkKind = "xdp") {
  const beside = sinkKind === "tc" ? (traffic.tagBytes ?? 0) : 0;
  return {
    frameBytes: shapesOf(traffic).map(({ frame }) => frame.length - beside),
    markAt: traffic.markAt - beside,
  };
}
