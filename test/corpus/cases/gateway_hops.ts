// Routes by a router that is itself a host of a connected domain: the tenant's own, or one behind another VTEP.

import { type Case, dropped, sent } from "../case.js";
import { ecmpPath } from "../entropy.js";
import {
  A1,
  B1,
  brought,
  byL3,
  casesOf,
  fromL3,
  GW_BLUE,
  handedOver,
  irbLab,
  leaving,
  leaving6,
  RB,
  RMAC2,
  takenOver,
  talk,
  talk6,
  X1,
} from "../irb_lab.js";
import { encapsulated } from "../lab.js";
import { tells, tells6 } from "../told.js";

const one = casesOf("gateway-hop");
const FAR = { ip: "198.51.100.7", ip6: "2001:db8:77::7" };
const by = (mac?: string) => [{ domain: "blue", ...(mac === undefined ? {} : { mac }) }] as const;
const known = irbLab({ routes: { "198.51.100.0/24": by(B1.mac), "2001:db8:77::/64": by(B1.mac) } });
const remote = irbLab({ routes: { "198.51.100.0/24": by(RB.mac), "198.51.100.7/32": by(RB.mac) } });
const unheard = irbLab({ routes: { "198.51.100.0/24": by(), "2001:db8:77::/64": by() } });
const out = leaving(A1, FAR);
const out6 = leaving6(A1, FAR);
const either = irbLab({ routes: { "198.51.100.0/24": [...by(B1.mac), { vtep: "v2", routerMac: RMAC2 }] } });
const flows = Array.from({ length: 12 }, (_, port) => ({ length: 18, ports: [3000 + port, 53] as const }));

export const gatewayHops: readonly Case[] = [
  one(
    "to-a-router-on-a-port",
    "O18 S57",
    known,
    "h1",
    out,
    sent(["h3", talk(A1, FAR, [GW_BLUE, B1.mac], { ttl: 63 })]),
  ),
  one(
    "to-a-router-on-a-port-ipv6",
    "O18 S57",
    known,
    "h1",
    out6,
    sent(["h3", talk6(A1, FAR, [GW_BLUE, B1.mac], { hopLimit: 63 })]),
  ),
  one(
    "to-a-router-behind-a-vtep-by-the-l2-vni",
    "S57",
    remote,
    "h1",
    out,
    sent(["up0", encapsulated(talk(A1, FAR, [GW_BLUE, RB.mac], { ttl: 63 }), { vni: 200 })]),
  ),
  one(
    "from-the-l3-vni",
    "O18",
    known,
    "up0",
    fromL3(takenOver(X1, FAR)),
    sent(["h3", talk(X1, FAR, [GW_BLUE, B1.mac], { ttl: 62 })]),
  ),
  one("back-to-whom-it-came-from", "O18", known, "h3", leaving(B1, FAR), {
    ...sent(["h3", talk(B1, FAR, [GW_BLUE, B1.mac], { ttl: 63 })]),
  }),
  one("router-not-heard-of", "RFC 1812 §5.2.7.1", unheard, "h1", out, dropped("no_neighbor", tells(3, 1, out))),
  one("router-not-heard-of-ipv6", "RFC 4443 §3.1", unheard, "h1", out6, dropped("no_neighbor", tells6(1, 3, out6))),
  {
    id: "gateway-hop/shares-flows-with-a-vtep",
    spec: "S59",
    given: { ...either, vtep: { ...either.vtep, df: "set" } },
    frames: flows.map((flow) => {
      const frame = leaving(A1, FAR, flow);
      const tunnel = ecmpPath(frame, 2) === 1;
      const local = talk(A1, FAR, [GW_BLUE, B1.mac], { ...flow, ttl: 63 });
      const expect = tunnel ? sent(byL3(handedOver(A1, FAR, flow), { df: true })) : sent(["h3", local]);
      return { from: "h1", frame, expect };
    }),
  },
  one("own-addresses-come-first", "O5", irbLab({ routes: { "10.1.0.0/28": by(B1.mac) } }), "h3", leaving(B1, A1), {
    ...sent(["h1", brought(B1, A1)]),
  }),
  one("ttl-1", "S50", known, "h1", leaving(A1, FAR, { ttl: 1 }), {
    ...dropped("ttl_exceeded", tells(11, 0, leaving(A1, FAR, { ttl: 1 }))),
  }),
];
