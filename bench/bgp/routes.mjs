// Routes by the hundred thousand, from a line that describes them: `{ kind, vtep, ... }`, numbered from `first` on.
//
//   macs       { vni, first, count, sequence?, sticky? }        type 2, MAC only; 02:e0:ff and three bytes of the number
//   inclusive  { vni }                                          type 3
//   prefixes   { l3vni, routerMac, first, count }               type 5, /30 each
import { macBytes } from "../frames.mjs";
import { macMobility, routerMac, routeTarget, vxlanEncapsulation } from "./communities.mjs";
import { inclusiveRoute, macRoute, prefixRoute } from "./nlri.mjs";
import { announcements, pmsiTunnel, withdrawals } from "./update.mjs";

/** TWIN: bpf/bench_watch.h knows the MACs of the bench by it. */
export const MAC_PREFIX = 0x02e0ff;
/** For benchmarks (RFC 2544, appendix C.2.2): room for 32768 prefixes. */
const FIRST_PREFIX = 0xc6120000;
export const PREFIX_LENGTH = 30;

export const numberedMac = (number) => macBytes(MAC_PREFIX, number);

export function numberedPrefix(number) {
  const value = FIRST_PREFIX + number * 2 ** (32 - PREFIX_LENGTH);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
}

function* numbered({ first = 0, count }, make) {
  for (let number = first; number < first + count; number++) yield make(number);
}

const kinds = {
  macs: ({ vtep, vni, ...range }) => numbered(range, (number) => macRoute({ vtep, vni, mac: numberedMac(number) })),
  inclusive: ({ vtep, vni }) => [inclusiveRoute({ vtep, vni })],
  prefixes: ({ vtep, l3vni, ...range }) =>
    numbered(range, (number) => prefixRoute({ vtep, l3vni, prefix: numberedPrefix(number), length: PREFIX_LENGTH })),
};

function communitiesOf(as, { vni, l3vni, routerMac: mac, sequence, sticky = false }) {
  const isMobile = sequence !== undefined || sticky;
  return [
    routeTarget(as, vni ?? l3vni),
    vxlanEncapsulation(),
    ...(mac === undefined ? [] : [routerMac(mac)]),
    ...(isMobile ? [macMobility({ sequence: sequence ?? 0, sticky })] : []),
  ];
}

/** UPDATE messages that announce what is described. */
export function announced(as, routes) {
  return routes.flatMap((route) => {
    const more = route.kind === "inclusive" ? [pmsiTunnel(route.vni, route.vtep)] : [];
    const attributes = { nextHop: route.vtep, communities: communitiesOf(as, route), more };
    return [...announcements(kinds[route.kind](route), attributes)];
  });
}

/** UPDATE messages that take it back. */
export const withdrawn = (routes) => routes.flatMap((route) => [...withdrawals(kinds[route.kind](route))]);
