// Who may be where: learning, moving, static and sticky entries, flood-and-learn from tunnels.

import { type Case, dropped, type Expected, place, sent, teaches } from "../case.js";
import { arriving, datagram, encapsulated, H1, H2, H4, lab, R1, STRANGER, V3 } from "../lab.js";

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `learning/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

const NEW = H4;
const newToH2 = datagram(NEW, H2);
const newToR1 = datagram(NEW, R1);
const local: Case[] = [
  one(
    "new-source",
    "S16",
    lab(),
    "h1",
    newToR1,
    teaches(sent(["up0", encapsulated(newToR1)]), place("red", NEW.mac, "h1")),
  ),
  {
    id: "learning/then-known",
    spec: "S16",
    given: lab(),
    frames: [
      { from: "h1", frame: newToH2, expect: teaches(sent(["h2", newToH2]), place("red", NEW.mac, "h1")) },
      { from: "h2", frame: datagram(H2, NEW), expect: sent(["h1", datagram(H2, NEW)]) },
      { from: "up0", frame: arriving(datagram(R1, NEW)), expect: sent(["h1", datagram(R1, NEW)]) },
    ],
  },
  one(
    "learned-although-not-delivered",
    "P bridging",
    lab({ fdb: [{ domain: "red", mac: STRANGER.mac, at: "held" }] }),
    "h1",
    datagram(NEW, STRANGER),
    teaches(dropped("unknown_unicast_hold"), place("red", NEW.mac, "h1")),
  ),
  one("learning-off", "O10", lab({ ports: { h1: { learning: false } } }), "h1", newToH2, sent(["h2", newToH2])),
  one(
    "learning-off-keeps-a-move-away",
    "O10",
    lab({ ports: { h2: { learning: false } } }),
    "h2",
    datagram(H1, R1),
    sent(["up0", encapsulated(datagram(H1, R1))]),
  ),
  one(
    "move-between-ports",
    "N16 dc",
    lab(),
    "h2",
    datagram(H1, R1),
    teaches(sent(["up0", encapsulated(datagram(H1, R1))]), place("red", H1.mac, "h2")),
  ),
  one(
    "move-from-a-vtep",
    "N16 dc",
    lab({ fdb: [{ domain: "red", mac: R1.mac, at: "v2", flags: ["evpn"] }] }),
    "h1",
    datagram(R1, H2),
    teaches(sent(["h2", datagram(R1, H2)]), place("red", R1.mac, "h1")),
  ),
  one(
    "return-of-a-held-mac",
    "N25",
    lab({ fdb: [{ domain: "red", mac: NEW.mac, at: "held" }] }),
    "h2",
    datagram(NEW, H1),
    teaches(sent(["h1", datagram(NEW, H1)]), place("red", NEW.mac, "h2")),
  ),
  one(
    "held-mac-returns-though-moves-are-denied",
    "N25 N16",
    lab({ domains: { red: { mobility: "deny" } }, fdb: [{ domain: "red", mac: NEW.mac, at: "held" }] }),
    "h2",
    datagram(NEW, H1),
    teaches(sent(["h1", datagram(NEW, H1)]), place("red", NEW.mac, "h2")),
  ),
  one(
    "move-denied",
    "N16 ixp",
    lab({ domains: { red: { mobility: "deny" } } }),
    "h2",
    datagram(H1, R1),
    dropped("mac_move_denied"),
  ),
  one(
    "move-of-a-remote-mac-denied",
    "N15",
    lab({ domains: { red: { mobility: "deny" } } }),
    "h1",
    datagram(R1, H2),
    dropped("mac_move_denied"),
  ),
  one(
    "new-mac-where-moves-are-denied",
    "N16 ixp",
    lab({ domains: { red: { mobility: "deny" } } }),
    "h1",
    newToH2,
    teaches(sent(["h2", newToH2]), place("red", NEW.mac, "h1")),
  ),
  one("full-table-forwards-without-learning", "N20", lab({ fdbCapacity: 7 }), "h1", newToH2, sent(["h2", newToH2])),
  one(
    "full-table-still-moves",
    "N20",
    lab({ fdbCapacity: 7 }),
    "h2",
    datagram(H1, R1),
    teaches(sent(["up0", encapsulated(datagram(H1, R1))]), place("red", H1.mac, "h2")),
  ),
];

const rigid = (flag: "static" | "sticky", at: string) =>
  lab({ fdb: [{ domain: "red", mac: NEW.mac, at, flags: [flag] }] });
const fixed: Case[] = [
  one("static-at-home", "N14", rigid("static", "h1"), "h1", newToH2, sent(["h2", newToH2])),
  one("static-elsewhere", "N14", rigid("static", "h1"), "h2", datagram(NEW, H1), dropped("sticky_violation")),
  one("static-behind-a-vtep", "N14", rigid("static", "v2"), "h1", newToH2, dropped("sticky_violation")),
  one("sticky-elsewhere", "N11", rigid("sticky", "h1"), "h2", datagram(NEW, H1), dropped("sticky_violation")),
  one("sticky-behind-a-vtep", "N11, row 37", rigid("sticky", "v2"), "h1", newToH2, dropped("sticky_violation")),
  one(
    "sticky-by-the-port",
    "N10",
    lab({ ports: { h1: { sticky: true } } }),
    "h1",
    newToH2,
    teaches(sent(["h2", newToH2]), place("red", NEW.mac, "h1", "sticky")),
  ),
  {
    id: "learning/sticky-from-the-first-frame",
    spec: "N10 N41",
    given: lab({ ports: { h1: { sticky: true } } }),
    frames: [
      { from: "h1", frame: newToH2, expect: teaches(sent(["h2", newToH2]), place("red", NEW.mac, "h1", "sticky")) },
      { from: "h2", frame: datagram(NEW, H1), expect: dropped("sticky_violation") },
      { from: "h1", frame: newToH2, expect: sent(["h2", newToH2]) },
    ],
  },
];

const flooding = (more: Parameters<typeof lab>[0] = {}) =>
  lab({ ...more, domains: { red: { learnRemote: true, ...more?.domains?.red } } });
const down = (from = STRANGER, to = H1) => arriving(datagram(from, to));
const remote: Case[] = [
  one("tunnels-teach-nothing-by-default", "O9", lab(), "up0", down(), sent(["h1", datagram(STRANGER, H1)])),
  one(
    "flood-and-learn",
    "S16, RFC 7348 §4.1",
    flooding(),
    "up0",
    down(),
    teaches(sent(["h1", datagram(STRANGER, H1)]), place("red", STRANGER.mac, "v2")),
  ),
  one("flood-and-learn-known", "S16", flooding(), "up0", down(R1), sent(["h1", datagram(R1, H1)])),
  one(
    "move-between-vteps",
    "S16",
    flooding(),
    "up0",
    arriving(datagram(R1, H1), { peer: V3 }),
    teaches(sent(["h1", datagram(R1, H1)]), place("red", R1.mac, "v3")),
  ),
  one(
    "move-into-a-tunnel",
    "S16",
    flooding(),
    "up0",
    down(H2),
    teaches(sent(["h1", datagram(H2, H1)]), place("red", H2.mac, "v2")),
  ),
  one(
    "move-into-a-tunnel-denied",
    "N16 ixp",
    flooding({ domains: { red: { mobility: "deny" } } }),
    "up0",
    down(H2),
    dropped("mac_move_denied"),
  ),
  one(
    "static-host-from-a-tunnel",
    "N14",
    flooding({ fdb: [{ domain: "red", mac: H2.mac, at: "h2", flags: ["static"] }] }),
    "up0",
    down(H2),
    dropped("sticky_violation"),
  ),
  one(
    "unknown-vtep-teaches-nothing",
    "S19",
    flooding({ vtep: { knownVtepsOnly: false } }),
    "up0",
    arriving(datagram(STRANGER, H1), { peer: "10.255.0.66" }),
    sent(["h1", datagram(STRANGER, H1)]),
  ),
  {
    id: "learning/answer-takes-the-learned-tunnel",
    spec: "S16",
    given: flooding(),
    frames: [
      {
        from: "up0",
        frame: down(),
        expect: teaches(sent(["h1", datagram(STRANGER, H1)]), place("red", STRANGER.mac, "v2")),
      },
      { from: "h1", frame: datagram(H1, STRANGER), expect: sent(["up0", encapsulated(datagram(H1, STRANGER))]) },
    ],
  },
];

/** Time stamps keep a MAC from ageing. Who may not speak does not stay young by trying. */
const seen: Case[] = [
  {
    id: "learning/known-source-is-refreshed",
    spec: "P bridging: ageing",
    given: lab(),
    frames: [
      { at: 7, from: "h1", frame: datagram(H1, H2), expect: sent(["h2", datagram(H1, H2)]) },
      { at: 9, from: "h1", frame: datagram(H1, H2), expect: sent(["h2", datagram(H1, H2)]) },
    ],
    seen: [
      { domain: "red", mac: H1.mac, tick: 9 },
      { domain: "red", mac: H2.mac, tick: 0 },
    ],
  },
  {
    id: "learning/dropped-frames-refresh-too",
    spec: "P bridging: ageing",
    given: lab(),
    frames: [{ at: 7, from: "h1", frame: datagram(H1, H1), expect: dropped("hairpin") }],
    seen: [{ domain: "red", mac: H1.mac, tick: 7 }],
  },
  {
    id: "learning/new-source-is-stamped",
    spec: "P bridging: ageing",
    given: lab(),
    frames: [
      {
        at: 0xfffffffe,
        from: "h1",
        frame: newToH2,
        expect: teaches(sent(["h2", newToH2]), place("red", NEW.mac, "h1")),
      },
    ],
    seen: [{ domain: "red", mac: NEW.mac, tick: 0xfffffffe }],
  },
  {
    id: "learning/tunnels-refresh-what-they-taught",
    spec: "P bridging: ageing",
    given: flooding(),
    frames: [{ at: 5, from: "up0", frame: down(R1), expect: sent(["h1", datagram(R1, H1)]) }],
    seen: [{ domain: "red", mac: R1.mac, tick: 5 }],
  },
  {
    id: "learning/tunnels-refresh-nothing-of-the-control-plane",
    spec: "O9",
    given: lab(),
    frames: [{ at: 5, from: "up0", frame: down(R1), expect: sent(["h1", datagram(R1, H1)]) }],
    seen: [{ domain: "red", mac: R1.mac, tick: 0 }],
  },
  {
    id: "learning/refused-source-is-not-refreshed",
    spec: "N11 N14",
    given: rigid("static", "h1"),
    frames: [{ at: 5, from: "h2", frame: datagram(NEW, H1), expect: dropped("sticky_violation") }],
    seen: [{ domain: "red", mac: NEW.mac, tick: 0 }],
  },
];

export const learning: readonly Case[] = [...local, ...fixed, ...remote, ...seen];
