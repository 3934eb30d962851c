// The gateway's addresses serve the host's own programs: what goes to the kernel, and what it may send.

import { type Case, consumed, dropped, sent } from "../case.js";
import { solicitation } from "../icmp.js";
import {
  A1,
  A2,
  asking,
  B1,
  BLUE,
  casesOf,
  everybody,
  fromGateway,
  fromL3,
  GW_RED,
  irbLab,
  leaving,
  leaving6,
  ping,
  pong,
  RED,
  takenOver,
  talk,
  talk6,
  X1,
} from "../irb_lab.js";
import { arp, ethernet, ipv4, packet, payload, udp } from "../packet.js";
import { tells } from "../told.js";

const one = casesOf("host-stack");
const served = irbLab({ ports: { k1: { domain: "red", host: true, learning: false } } });
const suppressing = irbLab({
  ports: { k1: { domain: "red", host: true, learning: false } },
  domains: { red: { arpSuppression: true } },
});
const GW_LL = "fe80::1";
const onLink = irbLab({
  ports: { k1: { domain: "red", host: true, learning: false } },
  domains: {
    red: { vrf: "tenant", gateway: { mac: GW_RED, addresses: ["10.1.0.1/24", "2001:db8:1::1/64", `${GW_LL}/64`] } },
  },
});
/** Source of what comes from no host of the domain: the MAC that probes are sent from, not configured here. */
const NOBODY = "00:00:00:00:00:00";

const empty = packet(ethernet(A1.mac, GW_RED), ipv4(A1.ip, RED.ip, { protocol: 1 }));
const broadcast = packet(ethernet(GW_RED, "ff:ff:ff:ff:ff:ff"), ipv4(RED.ip, "10.1.0.255"), udp(67, 68), payload(20));
const sought = solicitation("2001:db8:1::77", { mac: GW_RED });
const query = leaving(A1, RED);
const query6 = leaving6(A1, RED);
const toLink = talk6({ ip6: "fe80::11" }, { ip6: GW_LL }, [A1.mac, GW_RED]);
const toKernel: Case[] = [
  one("datagram", "P IRB", served, "h1", query, sent(["k1", query])),
  one("datagram-ipv6", "P IRB", served, "h1", query6, sent(["k1", query6])),
  one("last-hop-is-no-hop", "P IRB", served, "h1", leaving(A1, RED, { ttl: 1 }), {
    ...sent(["k1", leaving(A1, RED, { ttl: 1 })]),
  }),
  one("to-the-link-local-address", "RFC 4291 §2.5.6", onLink, "h1", toLink, sent(["k1", toLink])),
  one("to-another-link-local-address", "RFC 4291 §2.5.6", onLink, "h1", leaving6(A1, { ip6: "fe80::2" }), {
    ...dropped("ip_invalid"),
  }),
  one("from-another-domain", "P IRB", served, "h3", leaving(B1, RED), {
    ...sent(["k1", talk(B1, RED, [NOBODY, GW_RED])]),
  }),
  one("from-the-l3-vni", "P IRB", served, "up0", fromL3(takenOver(X1, RED)), {
    ...sent(["k1", talk(X1, RED, [NOBODY, GW_RED], { ttl: 63 })]),
  }),
  one("a-gateway-that-does-not-serve", "O5", served, "h1", leaving(A1, BLUE), {
    ...consumed(tells(3, 3, leaving(A1, BLUE))),
  }),
  one("ping-is-answered-here", "O5", served, "h1", leaving(A1, RED, { upper: ping }), {
    ...consumed(["h1", fromGateway(RED, A1, pong)]),
  }),
  one("answer-to-a-ping-of-ours", "P IRB", served, "h1", leaving(A1, RED, { upper: pong }), {
    ...sent(["k1", leaving(A1, RED, { upper: pong })]),
  }),
  one("fragment-of-a-ping", "P IRB", served, "h1", leaving(A1, RED, { upper: ping, mf: true }), {
    ...sent(["k1", leaving(A1, RED, { upper: ping, mf: true })]),
  }),
  one("packet-without-icmp-header", "P IRB", served, "h1", empty, sent(["k1", empty])),
];

const arpTo = (target: string) => packet(everybody(RED), arp(GW_RED, RED.ip, target));
const talks = talk(RED, A1, [GW_RED, A1.mac]);
const fromKernel: Case[] = [
  one("datagram-to-a-host", "P IRB", served, "k1", talks, sent(["h1", talks])),
  one("broadcast-stays-here", "O5", served, "k1", broadcast, sent(["h1", broadcast], ["h2", broadcast])),
  one("asks-for-a-host", "P IRB", served, "k1", arpTo("10.1.0.77"), {
    ...sent(["h1", arpTo("10.1.0.77")], ["h2", arpTo("10.1.0.77")]),
  }),
  one("asks-for-a-known-host", "S63", suppressing, "k1", arpTo(A1.ip), {
    ...consumed(["k1", packet(ethernet(A1.mac, GW_RED), arp(A1.mac, A1.ip, RED.ip, GW_RED))]),
  }),
  one("asks-whether-its-address-is-free", "S61", served, "k1", arpTo(RED.ip), consumed()),
  one("solicits-a-host", "P IRB", served, "k1", packet(...asking(RED, RED.ip6, "2001:db8:1::77"), sought), {
    ...sent(
      ["h1", packet(...asking(RED, RED.ip6, "2001:db8:1::77"), sought)],
      ["h2", packet(...asking(RED, RED.ip6, "2001:db8:1::77"), sought)],
    ),
  }),
  one("another-source-is-not-the-kernels", "N13", served, "k1", talk(A2, A1, ["02:00:00:00:0f:01", A1.mac]), {
    ...dropped("source_invalid"),
  }),
  one("nobody-else-has-its-mac", "N13", served, "h2", talks, dropped("source_invalid")),
];

export const hostStack: readonly Case[] = [...toKernel, ...fromKernel];
