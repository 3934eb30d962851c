// Extended communities, eight bytes each: what an EVPN route says beside its NLRI. SPEC: RFC 4360 §4, RFC 9012 §4.1,
// RFC 7432 §7.7, RFC 9135 §8.1.
import { macFromText } from "../frames.mjs";
import { u8, u16, u32 } from "./bytes.mjs";

const Type = { TWO_OCTET_AS: 0x00, OPAQUE: 0x03, EVPN: 0x06 };
const Subtype = { ROUTE_TARGET: 0x02, ENCAPSULATION: 0x0c, MAC_MOBILITY: 0x00, ROUTER_MAC: 0x03 };
const VXLAN = 8;
const STICKY = 0x01;

const community = (type, subtype, ...value) => Buffer.concat([u8(type), u8(subtype), ...value]);

/** Who is to import the route; an AS number of two bytes, as FRR derives its own. */
export const routeTarget = (as, number) => community(Type.TWO_OCTET_AS, Subtype.ROUTE_TARGET, u16(as), u32(number));

export const vxlanEncapsulation = () => community(Type.OPAQUE, Subtype.ENCAPSULATION, u32(0), u16(VXLAN));

/** Which of two routes for a MAC is the newer one, and whether the MAC may move at all. */
export const macMobility = ({ sequence, sticky }) =>
  community(Type.EVPN, Subtype.MAC_MOBILITY, u8(sticky ? STICKY : 0), u8(0), u32(sequence));

export const routerMac = (mac) => community(Type.EVPN, Subtype.ROUTER_MAC, Buffer.from(macFromText(mac)));
