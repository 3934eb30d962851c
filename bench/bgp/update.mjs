// UPDATE messages: as many EVPN routes in each as it has room for, all with the same attributes.
// SPEC: RFC 4271 §4.3, §5.1; RFC 4760 §3, §4; RFC 6514 §5.
import { address, counted, u8, u16, u24, u32 } from "./bytes.mjs";
import { EVPN, MAX_BYTES, message, Type } from "./message.mjs";

const Flag = { OPTIONAL: 0x80, TRANSITIVE: 0x40, LONG: 0x10 };
const Attribute = {
  ORIGIN: 1,
  AS_PATH: 2,
  LOCAL_PREF: 5,
  MP_REACH: 14,
  MP_UNREACH: 15,
  EXTENDED_COMMUNITIES: 16,
  PMSI_TUNNEL: 22,
};
const WELL_KNOWN = Flag.TRANSITIVE;
const OPTIONAL_TRANSITIVE = Flag.OPTIONAL | Flag.TRANSITIVE;
const IGP = 0;
const LOCAL_PREFERENCE = 100;
const INGRESS_REPLICATION = 6;
const NOTHING_WITHDRAWN = u16(0);

/** With a length of two bytes, whatever its size: it is simpler, and allowed. */
const attribute = (flags, type, ...value) => Buffer.concat([u8(flags | Flag.LONG), u8(type), counted(u16, ...value)]);

function update(attributes) {
  return message(Type.UPDATE, NOTHING_WITHDRAWN, counted(u16, ...attributes));
}

/** How a flooded frame gets to the one who asked for it. */
export const pmsiTunnel = (vni, vtep) =>
  attribute(OPTIONAL_TRANSITIVE, Attribute.PMSI_TUNNEL, u8(0), u8(INGRESS_REPLICATION), u24(vni), address(vtep));

/** Of an internal peer: no AS path, a local preference. */
function pathAttributes(communities) {
  return [
    attribute(WELL_KNOWN, Attribute.ORIGIN, u8(IGP)),
    attribute(WELL_KNOWN, Attribute.AS_PATH),
    attribute(WELL_KNOWN, Attribute.LOCAL_PREF, u32(LOCAL_PREFERENCE)),
    attribute(OPTIONAL_TRANSITIVE, Attribute.EXTENDED_COMMUNITIES, ...communities),
  ];
}

/** Announces `routes`; `more`: attributes beside the usual ones. */
export function* announcements(routes, { nextHop, communities, more = [] }) {
  const usual = [...pathAttributes(communities), ...more];
  const reach = [EVPN, counted(u8, address(nextHop)), u8(0)];
  const wrap = (some) => update([...usual, attribute(Flag.OPTIONAL, Attribute.MP_REACH, ...reach, ...some)]);
  yield* filled(routes, wrap);
}

export function* withdrawals(routes) {
  yield* filled(routes, (some) => update([attribute(Flag.OPTIONAL, Attribute.MP_UNREACH, EVPN, ...some)]));
}

/** Routes by the message: as many as fit. */
function* filled(routes, wrap) {
  const room = MAX_BYTES - wrap([]).length;
  let [some, bytes] = [[], 0];
  for (const route of routes) {
    if (bytes + route.length > room) {
      yield wrap(some);
      [some, bytes] = [[], 0];
    }
    some.push(route);
    bytes += route.length;
  }
  if (some.length > 0) yield wrap(some);
}
