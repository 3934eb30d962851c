// What the corpus cannot ask, because it is about the programs and not about forwarding: which hook does what,
// what is punted and how much of it, what is stamped and counted.
import { afterAll, describe, expect, it } from "vitest";
import { Drop, PortFlag, Punt } from "../../src/abi/generated.js";
import { MemoryDriver } from "../../src/dataplane/memory/driver.js";
import { Traffic } from "../../src/tables/counters.js";
import type { Tables } from "../../src/tables/tables.js";
import { parseMac } from "../../src/wire/ethernet.js";
import type { Given } from "../corpus/case.js";
import { buildTables } from "../corpus/given.js";
import { echo } from "../corpus/icmp.js";
import { arriving, datagram, H1, H2, lab, lab6, R1 } from "../corpus/lab.js";
import { arp, concat, ethernet, ipv4, ipv6, packet, payload, tcp, udp, vlan } from "../corpus/packet.js";
import { compare } from "./agreement.js";
import { type BpfOutcome, closeBpf, HOOKS, type RunOptions, root, runThroughBpf, seenByBpf } from "./harness.js";

const onRoot = it.skipIf(!root);

interface Bench {
  readonly tables: Tables;
  run(from: string, frame: Uint8Array, options?: RunOptions): BpfOutcome;
}

function bench(given: Given): Bench {
  const { tables, names } = buildTables(given);
  return { tables, run: (from, frame, options) => runThroughBpf(tables, names.slots.indexOf(from), frame, options) };
}

/** More than a page, of which a test run makes one buffer. */
const PIECES = 6000;

const uncounted = ({ counters }: BpfOutcome): boolean =>
  counters.drops.length === 0 &&
  counters.punts.every((count) => count === 0) &&
  counters.ports.every((count) => count === 0);

afterAll(closeBpf);

describe("XDP before tc", () => {
  const without = { hook: "xdp", takesXdp: () => false } as const;

  onRoot("leaves a frame alone whose port takes no redirected frames", () => {
    const frame = datagram(H1, H2);
    const outcome = bench(lab()).run("h1", frame, without);
    expect(outcome.verdict).toBe("passed");
    expect(outcome.bytes).toEqual(frame);
    expect(uncounted(outcome)).toBe(true);
  });

  onRoot("leaves to tc what came in several buffers", () => {
    for (const [from, frame] of [
      ["h1", datagram(H1, H2, PIECES)],
      ["h1", datagram(H1, R1, PIECES)],
      ["up0", arriving(datagram(R1, H1, PIECES))],
    ] as const) {
      const outcome = bench(lab()).run(from, frame, { takesPieces: true });
      expect(outcome.verdict).toBe("passed");
      expect(outcome.bytes).toEqual(frame);
      expect(uncounted(outcome)).toBe(true);
    }
  });

  onRoot("does with what comes in one buffer the same, whether it takes several or not", () => {
    for (const [from, frame] of [
      ["h1", datagram(H1, H2)],
      ["h1", datagram(H1, R1)],
      ["up0", arriving(datagram(R1, H1))],
    ] as const) {
      const outcome = bench(lab()).run(from, frame, { takesPieces: true });
      expect(outcome.verdict).toBe("sent");
      expect(outcome).toEqual(bench(lab()).run(from, frame));
    }
  });

  onRoot("leaves a frame alone whose uplink takes none", () => {
    const frame = datagram(H1, R1);
    const outcome = bench(lab()).run("h1", frame, without);
    expect(outcome.verdict).toBe("passed");
    expect(outcome.bytes).toEqual(frame);
    expect(uncounted(outcome)).toBe(true);
  });

  onRoot("leaves a packet encapsulated whose port takes none", () => {
    const packetIn = arriving(datagram(R1, H1));
    const outcome = bench(lab()).run("up0", packetIn, without);
    expect(outcome.verdict).toBe("passed");
    expect(outcome.bytes).toEqual(packetIn);
    expect(uncounted(outcome)).toBe(true);
  });

  onRoot("drops itself what is dropped wherever it goes", () => {
    expect(bench(lab()).run("h1", datagram(H1, H1), without).reason).toBe(Drop.HAIRPIN);
  });
});

const stranger = packet(ethernet("02:00:00:00:00:77", H2.mac), payload(50));

