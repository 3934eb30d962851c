// ARP and ND requests that go to the one host they are for, instead of being answered here (RFC 9161 §3.4).

import { type Case, consumed, dropped, type Expected, type Given, type Output, sent } from "../case.js";
import { advertisement, solicitation } from "../icmp.js";
import { A1, A2, asking, casesOf, everybody, GW_RED, irbLab, RA, RED } from "../irb_lab.js";
import { arriving, encapsulated, encapsulated6, H1, H2, lab, lab6, STRANGER, V3 } from "../lab.js";
import { arp, concat, ethernet, ipv6, packet, payload, vlan } from "../packet.js";

const one = casesOf("unicast-forward");
const from = (id: string, spec: string, given: Given, frame: Uint8Array, expect: Expected): Case =>
  one(id, spec, given, "h1", frame, expect);

const KNOWN = [A1, A2, RA].flatMap(({ ip, ip6, mac }) => [
  { domain: "red", ip, mac },
  { domain: "red", ip: ip6, mac },
]);
const FORWARD = { arpSuppression: true, knownArp: "unicast-forward" } as const;
const on = { domains: { red: FORWARD }, neighbors: KNOWN };
const forwarding = lab(on);
const strict = lab({ ...on, domains: { red: { ...FORWARD, unknownArp: "drop" } } });
const replying = lab({ ...on, domains: { red: { arpSuppression: true } } });
const dropping = lab({ ...on, domains: { red: { arpSuppression: true, unknownNdOptions: "drop" } } });

/** The same frame to one host. */
const only = ({ mac }: { mac: string }, frame: Uint8Array): Uint8Array =>
  concat(packet(ethernet(A1.mac, mac)).slice(0, 12), frame.slice(12));
const flooded = (frame: Uint8Array): Output[] => [
  ["h2", frame],
  ["up0", encapsulated(frame)],
  ["up0", encapsulated(frame, { peer: V3 })],
];
const ask = (target: string, sender = A1.ip): Uint8Array =>
  packet(everybody(A1), arp(A1.mac, sender, target), payload(18));
const unknown = ask("10.1.0.77");

const arpCases: Case[] = [
  from("arp-to-a-remote-host", "S62", forwarding, ask(RA.ip), sent(["up0", encapsulated(only(RA, ask(RA.ip)))])),
  from("arp-to-a-local-host", "S62", forwarding, ask(A2.ip), sent(["h2", only(A2, ask(A2.ip))])),
  from("arp-over-an-ipv6-underlay", "S62", lab6(on), ask(RA.ip), {
    ...sent(["up0", encapsulated6(only(RA, ask(RA.ip)))]),
  }),
  from(
    "arp-to-a-tagged-port",
    "S62",
    lab({ ...on, ports: { "t1.10": { domain: "red" } }, fdb: [{ domain: "red", mac: A2.mac, at: "t1.10" }] }),
    ask(A2.ip),
    sent(["t1", packet(ethernet(A1.mac, A2.mac), vlan(10), arp(A1.mac, A1.ip, A2.ip), payload(18))]),
  ),
  from("arp-where-a-gateway-is-too", "S62", irbLab({ domains: { red: FORWARD } }), ask(RA.ip), {
    ...sent(["up0", encapsulated(only(RA, ask(RA.ip)))]),
  }),
  from("arp-for-the-gateway-is-answered", "O5", irbLab({ domains: { red: FORWARD } }), ask(RED.ip), {
    ...consumed(["h1", packet(ethernet(GW_RED, A1.mac), arp(GW_RED, RED.ip, A1.ip, A1.mac))]),
  }),
  from("arp-for-an-unknown-host-is-flooded", "S62, RFC 9161 §3.4", forwarding, unknown, sent(...flooded(unknown))),
  from("arp-for-an-unknown-host-is-dropped-by-policy", "S62", strict, unknown, dropped("unknown_arp_target")),
  from("arp-probe-goes-to-all", "S61: whoever has the address objects", strict, ask(RA.ip, "0.0.0.0"), {
    ...sent(...flooded(ask(RA.ip, "0.0.0.0"))),
  }),
  from("announcement-goes-to-all", "S66", strict, ask(A1.ip), sent(...flooded(ask(A1.ip)))),
  from("unicast-request-passes", "S67", forwarding, only(RA, ask(A2.ip)), {
    ...sent(["up0", encapsulated(only(RA, ask(A2.ip)))]),
  }),
  from(
    "without-suppression-means-nothing",
    "S63",
    lab({ domains: { red: { knownArp: "unicast-forward" } } }),
    unknown,
    {
      ...sent(...flooded(unknown)),
    },
  ),
  from(
    "the-answer-is-bridged",
    "S69",
    forwarding,
    packet(ethernet(A1.mac, A2.mac), arp(A1.mac, A1.ip, A2.ip, A2.mac)),
    sent(["h2", packet(ethernet(A1.mac, A2.mac), arp(A1.mac, A1.ip, A2.ip, A2.mac))]),
  ),
  one(
    "arp-from-the-tunnel-is-bridged",
    "S63",
    forwarding,
    "up0",
    arriving(packet(everybody(RA), arp(RA.mac, RA.ip, A2.ip))),
    {
      ...sent(
        ["h1", packet(everybody(RA), arp(RA.mac, RA.ip, A2.ip))],
        ["h2", packet(everybody(RA), arp(RA.mac, RA.ip, A2.ip))],
      ),
    },
  ),
  from(
    "to-a-host-whose-mac-has-gone",
    "N7: as any frame to that MAC",
    lab({
      ...on,
      onlyFdb: [{ domain: "red", mac: A1.mac, at: "h1" }],
      domains: { red: { ...FORWARD, unknownUnicast: "drop" } },
    }),
    ask(RA.ip),
    dropped("unknown_unicast_drop"),
  ),
  from(
    "isolation-holds",
    "P bridging",
    lab({ ...on, ports: { h1: { isolated: true }, h2: { isolated: true } } }),
    ask(A2.ip),
    {
      ...dropped("isolated"),
    },
  ),
  {
    id: "unicast-forward/storm-control-does-not-count-it",
    spec: "P security",
    given: lab({ ...on, ports: { h1: { storm: { broadcast: 1 } } } }),
    frames: [
      { from: "h1", frame: ask(A2.ip), expect: sent(["h2", only(A2, ask(A2.ip))]) },
      { from: "h1", frame: ask(A2.ip), expect: sent(["h2", only(A2, ask(A2.ip))]) },
      { from: "h1", frame: unknown, expect: sent(...flooded(unknown)) },
    ],
  },
];

