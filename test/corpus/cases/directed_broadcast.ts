// Routed packets for a connected subnet's broadcast address, or for its network address, which once meant the same:
// dropped, and nobody is told (RFC 2644, RFC 1812 §4.3.2.7, §5.3.5.2).

import { binding, binds, type Case, dropped, held, sent } from "../case.js";
import { A1, casesOf, everybody, fromL3, GW_BLUE, irbLab, leaving, leaving6, takenOver, talk, X1 } from "../irb_lab.js";
import { BROADCAST, encapsulated, STRANGER, V3 } from "../lab.js";
import { arp, packet } from "../packet.js";

const one = casesOf("directed-broadcast");
const lab = irbLab();
const SPEC = "RFC 2644";
const blueWith = (...addresses: string[]) => irbLab({ domains: { blue: { gateway: { mac: GW_BLUE, addresses } } } });
const to = (ip: string) => leaving(A1, { ip });
const refused = dropped("directed_broadcast");
const smurf = talk(A1, { ip: "10.1.0.255" }, [A1.mac, BROADCAST]);

export const directedBroadcast: readonly Case[] = [
  one("to-another-subnet", SPEC, lab, "h1", to("10.2.0.255"), refused),
  one("to-the-network-address", "RFC 1812 §5.3.5.2", lab, "h1", to("10.2.0.0"), refused),
  one("to-the-senders-own-subnet-by-the-gateway", SPEC, lab, "h1", to("10.1.0.255"), refused),
  one("from-the-l3-vni", SPEC, lab, "up0", fromL3(takenOver(X1, { ip: "10.2.0.255" })), refused),
  one("at-the-end-of-its-life", "RFC 1812 §4.3.2.7", lab, "h1", leaving(A1, { ip: "10.2.0.255" }, { ttl: 1 }), refused),
  one("of-a-30", SPEC, blueWith("10.2.0.1/30"), "h1", to("10.2.0.3"), refused),
  one("of-a-16", SPEC, blueWith("10.2.0.1/16"), "h1", to("10.2.255.255"), refused),
  one("inside-a-wider-subnet-it-is-a-host", SPEC, blueWith("10.2.0.1/16"), "h1", to("10.2.0.255"), held),
  one("of-the-narrower-of-two-subnets", SPEC, blueWith("10.2.0.1/16", "10.2.8.1/24"), "h1", to("10.2.8.255"), refused),
  one("a-31-has-none", "RFC 3021", blueWith("10.2.0.0/31"), "h1", to("10.2.0.1"), held),
  one("ipv6-has-none", "RFC 4291 §2.6.1", lab, "h1", leaving6(A1, { ip6: "2001:db8:2::ffff:ffff:ffff:ffff" }), held),
  one("of-a-remote-subnet-is-the-business-of-its-router", SPEC, lab, "h1", to("10.9.0.255"), {
    ...sent([
      "up0",
      encapsulated(talk(A1, { ip: "10.9.0.255" }, ["02:cc:00:00:00:01", "02:cc:00:00:00:02"], { ttl: 63 }), {
        vni: 5000,
      }),
    ]),
  }),
  one("by-broadcast-in-its-own-subnet-is-bridged", SPEC, lab, "h1", smurf, {
    ...sent(["h2", smurf], ["up0", encapsulated(smurf)], ["up0", encapsulated(smurf, { peer: V3 })]),
  }),
  {
    id: "directed-broadcast/nobody-can-claim-the-address",
    spec: "RFC 2644: a binding draws no routed packets",
    given: irbLab({ fdb: [{ domain: "blue", mac: STRANGER.mac, at: "h3" }] }),
    frames: [
      {
        from: "h3",
        frame: packet(everybody(STRANGER), arp(STRANGER.mac, "10.2.0.255", "10.2.0.255")),
        expect: binds(
          sent([
            "up0",
            encapsulated(packet(everybody(STRANGER), arp(STRANGER.mac, "10.2.0.255", "10.2.0.255")), { vni: 200 }),
          ]),
          binding("blue", "10.2.0.255", STRANGER.mac),
        ),
      },
      { from: "h1", frame: to("10.2.0.255"), expect: refused },
    ],
  },
];
