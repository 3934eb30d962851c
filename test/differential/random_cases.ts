// Random small tables and random frames, by seed: mostly plausible, so that they get past the first check, and bent here
// and there, so that they meet the others.

import type { FdbGiven, FdbWord } from "../corpus/case.js";
import { echo, icmpv6 } from "../corpus/icmp.js";
import {
  arriving,
  BROADCAST,
  type Changes,
  H1,
  H2,
  H3,
  H4,
  type Host,
  LOCAL,
  LOCAL6,
  R1,
  R2,
  R3,
  R4,
  STRANGER,
  V2,
  V2_6,
  V3,
  V3_6,
} from "../corpus/lab.js";
import { arp, concat, ethernet, ipv4, ipv6, type Layer, packet, payload, tcp, udp, vlan } from "../corpus/packet.js";
import type { Random } from "../corpus/random.js";

const HOSTS = [H1, H2, H3, H4, R1, R2, R3, R4, STRANGER] as const;
const GROUPS = [BROADCAST, "01:00:5e:01:02:03", "33:33:00:00:00:01", "01:80:c2:00:00:02", "00:00:00:00:00:00"] as const;
const PLACES = ["h1", "h2", "h3", "t1.10", "t1.20", "v2", "v3", "held"] as const;

/** Changes to the lab, to lab6 where `ipv6`. */
export interface RandomTables {
  readonly ipv6: boolean;
  readonly changes: Changes;
}

export function randomTables(random: Random): RandomTables {
  const flip = () => random.chance(2);
  const rarely = () => random.chance(6);
  const port = () => ({
    mtu: random.pick([1500, 1500, 1400, 9000]),
    isolated: rarely(),
    enabled: !random.chance(15),
    learning: !rarely(),
    ...(rarely() ? { secured: true } : {}),
    ...(rarely() ? { segment: "ours" } : {}),
    ...(rarely() ? { storm: { broadcast: 5, unknownUnicast: 5 } } : {}),
  });
  const repair = () => (random.chance(4) ? { repair: random.pick(["ipv4", "both"] as const) } : {});
  const domain = () => ({ learnRemote: rarely(), unknownUnicast: rarely() ? ("drop" as const) : ("flood" as const) });
  const via = () =>
    random.pick([["up0"], ["up0"], ["up0"], ["up1"], ["up0", "up1"], "resolving", "unreachable"] as const);
  const pathMtu = () => random.pick([0, 0, 0, 1280, 1400, 9001]);
  const first = random.below(60000);
  return {
    ipv6: random.chance(3),
    changes: {
      vtep: {
        ttl: random.pick([64, 1, 255, "inherit"]),
        tos: random.pick([0, 7, 0xb8, "inherit", "inherit"]),
        df: random.pick(["set", "unset", "inherit"]),
        udpChecksum: flip(),
        profile: flip() ? "rfc7348" : "linux",
        knownVtepsOnly: !rarely(),
        mssClamp: rarely(),
        udpPort: random.pick([4789, 4789, 8472]),
        sourcePorts: [first, first + random.below(65536 - first)],
      },
      uplinks: { up0: { mtu: random.pick([1500, 1600, 9000]), ...repair() }, up1: { mtu: 9000 } },
      domains: { red: { vni: random.pick([100, 1, 0xffffff]), ...domain() }, blue: domain() },
      ports: {
        h1: { ...port(), ...repair() },
        h2: port(),
        h3: port(),
        "t1.10": { domain: "red", ...port() },
        "t1.20": { domain: "blue", ...port() },
      },
      vteps: { v2: { via: via(), pathMtu: pathMtu() }, v3: { via: via(), known: !rarely() } },
      segments: { ours: { vteps: random.pick([["v2"], ["v3"], []]), designated: flip() } },
      fdb: [
        { domain: "red", mac: H4.mac, at: "t1.10" },
        ...Array.from({ length: random.below(5) }, () => randomEntry(random)),
      ],
    },
  };
}

function randomEntry(random: Random): FdbGiven {
  const flags: FdbWord[] = random.chance(4) ? [random.pick(["static", "sticky", "evpn"])] : [];
  return { domain: random.pick(["red", "blue"]), mac: random.pick(HOSTS).mac, at: random.pick(PLACES), flags };
}

function randomIp(random: Random, from: Host, to: Host): Layer {
  const odd = random.chance(8);
  if (random.chance(3))
    return ipv6(from.ip6, to.ip6, {
      trafficClass: random.below(256),
      hopLimit: random.below(256),
      ...(odd ? { version: random.below(16) } : {}),
    });
  const options = random.chance(8) ? { options: new Uint8Array(4 * (1 + random.below(10))).fill(1) } : {};
  const fragment = random.chance(8) ? { mf: random.chance(2), offset: random.below(30) } : {};
  const wrong = odd ? { version: random.below(16), headerWords: random.below(16) } : {};
  return ipv4(from.ip, to.ip, {
    tos: random.below(256),
    ttl: random.below(256),
    df: random.chance(2),
    id: random.below(65536),
    ...options,
    ...fragment,
    ...wrong,
  });
}

