// The frames that benches send: UDP over IP over Ethernet, as small as Ethernet has them, plain or inside VXLAN.
import ipaddr from "ipaddr.js";

/** 64 bytes on the wire, without the four of the FCS. */
export const SMALL_FRAME_BYTES = 60;
export const OUTER_BYTES = 50;
export const VXLAN_PORT = 4789;
const UDP = 17;
const UDP_HEADER = 8;
const ETHERNET_HEADER = 14;
const IP_HEADER = { 4: 20, 6: 40 };
const TTL = 64;
/** From the start of a frame to its UDP header, and to its payload; with IPv4. */
export const UDP_AT = udpAt(4);
export const PAYLOAD_AT = payloadAt(4);
const FIRST_PORT = 1024;
const HOSTS = { source: "192.168.5.1", destination: "192.168.5.2" };

/** Six bytes: three of a prefix, three that count. */
export function macBytes(prefix, number) {
  const split = (value) => [value >>> 16, (value >>> 8) & 0xff, value & 0xff];
  return Uint8Array.from([...split(prefix), ...split(number)]);
}

export const macText = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
export const macFromText = (text) => Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
export const addressBytes = (text) => ipaddr.parse(text).toByteArray();
export const familyOf = (address) => (address.includes(":") ? 6 : 4);

export function udpAt(family) {
  return ETHERNET_HEADER + IP_HEADER[family];
}

export function payloadAt(family) {
  return udpAt(family) + UDP_HEADER;
}

function checksum(view, at, bytes) {
  let sum = 0;
  for (let word = 0; word < bytes; word += 2) sum += view.getUint16(at + word);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function writeIpv4(frame, view, { source, destination, ttl }) {
  const ip = ETHERNET_HEADER;
  view.setUint16(12, 0x0800);
  view.setUint8(ip, 0x45);
  view.setUint16(ip + 2, frame.length - ip);
  view.setUint8(ip + 8, ttl);
  view.setUint8(ip + 9, UDP);
  frame.set(addressBytes(source), ip + 12);
  frame.set(addressBytes(destination), ip + 16);
  view.setUint16(ip + 10, checksum(view, ip, IP_HEADER[4]));
}

function writeIpv6(frame, view, { source, destination, ttl }) {
  const ip = ETHERNET_HEADER;
  view.setUint16(12, 0x86dd);
  view.setUint8(ip, 0x60);
  view.setUint16(ip + 4, frame.length - udpAt(6));
  view.setUint8(ip + 6, UDP);
  view.setUint8(ip + 7, ttl);
  frame.set(addressBytes(source), ip + 8);
  frame.set(addressBytes(destination), ip + 24);
}

/** No UDP checksum: zero means none. Over IPv6 it should not be so, but no router looks. */
function writeUdp(frame, { from, to, sourcePort, destinationPort, ...ip }) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const family = familyOf(ip.source);
  const udp = udpAt(family);
  frame.set(to, 0);
  frame.set(from, 6);
  if (family === 4) writeIpv4(frame, view, ip);
  else writeIpv6(frame, view, ip);
  view.setUint16(udp, sourcePort);
  view.setUint16(udp + 2, destinationPort);
  view.setUint16(udp + 4, frame.length - udp);
}

/** One flow between two hosts; the flow's number is in its UDP source port. */
export function hostFrame({ from, to, flow, bytes = SMALL_FRAME_BYTES, ttl = TTL, ...addresses }) {
  const frame = new Uint8Array(bytes);
  writeUdp(frame, { from, to, ttl, ...HOSTS, ...addresses, sourcePort: FIRST_PORT + flow, destinationPort: 9 });
  return frame;
}

/** A frame in a VXLAN packet (RFC 7348 §5). */
export function vxlanPacket(inner, { from, to, source, destination, vni, sourcePort }) {
  const packet = new Uint8Array(OUTER_BYTES + inner.length);
  writeUdp(packet, { from, to, ttl: TTL, source, destination, sourcePort, destinationPort: VXLAN_PORT });
  const view = new DataView(packet.buffer);
  view.setUint8(PAYLOAD_AT, 0x08);
  view.setUint32(PAYLOAD_AT + 4, vni << 8);
  packet.set(inner, OUTER_BYTES);
  return packet;
}
