// Packets that no router may forward, and what must not come by an L3 VNI: refused without a word.

import { type Case, dropped } from "../case.js";
import {
  A1,
  A2,
  B1,
  casesOf,
  fromL3,
  GW_RED,
  irbLab,
  knows,
  leaving,
  leaving6,
  RMAC,
  RMAC2,
  RMAC3,
  takenOver,
  talk,
  X1,
} from "../irb_lab.js";
import { arp, concat, ethernet, hex, type Ipv4Options, packet, payload } from "../packet.js";

const one = casesOf("icmp");
const lab = irbLab();

const refused = (id: string, frame: Uint8Array, spec = "RFC 1812 §5.2.2, §5.3.7") =>
  one(`invalid-${id}`, spec, lab, "h1", frame, dropped("ip_invalid"));
const bent = (fields: Ipv4Options) => leaving(A1, B1, fields);
const from4 = (source: string) => leaving({ ...A1, ip: source }, B1);
const from6 = (source: string) => leaving6({ ...A1, ip6: source }, B1);
const mismatch = (id: string, destination: string, upper = takenOver(X1, A1)) =>
  one(`l3-frame-to-${id}`, "S48", lab, "up0", fromL3(concat(hex(destination.replaceAll(":", "")), upper.slice(6))), {
    ...dropped("router_mac_mismatch"),
  });

export const invalidIp: readonly Case[] = [
  refused("header-checksum", bent({ checksum: 0x1234 })),
  refused("version", bent({ version: 5 })),
  refused("header-length", bent({ headerWords: 4 })),
  refused("header-longer-than-the-packet", bent({ headerWords: 15, totalLength: 40 })),
  refused("total-length-beyond-the-frame", bent({ totalLength: 100 })),
  refused("total-length-within-the-header", bent({ totalLength: 19 })),
  refused("source-loopback", from4("127.0.0.1")),
  refused("source-network-0", from4("0.0.0.0")),
  refused("source-multicast", from4("224.0.0.5")),
  refused("source-broadcast", from4("255.255.255.255")),
  refused("destination-loopback", leaving(A1, { ip: "127.0.0.1" })),
  refused("destination-multicast-by-unicast", leaving(A1, { ip: "239.1.1.1" })),
  refused("destination-broadcast-by-unicast", leaving(A1, { ip: "255.255.255.255" })),
  refused("ipv6-version", leaving6(A1, B1, { version: 4 }), "RFC 8200 §3"),
  refused("ipv6-payload-length", leaving6(A1, B1, { payloadLength: 100 }), "RFC 8200 §3"),
  refused("ipv6-source-unspecified", from6("::"), "RFC 4291 §2.5.2"),
  refused("ipv6-source-loopback", from6("::1"), "RFC 4291 §2.5.3"),
  refused("ipv6-source-multicast", from6("ff02::1"), "RFC 4291 §2.7"),
  refused("ipv6-source-link-local", from6("fe80::11"), "RFC 4291 §2.5.6"),
  refused("ipv6-destination-link-local", leaving6(A1, { ip6: "fe80::13" }), "RFC 4291 §2.5.6"),
  refused("ipv6-destination-ipv4-in-disguise", leaving6(A1, { ip6: "::ffff:10.2.0.13" }), "RFC 4291 §2.5.5.2"),
  refused("ipv6-source-ipv4-in-disguise", from6("::ffff:10.1.0.11"), "RFC 4291 §2.5.5.2"),
  {
    id: "icmp/routed-packet-cut-at-each-length",
    spec: "S20",
    given: lab,
    frames: Array.from({ length: leaving(A1, B1).length - 14 }, (_, at) => ({
      from: "h1",
      frame: leaving(A1, B1).slice(0, 14 + at),
      expect: dropped("ip_invalid"),
    })),
  },
  {
    id: "icmp/routed-ipv6-packet-cut-at-each-length",
    spec: "S20",
    given: lab,
    frames: Array.from({ length: leaving6(A1, B1).length - 14 }, (_, at) => ({
      from: "h1",
      frame: leaving6(A1, B1).slice(0, 14 + at),
      expect: dropped("ip_invalid"),
    })),
  },
  mismatch("another-router-mac", RMAC3),
  mismatch("a-host-is-not-bridged", A1.mac),
  mismatch("a-gateway-is-not-taken", GW_RED),
  mismatch("everybody-is-not-flooded", "ff:ff:ff:ff:ff:ff"),
  one("l3-frame-that-is-no-ip", "S48", lab, "up0", fromL3(packet(ethernet(RMAC2, RMAC), payload(46))), {
    ...dropped("ip_invalid"),
  }),
  one("l3-frame-that-is-arp", "S48", lab, "up0", fromL3(packet(ethernet(RMAC2, RMAC), arp(RMAC2, X1.ip, A1.ip))), {
    ...dropped("ip_invalid"),
  }),
  one("l3-frame-from-an-unknown-vtep", "S17", lab, "up0", fromL3(takenOver(X1, A1), { peer: "10.255.0.66" }), {
    ...dropped("unknown_vtep"),
  }),
  one(
    "l3-frame-with-a-group-as-source",
    "S48",
    lab,
    "up0",
    fromL3(talk(X1, A1, ["01:00:5e:00:00:01", RMAC], { ttl: 63 })),
    {
      ...dropped("source_invalid"),
    },
  ),
  one(
    "l3-vni-of-no-vrf",
    "S5",
    irbLab({ neighbors: knows("red", A2) }),
    "up0",
    fromL3(takenOver(X1, A1), { vni: 5001 }),
    {
      ...dropped("unknown_vni"),
    },
  ),
  one("l3-frame-with-illegal-ecn", "S25", lab, "up0", fromL3(takenOver(X1, A1), { tos: 3 }), dropped("ecn_illegal")),
];
