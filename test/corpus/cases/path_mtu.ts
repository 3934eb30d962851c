// What routers of the underlay have said of the path to a VTEP: smaller than the next hop's link, it is what counts.

import { type Case, dropped, type Given, sent } from "../case.js";
import {
  A1,
  byL3,
  casesOf,
  handedOver,
  type IrbChanges,
  irbLab,
  irbLab6,
  leaving,
  leaving6,
  RA,
  talk,
  talk6,
  X1,
} from "../irb_lab.js";
import { BROADCAST, encapsulated, H1, H2, lab, V3 } from "../lab.js";
import { ethernet, packet, payload } from "../packet.js";
import { tells, tells6 } from "../told.js";

const one = casesOf("path-mtu");

const narrow = (pathMtu: number, more: IrbChanges = {}): Given => irbLab({ ...more, vteps: { v2: { pathMtu } } });
/** An IP packet of this many bytes. */
const ofSize = (bytes: number) => ({ length: bytes - 28, df: true });
const routed = (bytes: number): Uint8Array => leaving(A1, X1, ofSize(bytes));
const bridged = (bytes: number): Uint8Array => talk(A1, RA, [A1.mac, RA.mac], ofSize(bytes));
const bridged6 = talk6(A1, RA, [A1.mac, RA.mac], { length: 1452 });
const routed6 = leaving6(A1, X1, { length: 1452 });
const everybody = packet(ethernet(H1.mac, BROADCAST), payload(1400));

export const pathMtu: readonly Case[] = [
  one("routed-and-too-big", "S33 S29", narrow(1400), "h1", routed(1351), {
    ...dropped("mtu_exceeded", tells(3, 4, routed(1351), 1350)),
  }),
  one("routed-and-just-fits", "S33", narrow(1400), "h1", routed(1350), {
    ...sent(byL3(handedOver(A1, X1, ofSize(1350)))),
  }),
  one("routed-ipv6-and-too-big", "S33 S30", narrow(1400), "h1", routed6, {
    ...dropped("mtu_exceeded", tells6(2, 0, routed6, 1350)),
  }),
  one("routed-ipv6-never-below-1280", "S33 S30", narrow(1300), "h1", routed6, {
    ...dropped("mtu_exceeded", tells6(2, 0, routed6, 1280)),
  }),
  one("bridged-and-too-big", "S33 S31", narrow(1400), "h1", bridged(1351), {
    ...dropped("mtu_exceeded", tells(3, 4, bridged(1351), 1350)),
  }),
  one("bridged-ipv6-and-too-big", "S33 S31", narrow(1400), "h1", bridged6, {
    ...dropped("mtu_exceeded", tells6(2, 0, bridged6, 1350)),
  }),
  one("bridged-and-just-fits", "S33", narrow(1400), "h1", bridged(1350), {
    ...sent(["up0", encapsulated(bridged(1350))]),
  }),
  one(
    "over-an-ipv6-underlay",
    "S33",
    { ...irbLab6(), vteps: { ...irbLab6().vteps, v2: { ...irbLab6().vteps.v2!, pathMtu: 1400 } } },
    "h1",
    routed(1331),
    dropped("mtu_exceeded", tells(3, 4, routed(1331), 1330)),
  ),
  one(
    "larger-than-the-link-changes-nothing",
    "S33",
    narrow(1600, { uplinks: { up0: { mtu: 1500 } } }),
    "h1",
    routed(1451),
    {
      ...dropped("mtu_exceeded", tells(3, 4, routed(1451), 1450)),
    },
  ),
  one("of-another-vtep-changes-nothing", "S33", irbLab({ vteps: { v3: { pathMtu: 600 } } }), "h1", routed(1500), {
    ...sent(byL3(handedOver(A1, X1, ofSize(1500)))),
  }),
  one(
    "counts-while-the-next-hop-is-being-resolved",
    "S33",
    irbLab({ vteps: { v2: { pathMtu: 1400, via: "resolving" } } }),
    "h1",
    routed(1351),
    dropped("mtu_exceeded", tells(3, 4, routed(1351), 1350)),
  ),
  one("each-copy-of-a-flood-by-its-own", "S33 S12", lab({ vteps: { v2: { pathMtu: 1400 } } }), "h1", everybody, {
    ...sent(["h2", everybody], ["up0", encapsulated(everybody, { peer: V3 })]),
    lost: ["mtu_exceeded"],
  }),
  one("local-hosts-are-not-concerned", "S33", narrow(600), "h1", talk(H1, H2, [H1.mac, H2.mac], ofSize(1500)), {
    ...sent(["h2", talk(H1, H2, [H1.mac, H2.mac], ofSize(1500))]),
  }),
];