function randomTransport(random: Random): Layer {
  const ports = [random.below(65536), random.below(65536)] as const;
  const syn = tcp(...ports, { flags: 2, options: [2, 4, random.below(256), random.below(256)] });
  return random.pick([udp(...ports), tcp(...ports), syn, echo(), icmpv6(), udp(...ports, { checksum: 0 })]);
}

function randomBody(random: Random, from: Host, to: Host): (Layer | Uint8Array)[] {
  const length = random.pick([0, 1, 18, 46, 100, random.below(1500), 1472]);
  if (random.chance(8)) return [arp(from.mac, from.ip, to.ip), payload(18)];
  if (random.chance(8)) return [random.bytes(length)];
  return [randomIp(random, from, to), randomTransport(random), payload(length)];
}

/** Usually the host that belongs there speaks to one that others know. */
const HOME = { h1: H1, h2: H2, h3: H3, t1: H4, up0: R1, up1: R4 } as const;
type Ingress = keyof typeof HOME;
const KNOWN = [H1, H2, R1, R2, R4, H4] as const;

function randomInner(random: Random, from: Ingress): Uint8Array {
  const [source, target] = [
    random.chance(5) ? random.pick(HOSTS) : HOME[from],
    random.chance(5) ? random.pick(HOSTS) : random.pick(KNOWN),
  ];
  const destinationMac = random.chance(8) ? random.pick(GROUPS) : target.mac;
  const sourceMac = random.chance(30) ? random.pick(GROUPS) : source.mac;
  const wanted = from === "t1" ? !random.chance(20) : random.chance(20);
  const tags = [...(wanted ? [randomTag(random)] : []), ...(random.chance(20) ? [randomTag(random)] : [])];
  return packet(ethernet(sourceMac, destinationMac), ...tags, ...randomBody(random, source, target));
}

const randomTag = (random: Random): Layer =>
  vlan(random.pick([10, 10, 10, 10, 20, 0, 11]), { pcp: random.below(8), type: random.chance(20) ? 0x88a8 : 0x8100 });

function randomArrival(random: Random, { ipv6: over6, changes }: RandomTables, uplink: "up0" | "up1"): Uint8Array {
  const [near, far, unknown, own] = over6 ? [V2_6, V3_6, "2001:db8:ff::66", LOCAL6] : [V2, V3, "10.255.0.66", LOCAL];
  const vni = changes.domains?.red?.vni ?? 100;
  return arriving(randomInner(random, uplink), {
    uplink,
    peer: random.chance(10) ? random.pick([unknown, own]) : random.pick([near, near, far]),
    vni: random.chance(10) ? random.pick([200, 5, 0]) : vni,
    udpPort: random.chance(20) ? 4790 : (changes.vtep?.udpPort ?? 4789),
    tos: random.below(256),
    ttl: random.below(256),
    df: random.chance(2),
    sourcePort: random.below(65536),
    checksum: random.chance(over6 ? 20 : 2) ? "none" : "valid",
    toggle: random.chance(6) ? [random.below(64)] : [],
  });
}

/** Longest that a test run takes. */
const LONGEST = 3000;

/** To the type of the other IP version, as a faulty switch does. */
function swapType(frame: Uint8Array): void {
  const isIpv6 = frame[12] === 0x86;
  frame.set(isIpv6 ? [0x08, 0x00] : [0x86, 0xdd], 12);
}

function bend(random: Random, frame: Uint8Array): Uint8Array {
  const bent = random.chance(6) ? concat(frame, random.bytes(random.below(20))) : frame.slice(0, LONGEST);
  if (random.chance(6))
    for (let at = 1 + random.below(3); at > 0; at--) bent[random.below(Math.min(bent.length, 90))] = random.below(256);
  if (random.chance(10) && bent.length >= 14) swapType(bent);
  return random.chance(8) ? bent.slice(0, random.below(bent.length + 1)) : bent;
}

export interface RandomFrame {
  readonly from: string;
  readonly frame: Uint8Array;
}

export function randomFrame(random: Random, tables: RandomTables): RandomFrame {
  const from = random.pick(["h1", "h2", "h3", "t1", "up0", "up0", "up1"] as const);
  const frame = from === "up0" || from === "up1" ? randomArrival(random, tables, from) : randomInner(random, from);
  return { from, frame: bend(random, frame) };
}
