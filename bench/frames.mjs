// The frames that benches send: UDP over IPv4 over Ethernet, as small as Ethernet has them, plain or inside VXLAN.

/** 64 bytes on the wire, without the four of the FCS. */
export const SMALL_FRAME_BYTES = 60;
export const OUTER_BYTES = 50;
export const VXLAN_PORT = 4789;
const IPV4_HEADER = 20;
const UDP_HEADER = 8;
const ETHERNET_HEADER = 14;
/** From the start of a frame to its UDP header, and to its payload. */
export const UDP_AT = ETHERNET_HEADER + IPV4_HEADER;
export const PAYLOAD_AT = UDP_AT + UDP_HEADER;
const FIRST_PORT = 1024;

/** Six bytes: three of a prefix, three that count. */
export function macBytes(prefix, number) {
  const split = (value) => [value >>> 16, (value >>> 8) & 0xff, value & 0xff];
  return Uint8Array.from([...split(prefix), ...split(number)]);
}

export const macText = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
export const macFromText = (text) => Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
export const ipv4Bytes = (text) => text.split(".").map(Number);

function checksum(view, at, bytes) {
  let sum = 0;
  for (let word = 0; word < bytes; word += 2) sum += view.getUint16(at + word);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function writeUdp(frame, { from, to, source, destination, sourcePort, destinationPort }) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const ip = ETHERNET_HEADER;
  frame.set(to, 0);
  frame.set(from, 6);
  view.setUint16(12, 0x0800);
  view.setUint8(ip, 0x45);
  view.setUint16(ip + 2, frame.length - ip);
  view.setUint8(ip + 8, 64);
  view.setUint8(ip + 9, 17);
  frame.set(ipv4Bytes(source), ip + 12);
  frame.set(ipv4Bytes(destination), ip + 16);
  view.setUint16(ip + 10, checksum(view, ip, IPV4_HEADER));
  view.setUint16(UDP_AT, sourcePort);
  view.setUint16(UDP_AT + 2, destinationPort);
  view.setUint16(UDP_AT + 4, frame.length - UDP_AT);
}

/** One flow between two hosts; the flow's number is in its UDP source port. No UDP checksum: zero means none. */
export function hostFrame({ from, to, flow, bytes = SMALL_FRAME_BYTES }) {
  const frame = new Uint8Array(bytes);
  const addresses = { source: "192.168.5.1", destination: "192.168.5.2" };
  writeUdp(frame, { from, to, ...addresses, sourcePort: FIRST_PORT + flow, destinationPort: 9 });
  return frame;
}

/** A frame in a VXLAN packet (RFC 7348 §5). */
export function vxlanPacket(inner, { from, to, source, destination, vni, sourcePort }) {
  const packet = new Uint8Array(OUTER_BYTES + inner.length);
  writeUdp(packet, { from, to, source, destination, sourcePort, destinationPort: VXLAN_PORT });
  const view = new DataView(packet.buffer);
  view.setUint8(PAYLOAD_AT, 0x08);
  view.setUint32(PAYLOAD_AT + 4, vni << 8);
  packet.set(inner, OUTER_BYTES);
  return packet;
}
