// What the corpus cannot ask of floods: which are the engine's, and by which class; super-packets; many peers.
import { afterAll, describe, expect, it } from "vitest";
import { Punt } from "../../src/abi/generated.js";
import type { Case } from "../corpus/case.js";
import { buildTables } from "../corpus/given.js";
import { arriving, BROADCAST, datagram, H1, lab, lab6, R1, STRANGER } from "../corpus/lab.js";
import { arp, ethernet, ipv4, packet, payload, tcp, udp } from "../corpus/packet.js";
import { compare } from "./agreement.js";
import { type BpfOutcome, closeBpf, NEEDS_ROOT, type RunOptions, root, runThroughBpf } from "./harness.js";

const onRoot = it.skipIf(!root);
const ask = packet(ethernet(H1.mac, BROADCAST), arp(H1.mac, H1.ip, R1.ip), payload(18));
const group = packet(ethernet(H1.mac, "01:00:5e:01:02:03"), ipv4(H1.ip, "239.1.2.3"), udp(5000, 5000), payload(8));
const nobody = datagram(H1, STRANGER);
const tunnelled = (from: string) => arriving(packet(ethernet(R1.mac, BROADCAST), payload(46)), { peer: from });

function run(given: Case["given"], frame: Uint8Array, options: RunOptions = {}, from = "h1"): BpfOutcome {
  const { tables, names } = buildTables(given);
  return runThroughBpf(tables, names.slots.indexOf(from), frame, { hook: "tc", ...options });
}

const toText = ({ verdict, puntClass, copies }: BpfOutcome): string =>
  verdict === "punted" ? `punted ${puntClass}` : `${verdict} ${copies.length}`;

afterAll(closeBpf);

describe(`floods in eBPF (${NEEDS_ROOT})`, () => {
  onRoot("XDP passes them to tc, and touches nothing", () => {
    const outcome = run(lab(), ask, { hook: "xdp" });
    expect([outcome.verdict, outcome.bytes, outcome.counters.drops]).toEqual(["passed", ask, []]);
    expect(outcome.counters.ports.every((count) => count === 0)).toBe(true);
  });

  onRoot.each([
    ["broadcast", [Punt.BROADCAST, 0, 0]],
    ["multicast", [0, Punt.BROADCAST, 0]],
    ["unknownUnicast", [0, 0, Punt.UNKNOWN_UNICAST]],
  ] as const)(
    "storm control of %s leaves that class to the engine, which has the tokens, and no other",
    (storm, expected) => {
      const given = lab({ ports: { h1: { storm: { [storm]: 1_000_000 } } } });
      const outcomes = [ask, group, nobody].map((frame) => toText(run(given, frame)));
      expect(outcomes).toEqual(expected.map((punt) => (punt === 0 ? "sent 3" : `punted ${punt}`)));
    },
  );

  onRoot("one next hop that is not resolved leaves all copies to the engine", () => {
    expect(toText(run(lab({ vteps: { v3: { via: "resolving" } } }), ask))).toBe(`punted ${Punt.BROADCAST}`);
  });

  onRoot("what needs an outer checksum of bytes that may change is the engine's", () => {
    expect(toText(run(lab6(), nobody))).toBe(`punted ${Punt.UNKNOWN_UNICAST}`);
    expect(toText(run(lab6({ vteps: { v2: { floods: [] }, v3: { floods: [] } } }), nobody))).toBe("sent 1");
  });

  onRoot("a list that has changed is the next flood's", () => {
    const { tables, names } = buildTables(lab());
    const copies = () => runThroughBpf(tables, names.slots.indexOf("h1"), ask, { hook: "tc" }).copies.length;
    expect(copies()).toBe(3);
    tables.bridgeDomains.setFloodVteps(1, [2]);
    expect(copies()).toBe(2);
    tables.bridgeDomains.setFloodVteps(1, [1, 2]);
    expect(copies()).toBe(3);
  });
});

describe(`super-packets that are flooded (${NEEDS_ROOT})`, () => {
  const segments = packet(ethernet(H1.mac, STRANGER.mac), ipv4(H1.ip, STRANGER.ip), tcp(1, 2), payload(2500));
  const noVteps = lab({ vteps: { v2: { floods: [] }, v3: { floods: [] } }, ports: { h4: { domain: "red" } } });

  onRoot("go to ports whole, and count as the frames that they become", () => {
    const outcome = run(noVteps, segments, { gsoBytes: 1000 });
    expect(toText(outcome)).toBe("sent 2");
    expect([...outcome.counters.ports.subarray(8, 12)]).toEqual([0, 0, 3, 2500 + 3 * 54]);
  });

  onRoot("are the engine's where ports and VTEPs get copies, or a segment does not fit", () => {
    expect(toText(run(lab(), segments, { gsoBytes: 1000 }))).toBe(`punted ${Punt.UNKNOWN_UNICAST}`);
    expect(toText(run(noVteps, segments, { gsoBytes: 1461 }))).toBe(`punted ${Punt.UNKNOWN_UNICAST}`);
  });
});

describe(`an Ethernet segment of many VTEPs (${NEEDS_ROOT})`, () => {
  const addressOf = (number: number) => `10.255.2.${number}`;
  const peers = Array.from({ length: 20 }, (_, at) => at + 1);
  const given = lab({
    vteps: Object.fromEntries(peers.map((n) => [`p${n}`, { address: addressOf(n), floods: [], via: ["up0"] }])),
    ports: { h2: { segment: "ours" } },
    segments: { ours: { vteps: peers.map((n) => `p${n}`), designated: true } },
  });

  onRoot("its first peers eBPF knows; of the others the engine decides", () => {
    const from = (address: string) => {
      const { tables, names } = buildTables(given);
      const { bpf, difference } = compare(tables, names.slots.indexOf("up0"), tunnelled(address), 0, { hook: "tc" });
      expect(difference).toBe("");
      return toText(bpf);
    };
    expect(from(addressOf(15))).toBe("sent 1");
    expect(from(addressOf(16))).toBe(`punted ${Punt.BROADCAST}`);
    expect(from("10.255.0.2")).toBe(`punted ${Punt.BROADCAST}`);
  });
});