/** SPEC: RFC 9161 §3.3b: who is behind the asker's own port has heard the request. */
const samePort: readonly Given[] = [replying, forwarding].map(({ fdb, ...given }) => ({
  ...given,
  fdb: [
    { domain: "red", mac: H1.mac, at: "h1" },
    { domain: "red", mac: H2.mac, at: "h1" },
  ],
}));
const hairpins: Case[] = samePort.map((given, index) =>
  from(`host-behind-the-same-port-${index}`, "RFC 9161 §3.3b", given, ask(A2.ip), dropped("hairpin")),
);

const NONCE = Uint8Array.of(14, 1, 1, 2, 3, 4, 5, 6);
const ns = (target: string, options?: Uint8Array, source = A1.ip6): Uint8Array =>
  packet(...asking(A1, source, target), solicitation(target, { mac: A1.mac, ...(options && { options }) }));
const na = packet(
  ethernet(RA.mac, A1.mac),
  ipv6(RA.ip6, A1.ip6, { hopLimit: 255 }),
  advertisement(RA.ip6, "SO", { mac: RA.mac }),
);
const dad = packet(...asking(A1, "::", RA.ip6), solicitation(RA.ip6));
const dadWithNonce = packet(...asking(A1, "::", RA.ip6), solicitation(RA.ip6, { options: NONCE }));
const plain = packet(...asking(A1, A1.ip6, RA.ip6), solicitation(RA.ip6));
const toRa = (frame: Uint8Array): Expected => sent(["up0", encapsulated(only(RA, frame))]);

const ndCases: Case[] = [
  from("solicitation-to-a-host", "S62, RFC 6085: a group in a frame to one", forwarding, ns(RA.ip6), toRa(ns(RA.ip6))),
  from("solicitation-for-an-unknown-host-is-flooded", "S62", forwarding, ns("2001:db8:1::77"), {
    ...sent(...flooded(ns("2001:db8:1::77"))),
  }),
  from("duplicate-address-detection-goes-to-all", "S61", strict, dad, sent(...flooded(dad))),
  from("enhanced-detection-goes-to-all", "S61, RFC 7527", dropping, dadWithNonce, sent(...flooded(dadWithNonce))),
  from("unknown-option-is-not-answered-for", "RFC 9161 §3.3e", replying, ns(RA.ip6, NONCE), toRa(ns(RA.ip6, NONCE))),
  from("unknown-option-is-dropped-by-policy", "RFC 9161 §3.3e", dropping, ns(RA.ip6, NONCE), {
    ...dropped("nd_unknown_option"),
  }),
  from("unknown-option-for-an-unknown-host", "S62", dropping, ns("2001:db8:1::77", NONCE), {
    ...sent(...flooded(ns("2001:db8:1::77", NONCE))),
  }),
  from("unknown-option-where-all-is-forwarded", "RFC 9161 §3.4", strict, ns(RA.ip6, NONCE), toRa(ns(RA.ip6, NONCE))),
  from("no-option-is-answered", "RFC 4861 §4.3", dropping, plain, consumed(["h1", na])),
  from("known-option-is-answered", "S60", dropping, ns(RA.ip6), consumed(["h1", na])),
];

const strangers: Case[] = [
  {
    id: "unicast-forward/the-asker-is-learned-first",
    spec: "S69",
    given: forwarding,
    frames: [
      {
        from: "h1",
        frame: packet(everybody(STRANGER), arp(STRANGER.mac, "10.1.0.99", A2.ip)),
        expect: {
          ...sent(["h2", packet(ethernet(STRANGER.mac, A2.mac), arp(STRANGER.mac, "10.1.0.99", A2.ip))]),
          learned: [`red ${STRANGER.mac} at h1`],
          bindings: [`red 10.1.0.99 is ${STRANGER.mac}`],
        },
      },
    ],
  },
];

export const unicastForward: readonly Case[] = [...arpCases, ...hairpins, ...ndCases, ...strangers];
