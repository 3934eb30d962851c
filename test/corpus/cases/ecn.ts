// Explicit congestion notification across the tunnel (RFC 6040), both profiles, all cells of both tables.

import { type Case, dropped, sent } from "../case.js";
import { arriving, BROADCAST, encapsulated, H1, lab, R1 } from "../lab.js";
import { arp, ethernet, ipv4, ipv6, packet, payload, udp } from "../packet.js";

const NAMES = ["not-ect", "ect1", "ect0", "ce"] as const;
const DSCP = 0xb8;

const inner4 = (ecn: number, from = H1, to = R1) =>
  packet(ethernet(from.mac, to.mac), ipv4(from.ip, to.ip, { tos: DSCP | ecn }), udp(1000, 2000), payload(18));
const inner6 = (ecn: number, from = H1, to = R1) =>
  packet(
    ethernet(from.mac, to.mac),
    ipv6(from.ip6, to.ip6, { trafficClass: DSCP | ecn, flowLabel: 0xabcde }),
    udp(1000, 2000),
    payload(18),
  );
const families = [
  ["ipv4", inner4],
  ["ipv6", inner6],
] as const;

/** SPEC: RFC 6040 §4.1 normal mode; Linux never sends CE on. */
const outerOf = { rfc7348: [0, 1, 2, 3], linux: [0, 1, 2, 2] } as const;

const encap: Case[] = (["rfc7348", "linux"] as const).flatMap((profile) =>
  families.flatMap(([family, inner]) =>
    NAMES.map(
      (name, ecn): Case => ({
        id: `ecn/encap-${profile}-${family}-${name}`,
        spec: "S23",
        given: lab({ vtep: { profile } }),
        frames: [
          {
            from: "h1",
            frame: inner(ecn),
            expect: sent(["up0", encapsulated(inner(ecn), { tos: DSCP | outerOf[profile][ecn]! })]),
          },
        ],
      }),
    ),
  ),
);

/** SPEC: RFC 6040 §4.2 figure 4. Rows: inner; columns: outer; -1 = drop. */
const DECAP = [
  [0, 0, 0, -1],
  [1, 1, 1, 3],
  [2, 1, 2, 3],
  [3, 3, 3, 3],
] as const;

const decap: Case[] = (["rfc7348", "linux"] as const).flatMap((profile) =>
  families.flatMap(([family, inner]) =>
    DECAP.flatMap((row, ecn) =>
      row.map(
        (result, outer): Case => ({
          id: `ecn/decap-${profile}-${family}-${NAMES[ecn]}-in-${NAMES[outer]}`,
          spec: result < 0 ? "S25 S26" : "S25 S28",
          given: lab({ vtep: { profile } }),
          frames: [
            {
              from: "up0",
              frame: arriving(inner(ecn, R1, H1), { tos: outer }),
              expect: result < 0 ? dropped("ecn_illegal") : sent(["h1", inner(result, R1, H1)]),
            },
          ],
        }),
      ),
    ),
  ),
);

const question = packet(ethernet(R1.mac, BROADCAST), arp(R1.mac, R1.ip, H1.ip), payload(18));
const shortIp = packet(ethernet(R1.mac, H1.mac, { type: 0x0800 }), payload(19, 0x45));

const others: Case[] = [
  {
    id: "ecn/outer-dscp-stays-outside",
    spec: "S27",
    given: lab(),
    frames: [
      { from: "up0", frame: arriving(inner4(0, R1, H1), { tos: 0x28 }), expect: sent(["h1", inner4(0, R1, H1)]) },
    ],
  },
  {
    id: "ecn/not-ip-is-untouched",
    spec: "S28",
    given: lab(),
    frames: [{ from: "up0", frame: arriving(question, { tos: 3 }), expect: sent(["h1", question], ["h2", question]) }],
  },
  {
    id: "ecn/ip-header-cut-short-is-untouched",
    spec: "S20 S28",
    given: lab(),
    frames: [{ from: "up0", frame: arriving(shortIp, { tos: 3 }), expect: sent(["h1", shortIp]) }],
  },
];

export const ecn: readonly Case[] = [...encap, ...decap, ...others];
