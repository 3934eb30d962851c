// Port security: MAC limits, source ACLs, ports that admit known sources only. Admission and learning are one step:
// a refused source is not forwarded and teaches nothing.

import { type Case, dropped, type Expected, place, sent, teaches } from "../case.js";
import { datagram, encapsulated, H1, H2, H4, lab, R1, R4, STRANGER, V3 } from "../lab.js";

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `security/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

const NEW = H4;
const newToH2 = datagram(NEW, H2);

const [FIRST, SECOND, THIRD] = [H4, R4, STRANGER].map((host, at) => ({ ...host, mac: `02:00:00:00:07:0${at}` })) as [
  typeof H1,
  typeof H1,
  typeof H1,
];
const limited = (maxMacs: number) =>
  lab({ onlyFdb: [{ domain: "red", mac: H2.mac, at: "h2" }], ports: { h1: { maxMacs } } });
const admitted = (host: typeof H1) => ({
  from: "h1",
  frame: datagram(host, H2),
  expect: teaches(sent(["h2", datagram(host, H2)]), place("red", host.mac, "h1")),
});
const refused = (host: typeof H1): Case["frames"][0] => ({
  from: "h1",
  frame: datagram(host, H2),
  expect: { ...dropped("mac_limit"), limitHit: true },
});
const known = (host: typeof H1) => ({
  from: "h1",
  frame: datagram(host, H2),
  expect: sent(["h2", datagram(host, H2)] as const),
});

export const security: readonly Case[] = [
  {
    id: "security/mac-limit",
    spec: "N4 N9",
    given: limited(2),
    frames: [admitted(FIRST), admitted(SECOND), refused(THIRD), known(FIRST), known(SECOND), refused(THIRD)],
  },
  {
    id: "security/mac-limit-one",
    spec: "N9",
    given: limited(1),
    frames: [admitted(FIRST), refused(SECOND), known(FIRST)],
  },
  {
    id: "security/mac-limit-counts-static",
    spec: "N12",
    given: lab({
      onlyFdb: [
        { domain: "red", mac: H2.mac, at: "h2" },
        { domain: "red", mac: FIRST.mac, at: "h1", flags: ["static"] },
      ],
      ports: { h1: { maxMacs: 2 } },
    }),
    frames: [known(FIRST), admitted(SECOND), refused(THIRD)],
  },
  {
    id: "security/mac-limit-frees-what-moved-away",
    spec: "N4",
    given: limited(1),
    frames: [
      admitted(FIRST),
      {
        from: "h2",
        frame: datagram(FIRST, H1),
        expect: teaches(
          sent(
            ["h1", datagram(FIRST, H1)],
            ["up0", encapsulated(datagram(FIRST, H1))],
            ["up0", encapsulated(datagram(FIRST, H1), { peer: V3 })],
          ),
          place("red", FIRST.mac, "h2"),
        ),
      },
      admitted(SECOND),
    ],
  },
  {
    id: "security/mac-limit-refuses-a-move",
    spec: "N4",
    given: lab({ ports: { h1: { maxMacs: 1 } } }),
    frames: [{ from: "h1", frame: datagram(R1, H2), expect: { ...dropped("mac_limit"), limitHit: true } }],
  },
  one(
    "secured-without-learning",
    "N13",
    lab({ ports: { h1: { secured: true, learning: false } } }),
    "h1",
    newToH2,
    dropped("mac_limit"),
  ),
  one(
    "secured-without-learning-known",
    "N13",
    lab({ ports: { h1: { secured: true, learning: false } } }),
    "h1",
    datagram(H1, H2),
    sent(["h2", datagram(H1, H2)]),
  ),
  one("source-acl-refuses", "N13", lab({ ports: { h1: { allow: [H1.mac] } } }), "h1", newToH2, dropped("source_acl")),
  one(
    "source-acl-permits",
    "N13",
    lab({ ports: { h1: { allow: [H1.mac, NEW.mac] } } }),
    "h1",
    newToH2,
    teaches(sent(["h2", newToH2]), place("red", NEW.mac, "h1")),
  ),
  one(
    "source-acl-before-stickiness",
    "N13",
    lab({ ports: { h2: { allow: [H2.mac] } }, fdb: [{ domain: "red", mac: NEW.mac, at: "h1", flags: ["sticky"] }] }),
    "h2",
    datagram(NEW, H1),
    dropped("source_acl"),
  ),
  one(
    "source-acl-of-one-port-only",
    "N13",
    lab({ ports: { h1: { allow: [H1.mac] } } }),
    "h2",
    datagram(NEW, H1),
    teaches(sent(["h1", datagram(NEW, H1)]), place("red", NEW.mac, "h2")),
  ),
];
