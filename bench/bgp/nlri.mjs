// EVPN routes as NLRI: what is reachable. The label is the VNI in all of its 24 bits (RFC 8365 §5.1.3).
// SPEC: RFC 7432 §7.2, §7.3, §7.9; RFC 9135 §4; RFC 9136 §3.1.
import { address, counted, u8, u16, u24, u32 } from "./bytes.mjs";

const RouteType = { MAC_IP: 2, INCLUSIVE_MULTICAST: 3, PREFIX: 5 };
const NO_ESI = Buffer.alloc(10);
const NO_TAG = u32(0);
const BY_ADDRESS = 1;

/** `vtep`:`number`; of 16 bits, so a VNI's lower ones. */
const distinguisher = (vtep, vni) => Buffer.concat([u16(BY_ADDRESS), address(vtep), u16(vni & 0xffff)]);

const route = (type, ...pieces) => Buffer.concat([u8(type), counted(u8, ...pieces)]);

const bits = (bytes) => u8(bytes.length * 8);

/** `mac`: six bytes. With `ip` it is a binding as well, and with `l3vni` one that is routed to (symmetric IRB). */
export function macRoute({ vtep, vni, mac, ip, l3vni }) {
  const host = ip === undefined ? Buffer.alloc(0) : address(ip);
  const labels = [u24(vni), ...(l3vni === undefined ? [] : [u24(l3vni)])];
  return route(RouteType.MAC_IP, distinguisher(vtep, vni), NO_ESI, NO_TAG, bits(mac), mac, bits(host), host, ...labels);
}

/** Who wants what is flooded in a VNI. */
export function inclusiveRoute({ vtep, vni }) {
  const origin = address(vtep);
  return route(RouteType.INCLUSIVE_MULTICAST, distinguisher(vtep, vni), NO_TAG, bits(origin), origin);
}

/** `prefix`: an address; what stands behind its first `length` bits has to be zero. */
export function prefixRoute({ vtep, l3vni, prefix, length }) {
  const network = address(prefix);
  const noGateway = Buffer.alloc(network.length);
  const what = [u8(length), network, noGateway, u24(l3vni)];
  return route(RouteType.PREFIX, distinguisher(vtep, l3vni), NO_ESI, NO_TAG, ...what);
}