for (const hook of HOOKS) {
  describe(`${hook}: punting`, () => {
    onRoot("names the class and the interface, and touches nothing", () => {
      const { tables, run } = bench(lab());
      const outcome = run("h1", stranger, { hook });
      expect([outcome.verdict, outcome.puntClass]).toEqual(["punted", Punt.LEARN]);
      expect(tables.interfaces.name[outcome.puntSlot]).toBe("h1");
      expect(outcome.bytes).toEqual(stranger);
      expect(outcome.counters.punts[Punt.LEARN]).toBe(1);
    });

    onRoot("keeps the tag of a frame that came with one", () => {
      const tagged = packet(ethernet("02:00:00:00:00:77", H2.mac), vlan(10, { pcp: 5 }), payload(50));
      const outcome = bench(lab({ ports: { "t1.10": { domain: "red" } } })).run("t1", tagged, { hook });
      expect(outcome.verdict).toBe("punted");
      expect(outcome.bytes).toEqual(tagged);
    });

    onRoot("drops what it would punt where nobody takes it", () => {
      const outcome = bench(lab()).run("h1", stranger, { hook, punts: false });
      expect(outcome.reason).toBe(Drop.PUNT_RATE_LIMITED);
      expect(outcome.counters.ports.some((count) => count === 1)).toBe(true);
    });

    onRoot("drops what is beyond the rate of its class", () => {
      const outcome = bench(lab()).run("h1", stranger, { hook, puntTokens: 0 });
      expect(outcome.reason).toBe(Drop.PUNT_RATE_LIMITED);
      expect(outcome.counters.punts[Punt.LEARN]).toBe(0);
    });

    onRoot("hands over every frame of a port that the engine carries", () => {
      const outcome = bench(lab()).run("h1", datagram(H1, H2), { hook, isEngineCarried: () => true });
      expect([outcome.verdict, outcome.puntClass]).toEqual(["punted", Punt.ALL]);
    });

    onRoot("hands over only VXLAN from an uplink that the engine carries", () => {
      const { run } = bench(lab());
      const options = { hook, isEngineCarried: () => true };
      expect(run("up0", arriving(datagram(R1, H1)), options).puntClass).toBe(Punt.ALL);
      expect(run("up0", arriving(datagram(R1, H1), { udpPort: 4790 }), options).verdict).toBe("passed");
    });
  });

  describe(`${hook}: time stamps`, () => {
    const mac = parseMac(H1.mac)!;

    onRoot("a source that is heard is seen now, static or not", () => {
      for (const flags of [undefined, ["static"] as const]) {
        const given = lab({ onlyFdb: [{ domain: "red", mac: H1.mac, at: "h1", seen: 7, ...(flags && { flags }) }] });
        bench(given).run("h1", datagram(H1, H2), { hook });
        expect(seenByBpf(1, mac.hi, mac.lo)).toBeGreaterThan(7);
      }
    });

    onRoot("a source at another place is not", () => {
      bench(lab({ onlyFdb: [{ domain: "red", mac: H1.mac, at: "h2", seen: 7 }] })).run("h1", datagram(H1, H2), {
        hook,
      });
      expect(seenByBpf(1, mac.hi, mac.lo)).toBe(7);
    });
  });

  describe(`${hook}: ports that do not learn`, () => {
    onRoot("let a stranger pass", () => {
      const given = lab({ ports: { h1: { learning: false } }, onlyFdb: [{ domain: "red", mac: H2.mac, at: "h2" }] });
      expect(bench(given).run("h1", datagram(H1, H2), { hook }).verdict).toBe("sent");
    });

    onRoot("leave a stranger to the engine where an access list stands, whatever the port's flags say", () => {
      const given = lab({
        ports: { h1: { learning: false, allow: [H2.mac] } },
        onlyFdb: [{ domain: "red", mac: H2.mac, at: "h2" }],
      });
      const { tables, run } = bench(given);
      tables.ports.setFlag(1, PortFlag.SECURED, false);
      expect(run("h1", datagram(H1, H2), { hook }).puntClass).toBe(Punt.LEARN);
    });
  });
}

describe("a frame with two tags, cut short behind the second", () => {
  for (const hook of HOOKS) {
    onRoot(`${hook}: belongs to no domain, and is counted`, () => {
      const given = lab({ ports: { "t1.10": { domain: "red" } } });
      const cut = packet(ethernet(H1.mac, H2.mac), vlan(10), vlan(20)).slice(0, 20);
      const { tables } = bench(given);
      const slot = tables.interfaces.name.indexOf("t1");
      const { bpf, difference } = compare(tables, slot, cut, 0, { hook });
      expect([difference, bpf.reason]).toEqual(["", Drop.UNKNOWN_VLAN]);
    });
  }
});

