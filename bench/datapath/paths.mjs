// The paths of packets per second: which way, with what in it, and what has to come out.
import { floodPaths } from "./flooding.mjs";
import {
  byDomain,
  byHostRoute,
  byPrefix,
  FAR_VNI,
  gatewayMacs,
  hosts,
  L3_VNI,
  prefixHosts,
  routerMacs,
} from "./routing.mjs";
import { macs, oneVtep, twoVteps, VNI } from "./topology.mjs";
import { FLOW_LABEL_AT, fromVtep, mixed, plain, SUBNET_AT, toVtep } from "./traffic.mjs";

const HOST = ["host", "a0"];
const FAR = ["far", "s0"];
/** `through`: the interfaces of node `vtep`, in the direction of travel. */
const OUT = { from: HOST, to: FAR, through: ["v0", "u0"] };
const IN = { from: FAR, to: HOST, through: ["u0", "v0"] };

const request = { from: macs.host, to: macs.farHost };
const reply = { from: macs.farHost, to: macs.host };

const bridged = {
  encap: { ...OUT, lab: oneVtep, traffic: plain(request), arrives: toVtep(VNI, request) },
  decap: { ...IN, lab: oneVtep, traffic: fromVtep(VNI, reply), arrives: plain(reply) },
  vteps: { from: HOST, to: ["host2", "b0"], lab: twoVteps, traffic: plain(request), arrives: plain(request) },
};

const LARGE = 1396;
const large = (packet) => ({ ...packet, bytes: LARGE });
const inbound = (packet) => fromVtep(VNI, packet);
const outbound = (packet) => toVtep(VNI, packet);
const imix = (make, packet) => mixed((bytes) => make({ ...packet, bytes }));

/** Other lengths: 1400 bytes with the FCS, and IMIX. */
const shaped = {
  "encap-1400": { ...bridged.encap, traffic: plain(large(request)), arrives: outbound(large(request)) },
  "decap-1400": { ...bridged.decap, traffic: inbound(large(reply)), arrives: plain(large(reply)) },
  "encap-imix": { ...bridged.encap, traffic: imix(plain, request), arrives: imix(outbound, request) },
  "decap-imix": { ...bridged.decap, traffic: imix(inbound, reply), arrives: imix(plain, reply) },
};

/** The least that the mark fits into, over IPv6; over IPv4 it is the least that Ethernet has. */
const BYTES = { 4: {}, 6: { bytes: 66 } };
/** A router takes one off. */
const TTL = 64;

/** `leaves`: MACs of the routed packet. */
function routedOut(packet, configOf, vni, leaves) {
  const traffic = plain({ ...packet, from: macs.host, to: gatewayMacs.host });
  const arrives = toVtep(vni, { ...packet, ...leaves, ttl: TTL - 1 });
  return { ...OUT, lab: (choice) => oneVtep(choice, configOf), traffic, arrives };
}

function routedIn(packet, configOf) {
  const traffic = fromVtep(L3_VNI, { ...packet, from: routerMacs.far, to: routerMacs.local });
  const arrives = plain({ ...packet, from: gatewayMacs.host, to: macs.host, ttl: TTL - 1 });
  return { ...IN, lab: (choice) => oneVtep(choice, configOf), traffic, arrives };
}

const betweenRouters = { from: routerMacs.local, to: routerMacs.far };
const toFarHost = { from: gatewayMacs.far, to: macs.farHost };

/** Paths of one address family. `spread` and `label`: where flows differ, if not by port. */
function routed(family, { spread = {}, label = {} }) {
  const ends = hosts[family];
  const size = BYTES[family];
  const there = { ...size, source: ends.host, destination: ends.far };
  const back = { ...size, ...label, source: ends.far, destination: ends.host };
  const farther = { ...there, ...spread, destination: prefixHosts[family] };
  return {
    host: routedOut(there, byHostRoute, L3_VNI, betweenRouters),
    prefix: routedOut(farther, byPrefix, L3_VNI, betweenRouters),
    asymmetric: routedOut(there, byDomain, FAR_VNI, toFarHost),
    decap: routedIn(back, byHostRoute),
  };
}

const routed4 = routed(4, {});
/** Without a header checksum each flow can have a prefix of its own; the generator does not reach inner IPv6 ports. */
const routed6 = routed(6, { spread: { flowAt: SUBNET_AT, firstFlow: 0 }, label: { flowAt: FLOW_LABEL_AT } });

export const paths = {
  ...bridged,
  ...shaped,
  ...floodPaths,
  routed: routed4.host,
  "routed-prefix": routed4.prefix,
  "routed-asymmetric": routed4.asymmetric,
  "routed-decap": routed4.decap,
  routed6: routed6.host,
  "routed6-prefix": routed6.prefix,
  "routed6-asymmetric": routed6.asymmetric,
  "routed6-decap": routed6.decap,
};
