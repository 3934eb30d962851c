// The traffic of the data path benches: 256 flows of small frames between two hosts, as the generator is to make them
// and as the sink is to find them.
import { hostFrame, macFromText, OUTER_BYTES, PAYLOAD_AT, UDP_AT, vxlanPacket } from "../frames.mjs";
import { addresses, macs, VNI } from "./topology.mjs";

export const FLOWS = 256;
/** Says that the headers in front of it are the ones that should be there. */
export const MARK = 0x70657476;
const INNER_PORT = 1024;
const OUTER_PORT = 49152;
/** As much of the front of a frame as the generator writes anew: the headers and the mark. */
const PLAIN_WORDS = 6;
const OUTER_WORDS = 12;

function markedFrame(from, to, bytes) {
  const frame = hostFrame({ from: macFromText(from), to: macFromText(to), flow: 0, bytes });
  new DataView(frame.buffer).setUint32(PAYLOAD_AT, MARK, true);
  return frame;
}

const plain = (frame) => ({
  frame,
  words: PLAIN_WORDS,
  innerPort: INNER_PORT,
  outerPort: 0,
  innerPortAt: UDP_AT,
  outerPortAt: 0,
});

/** Frames as a host sends them. */
export const fromHost = (to, bytes) => plain(markedFrame(macs.host, to, bytes));

/** VXLAN packets as another VTEP sends them. */
export function fromVtep(to, bytes) {
  const inner = markedFrame(macs.farHost, to, bytes);
  const outer = { from: macFromText(macs.far), to: macFromText(macs.uplink), vni: VNI, sourcePort: OUTER_PORT };
  return {
    frame: vxlanPacket(inner, { ...outer, source: addresses.far, destination: addresses.local }),
    words: OUTER_WORDS,
    innerPort: INNER_PORT,
    outerPort: OUTER_PORT,
    innerPortAt: OUTER_BYTES + UDP_AT,
    outerPortAt: UDP_AT,
  };
}

export const plainArrival = (bytes) => ({ frameBytes: bytes, markAt: PAYLOAD_AT });
export const vxlanArrival = (bytes) => ({ frameBytes: bytes + OUTER_BYTES, markAt: OUTER_BYTES + PAYLOAD_AT });
