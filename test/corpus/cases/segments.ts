// Ethernet segments of several VTEPs: flows to those of others are shared (RFC 7432 §8.4); flooded frames reach our own
// from one VTEP only, and never come back to it (RFC 7432 §8.5, RFC 8365 §8.3.1).

import { type Case, dropped, type Expected, sent } from "../case.js";
import { ecmpPath } from "../entropy.js";
import { A1, brought, GW_BLUE, irbLab, leaving, type RoutedHost } from "../irb_lab.js";
import { arriving, BROADCAST, datagram, encapsulated, H1, H2, type Host, lab, R1, R4, STRANGER, V3 } from "../lab.js";
import { arp, ethernet, packet, payload } from "../packet.js";

function one(id: string, spec: string, given: Case["given"], from: string, frame: Uint8Array, expect: Expected): Case {
  return { id: `segments/${id}`, spec, given, frames: [{ from, frame, expect }] };
}

const E1: Host = { mac: "02:00:00:00:0e:01", ip: "192.168.100.91", ip6: "2001:db8:100::91" };
const far = { es: { vteps: ["v2", "v3"] } };
const shared = lab({ segments: far, fdb: [{ domain: "red", mac: E1.mac, at: "es", flags: ["evpn"] }] });
const alone = lab({ segments: { es: { vteps: [] } }, fdb: [{ domain: "red", mac: E1.mac, at: "es" }] });
const ports = Array.from({ length: 16 }, (_, port) => [2000 + port, 53] as const);

const aliasing: Case[] = [
  {
    id: "segments/aliasing-shares-flows",
    spec: "S42",
    given: { ...shared, vtep: { ...shared.vtep, df: "set" } },
    frames: [...ports, ...ports].map((flow) => {
      const frame = datagram(H1, E1, 18, flow);
      const peer = ecmpPath(frame, 2) === 1 ? { peer: V3 } : {};
      return { from: "h1", frame, expect: sent(["up0", encapsulated(frame, { df: true, ...peer })]) };
    }),
  },
  one("split-horizon-to-a-segment", "S17", shared, "up0", arriving(datagram(R1, E1)), dropped("split_horizon")),
  one("no-vtep-left", "S43", alone, "h1", datagram(H1, E1), dropped("underlay_unresolved")),
  routed(),
];

/** Asymmetric: the destination's L2 VNI, to one of the VTEPs that its segment is attached to. */
function routed(): Case {
  const host: RoutedHost = { mac: E1.mac, ip: "10.2.0.91", ip6: "2001:db8:2::91", gateway: GW_BLUE };
  const given = irbLab({
    segments: { es: { vteps: ["v3"] } },
    fdb: [{ domain: "blue", mac: E1.mac, at: "es" }],
    neighbors: [{ domain: "blue", ip: host.ip, mac: host.mac }],
  });
  const inner = brought(A1, host);
  return one("routed-to-a-host-on-a-segment", "S42 S49", given, "h1", leaving(A1, host), {
    ...sent(["up0", encapsulated(inner, { vni: 200, peer: V3 })]),
  });
}

/** h2 is attached to a segment, of which v3 is the other VTEP. */
const attached = (designated: boolean) =>
  lab({ ports: { h2: { segment: "ours" } }, segments: { ours: { vteps: ["v3"], designated } } });
const only = (designated: boolean) =>
  lab({
    ports: { h1: { enabled: false }, h2: { segment: "ours" } },
    segments: { ours: { vteps: ["v3"], designated } },
  });
const ask = (from: Host) => packet(ethernet(from.mac, BROADCAST), arp(from.mac, from.ip, H1.ip), payload(18));
const lost = (expect: Expected, ...reasons: NonNullable<Expected["lost"]>): Expected => ({ ...expect, lost: reasons });
const stranger = datagram(R1, STRANGER);

const flooding: Case[] = [
  one("designated-floods-to-its-segment", "S40", attached(true), "up0", arriving(ask(R1)), {
    ...sent(["h1", ask(R1)], ["h2", ask(R1)]),
  }),
  one("another-vtep-is-designated", "S40", attached(false), "up0", arriving(ask(R1)), {
    ...lost(sent(["h1", ask(R1)]), "not_designated_forwarder"),
  }),
  one("unknown-unicast-where-another-is-designated", "S40", attached(false), "up0", arriving(stranger), {
    ...lost(sent(["h1", stranger]), "not_designated_forwarder"),
  }),
  one("from-a-vtep-of-the-same-segment", "S39", attached(true), "up0", arriving(ask(R4), { peer: V3 }), {
    ...lost(sent(["h1", ask(R4)]), "split_horizon"),
  }),
  one("nobody-else-to-flood-to", "S40", only(false), "up0", arriving(ask(R1)), dropped("not_designated_forwarder")),
  one("nobody-else-but-the-sender", "S39", only(true), "up0", arriving(ask(R4), { peer: V3 }), {
    ...dropped("split_horizon"),
  }),
  one("known-unicast-where-another-is-designated", "S41", attached(false), "up0", arriving(datagram(R1, H2)), {
    ...sent(["h2", datagram(R1, H2)]),
  }),
  one("local-frames-flood-to-it-all-the-same", "RFC 8365 §8.3.1", attached(false), "h1", ask(H1), {
    ...sent(["h2", ask(H1)], ["up0", encapsulated(ask(H1))], ["up0", encapsulated(ask(H1), { peer: V3 })]),
  }),
];

export const segments: readonly Case[] = [...aliasing, ...flooding];