describe("super-packets in tc", () => {
  const segments = (bytes: number): Uint8Array =>
    packet(ethernet(H1.mac, H2.mac), ipv4(H1.ip, H2.ip), tcp(1, 2), payload(bytes));
  const run = (frame: Uint8Array, gsoBytes: number): BpfOutcome =>
    bench(lab()).run("h1", frame, { hook: "tc", gsoBytes });
  const traffic = ({ counters }: BpfOutcome, port: number): number[] => [
    ...counters.ports.subarray(port * Traffic.FIELDS, (port + 1) * Traffic.FIELDS),
  ];

  onRoot("count as the frames that they become", () => {
    const outcome = run(segments(2500), 1000);
    expect(outcome.verdict).toBe("sent");
    expect(traffic(outcome, 1)).toEqual([3, 2500 + 3 * 54, 0, 0]);
    expect(traffic(outcome, 2)).toEqual([0, 0, 3, 2500 + 3 * 54]);
  });

  onRoot("fit where their segments do", () => {
    expect(run(segments(3000), 1460).verdict).toBe("sent");
    expect(run(segments(3000), 1461).puntClass).toBe(Punt.TOO_BIG);
  });

  onRoot("go to the engine where their segments cannot be told", () => {
    const odd = packet(ethernet(H1.mac, H2.mac), ipv4(H1.ip, H2.ip, { protocol: 132 }), payload(2000));
    expect(run(odd, 1000).puntClass).toBe(Punt.SEGMENT);
  });

  onRoot("go to the engine where every segment needs an outer checksum", () => {
    const { run: run6 } = bench(lab6());
    const frame = packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), tcp(1, 2), payload(2000));
    expect(run6("h1", frame, { hook: "tc", gsoBytes: 1000 }).puntClass).toBe(Punt.SEGMENT);
  });
});

describe("open checksums in tc, where an outer checksum is needed", () => {
  const frames: Record<string, [frame: Uint8Array, field: number]> = {
    "TCP over IPv4": [packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), tcp(1, 2), payload(21)), 50],
    "UDP over IPv4": [packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), udp(1, 2), payload(20)), 40],
    "TCP over IPv6": [packet(ethernet(H1.mac, R1.mac), ipv6(H1.ip6, R1.ip6), tcp(1, 2), payload(20)), 70],
    "UDP over IPv6": [packet(ethernet(H1.mac, R1.mac), ipv6(H1.ip6, R1.ip6), udp(1, 2), payload(21)), 60],
  };

  /** As a sender leaves it for a device: in the field only the sum of the pseudo header. */
  function opened(frame: Uint8Array, field: number): Uint8Array {
    const bytes = frame.slice();
    const view = new DataView(bytes.buffer);
    const ipv6Inner = view.getUint16(12) === 0x86dd;
    const [addresses, end] = ipv6Inner ? [22, 54] : [26, 34];
    let sum = ipv6Inner ? view.getUint8(20) : view.getUint8(23);
    sum += ipv6Inner ? view.getUint16(18) : view.getUint16(16) - 20;
    for (let at = addresses; at < end; at += 2) sum += view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(field, sum);
    return bytes;
  }

  function outerChecksum({ bytes }: { readonly bytes: Uint8Array }): number {
    return new DataView(bytes.buffer, bytes.byteOffset).getUint16(60);
  }

  for (const [name, [finished, field]] of Object.entries(frames)) {
    onRoot(`${name}: the outer checksum is that of the finished frame`, () => {
      const { tables, run } = bench(lab6());
      const driver = new MemoryDriver(tables);
      driver.receive(2, finished, 0);
      const outcome = run("h1", opened(finished, field), { hook: "tc" });
      expect(outcome.verdict).toBe("sent");
      expect(outerChecksum(outcome)).toBe(outerChecksum(driver.sent[0]!));
    });
  }

  onRoot("a frame with bytes behind its packet goes to the engine", () => {
    const [finished, field] = frames["TCP over IPv4"]!;
    const trailed = concat(opened(finished, field), Uint8Array.of(1, 2));
    expect(bench(lab6()).run("h1", trailed, { hook: "tc" }).puntClass).toBe(Punt.SEGMENT);
  });

  onRoot("so does UDP that may be a tunnel, and SCTP", () => {
    const [finished] = frames["UDP over IPv4"]!;
    expect(bench(lab6()).run("h1", finished, { hook: "tc" }).puntClass).toBe(Punt.SEGMENT);
    const sctp = packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip, { protocol: 132 }), payload(40));
    expect(bench(lab6()).run("h1", sctp, { hook: "tc" }).puntClass).toBe(Punt.SEGMENT);
  });

  onRoot("finished TCP, ICMP and ARP are summed as they are", () => {
    const [finished] = frames["TCP over IPv4"]!;
    const ping = packet(ethernet(H1.mac, R1.mac), ipv4(H1.ip, R1.ip), echo());
    const request = packet(ethernet(H1.mac, R1.mac), arp(H1.mac, H1.ip, R1.ip));
    for (const frame of [finished, ping, request]) {
      expect(compare(bench(lab6()).tables, 2, frame, 0, { hook: "tc" })).toMatchObject({
        difference: "",
        bpf: { verdict: "sent" },
      });
    }
  });
});
