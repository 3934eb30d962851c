// ARP and ND that are too broken or too false to be passed on: counted and refused (RFC 826, RFC 4861 §7.1).

import { type Case, dropped } from "../case.js";
import { advertisement, icmpv6, type NdFields, solicitation, solicitedNode } from "../icmp.js";
import { A1, A2, casesOf, everybody, GW_RED, irbLab } from "../irb_lab.js";
import { type ArpFields, arp, ethernet, hex, ipv6, packet, payload } from "../packet.js";

const one = casesOf("bindings");
const lab = irbLab();

const bad = (id: string, fields: ArpFields, spec = "S69") =>
  one(`arp-with-${id}`, spec, lab, "h1", packet(everybody(A1), arp(A1.mac, A1.ip, A2.ip, undefined, fields)), {
    ...dropped("arp_invalid"),
  });
const speaking = (id: string, sender: string) =>
  one(`arp-sender-${id}`, "RFC 826, P security", lab, "h1", packet(everybody(A1), arp(A1.mac, sender, A2.ip)), {
    ...dropped("arp_invalid"),
  });
const whole = packet(everybody(A1), arp(A1.mac, A1.ip, A2.ip));

const falseArp: Case[] = [
  bad("hardware-not-ethernet", { hardware: 6 }),
  bad("protocol-not-ipv4", { protocol: 0x86dd }),
  bad("long-hardware-addresses", { lengths: [8, 4] }),
  bad("long-protocol-addresses", { lengths: [6, 16] }),
  bad("operation-0", { operation: 0 }),
  bad("operation-of-rarp", { operation: 3 }),
  speaking("loopback", "127.0.0.1"),
  speaking("multicast", "224.0.0.1"),
  speaking("broadcast", "255.255.255.255"),
  speaking("of-network-0", "0.0.0.7"),
  one(
    "arp-sender-mac-is-a-group",
    "P security",
    lab,
    "h1",
    packet(everybody(A1), arp("01:00:5e:00:00:01", A1.ip, A2.ip)),
    {
      ...dropped("arp_invalid"),
    },
  ),
  {
    id: "bindings/arp-cut-at-each-length",
    spec: "S20 S69",
    given: lab,
    frames: Array.from({ length: 28 }, (_, length) => ({
      from: "h1",
      frame: whole.slice(0, 14 + length),
      expect: dropped("arp_invalid"),
    })),
  },
];

const nsFrom = (source: string, target: string, fields: NdFields = {}, hopLimit = 255): Uint8Array => {
  const group = solicitedNode(target);
  return packet(ethernet(A1.mac, group.mac), ipv6(source, group.ip, { hopLimit }), solicitation(target, fields));
};
const naTo = (destination: string, target: string, flags: string, fields: NdFields = {}, hopLimit = 255): Uint8Array =>
  packet(
    ethernet(A1.mac, destination.startsWith("ff") ? "33:33:00:00:00:01" : GW_RED),
    ipv6(A1.ip6, destination, { hopLimit }),
    advertisement(target, flags, fields),
  );
const invalid = (id: string, frame: Uint8Array, spec = "S70, RFC 4861 §7.1") =>
  one(`nd-${id}`, spec, lab, "h1", frame, dropped("nd_invalid"));
const option = (text: string) => ({ options: hex(text) });
const soundNs = nsFrom(A1.ip6, A2.ip6, { mac: A1.mac });

const falseNd: Case[] = [
  invalid("hop-limit-254", nsFrom(A1.ip6, A2.ip6, { mac: A1.mac }, 254)),
  invalid("advertisement-hop-limit-64", naTo("ff02::1", A1.ip6, "O", { mac: A1.mac }, 64)),
  invalid("wrong-checksum", nsFrom(A1.ip6, A2.ip6, { mac: A1.mac, checksum: 0x1234 })),
  invalid("checksum-0", nsFrom(A1.ip6, A2.ip6, { mac: A1.mac, checksum: 0 })),
  invalid("code-1", nsFrom(A1.ip6, A2.ip6, { mac: A1.mac, code: 1 })),
  invalid("option-of-length-0", nsFrom(A1.ip6, A2.ip6, option("0100 000000000000"))),
  invalid("second-option-of-length-0", nsFrom(A1.ip6, A2.ip6, { mac: A1.mac, ...option("0e00 000000000000") })),
  invalid("option-beyond-the-end", nsFrom(A1.ip6, A2.ip6, option("0102 000000000000"))),
  invalid("half-an-option", nsFrom(A1.ip6, A2.ip6, option("01"))),
  invalid("multicast-target", nsFrom(A1.ip6, "ff02::1:ff00:12", { mac: A1.mac })),
  invalid("advertisement-of-a-multicast-target", naTo("ff02::1", "ff02::5", "O", { mac: A1.mac })),
  invalid("solicited-advertisement-to-a-group", naTo("ff02::1", A1.ip6, "SO", { mac: A1.mac })),
  invalid("probe-with-a-source-mac", nsFrom("::", A2.ip6, { mac: A1.mac })),
  invalid(
    "probe-to-all-nodes",
    packet(ethernet(A1.mac, "33:33:00:00:00:01"), ipv6("::", "ff02::1", { hopLimit: 255 }), solicitation(A2.ip6)),
  ),
  invalid("multicast-source", nsFrom("ff02::1", A2.ip6, { mac: A1.mac })),
  invalid(
    "ipv4-in-disguise-as-target",
    naTo("ff02::1", "::ffff:10.1.0.12", "O", { mac: A1.mac }),
    "P security: no IPv4 binding by ND",
  ),
  invalid(
    "ipv4-in-disguise-as-source",
    nsFrom("::ffff:10.1.0.12", A2.ip6, { mac: A1.mac }),
    "P security: no IPv4 binding by ND",
  ),
  invalid("ipv4-gateway-in-disguise", nsFrom(A1.ip6, "::ffff:10.1.0.1", { mac: A1.mac }), "P security"),
  invalid(
    "shorter-than-its-header",
    packet(ethernet(A1.mac, "33:33:00:00:00:01"), ipv6(A1.ip6, "ff02::1", { hopLimit: 255 }), icmpv6(135, payload(8))),
  ),
  {
    id: "bindings/nd-cut-at-each-length",
    spec: "S20 S70",
    given: lab,
    frames: Array.from({ length: soundNs.length - 58 }, (_, at) => ({
      from: "h1",
      frame: soundNs.slice(0, 58 + at),
      expect: dropped("nd_invalid"),
    })),
  },
];

export const falseNeighbors: readonly Case[] = [...falseArp, ...falseNd];
