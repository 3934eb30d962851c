// Packets that wait for a neighbour: what the listener is given, what comes of them when the neighbour answers, and when
// it does not.
import { describe, expect, it } from "vitest";
import { dropReasonNames } from "../../src/abi/generated.js";
import { type Decision, Verdict } from "../../src/engine/decision.js";
import { Engine } from "../../src/engine/engine.js";
import { HEADROOM_BYTES } from "../../src/engine/execute.js";
import type { Given } from "../corpus/case.js";
import { type Built, buildTables } from "../corpus/given.js";
import { icmp, quote4 } from "../corpus/icmp.js";
import {
  A1,
  B1,
  BLUE,
  brought,
  byL3,
  fromGateway,
  fromL3,
  handedOver,
  irbLab,
  leaving,
  leaving6,
  RED,
  SILENT,
  takenOver,
  X1,
} from "../corpus/irb_lab.js";
import { encapsulated } from "../corpus/lab.js";
import { address16, arp, ethernet, ipText, ipv4, packet, toHex, udp, vlan } from "../corpus/packet.js";
import { CONTROL, tells, tells6 } from "../corpus/told.js";

const B2 = { ...SILENT, mac: B1.mac };

interface Held {
  readonly bytes: Uint8Array;
  readonly slot: number;
  readonly waitsFor: string;
}

/** The engine with a queue behind it, as control has one. */
class Gleaning {
  readonly built: Built;
  readonly engine: Engine;
  readonly held: Held[] = [];
  sent: string[] = [];

  constructor(given: Given = irbLab()) {
    this.built = buildTables(given);
    const emit = (_target: number, bytes: Uint8Array, offset: number, length: number) =>
      void this.sent.push(toHex(bytes.subarray(offset, offset + length)));
    const quiet = { onRefusal: () => {}, onDiscovery: () => {}, onBinding: () => {} };
    this.engine = new Engine(
      this.built.tables,
      { toPort: emit, toUnderlay: emit, toKernel: emit },
      { ...quiet, onHold: (decision, bytes, offset, length) => this.keep(decision, bytes, offset, length) },
    );
  }

  receive(from: string, frame: Uint8Array, tick = 0): number {
    const buffer = new Uint8Array(HEADROOM_BYTES + frame.length);
    buffer.set(frame, HEADROOM_BYTES);
    const slot = this.built.names.slots.indexOf(from);
    return this.engine.handle(buffer, HEADROOM_BYTES, frame.length, slot, tick).verdict;
  }

  resume(tick = 0): void {
    for (const { bytes, slot } of this.held.splice(0)) this.engine.resume(bytes, slot, tick);
  }

  giveUp(tick = 0): void {
    for (const { bytes, slot } of this.held.splice(0)) this.engine.giveUp(bytes, slot, tick);
  }

  learn(host: { mac: string; ip: string }): void {
    const frame = packet(ethernet(host.mac, BLUE.mac), arp(host.mac, host.ip, BLUE.ip, BLUE.mac));
    expect(this.receive("h3", frame)).toBe(Verdict.CONSUME);
  }

  drops(): string[] {
    return this.built.tables.counters
      .drops()
      .map(({ reason, slot, packets }) => `${packets} ${dropReasonNames[reason]} ${this.built.names.slots[slot]}`);
  }

  private keep(decision: Decision, bytes: Uint8Array, offset: number, length: number): boolean {
    const words = [decision.bindingWord0, decision.bindingWord1, decision.bindingWord2, decision.bindingWord3];
    const address = new Uint8Array(16);
    words.forEach((word, at) => {
      new DataView(address.buffer).setInt32(at * 4, word);
    });
    const waitsFor = `${ipText(address)} in ${this.built.names.domains[decision.bd]}`;
    this.held.push({ bytes: bytes.slice(offset, offset + length), slot: decision.slot, waitsFor });
    return true;
  }
}

describe("a packet for a silent host (O15, S55)", () => {
  it("is handed over whole, with what it waits for", () => {
    const gleaning = new Gleaning();
    expect(gleaning.receive("h1", leaving(A1, B2))).toBe(Verdict.HOLD);
    expect(gleaning.receive("h1", leaving6(A1, B2))).toBe(Verdict.HOLD);
    expect(gleaning.held.map(({ waitsFor }) => waitsFor)).toEqual([`${B2.ip} in blue`, `${B2.ip6} in blue`]);
    expect(toHex(gleaning.held[0]!.bytes)).toBe(toHex(leaving(A1, B2)));
    expect([gleaning.sent, gleaning.drops()]).toEqual([[], []]);
  });

  it("is delivered when the host has answered, its TTL counted down once", () => {
    const gleaning = new Gleaning();
    gleaning.receive("h1", leaving(A1, B2));
    gleaning.learn(B2);
    gleaning.resume();
    expect([gleaning.sent, gleaning.drops()]).toEqual([[toHex(brought(A1, B2))], []]);
  });

  it("is delivered from behind an L3 VNI, with the congestion that the underlay saw", () => {
    const gleaning = new Gleaning();
    expect(gleaning.receive("up0", fromL3(takenOver(X1, B2, { tos: 2 }), { tos: 3 }))).toBe(Verdict.HOLD);
    gleaning.learn(B2);
    gleaning.resume();
    expect(gleaning.sent).toEqual([toHex(brought(X1, B2, { ttl: 62, tos: 3 }))]);
  });

  it("is delivered from a tagged port", () => {
    const gleaning = new Gleaning(
      irbLab({ ports: { "t1.10": { domain: "red" } }, fdb: [{ domain: "red", mac: X1.mac, at: "t1.10" }] }),
    );
    gleaning.receive("t1", packet(ethernet(X1.mac, RED.mac), vlan(10), ipv4("10.1.0.7", B2.ip), udp(1000, 2000)));
    gleaning.learn(B2);
    gleaning.resume();
    const out = packet(ethernet(BLUE.mac, B2.mac), ipv4("10.1.0.7", B2.ip, { ttl: 63 }), udp(1000, 2000));
    expect(gleaning.sent).toEqual([toHex(out)]);
  });

  it("is counted as received once, not when it goes on", () => {
    const gleaning = new Gleaning();
    gleaning.receive("h1", leaving(A1, B2));
    const before = [...gleaning.built.tables.counters.ports.values.subarray(4, 6)];
    gleaning.built.tables.hosts.setNeighbor(1, address16(B2.ip), 2, 0x0200, 0x00000103);
    gleaning.resume();
    expect([...gleaning.built.tables.counters.ports.values.subarray(4, 6)]).toEqual(before);
    expect(gleaning.sent).toHaveLength(1);
  });

  it("is dropped where there is no room, once", () => {
    const { tables, names } = buildTables(irbLab());
    const nowhere = { toPort: () => {}, toUnderlay: () => {}, toKernel: () => {} };
    const engine = new Engine(tables, nowhere);
    const frame = leaving(A1, B2);
    const buffer = new Uint8Array(HEADROOM_BYTES + frame.length);
    buffer.set(frame, HEADROOM_BYTES);
    const { verdict } = engine.handle(buffer, HEADROOM_BYTES, frame.length, names.slots.indexOf("h1"), 0);
    const [drop, ...more] = tables.counters.drops();
    expect([verdict, dropReasonNames[drop!.reason], drop!.packets, more.length]).toEqual([
      Verdict.DROP,
      "glean_queue_full",
      1,
      0,
    ]);
  });
});

describe("a packet for a host that does not answer", () => {
  it("is one drop, and its sender hears so (RFC 1812 §5.2.7.1)", () => {
    const gleaning = new Gleaning();
    gleaning.receive("h1", leaving(A1, B2));
    gleaning.giveUp();
    expect(gleaning.sent).toEqual([toHex(tells(3, 1, leaving(A1, B2))[1])]);
    expect(gleaning.drops()).toEqual(["1 no_neighbor h1"]);
  });

  it("tells so over IPv6 (RFC 4861 §7.2.2: address unreachable)", () => {
    const gleaning = new Gleaning();
    gleaning.receive("h1", leaving6(A1, B2));
    gleaning.giveUp();
    expect(gleaning.sent).toEqual([toHex(tells6(1, 3, leaving6(A1, B2))[1])]);
  });

  it("tells so behind the L3 VNI", () => {
    const gleaning = new Gleaning();
    const about = takenOver(X1, B2);
    gleaning.receive("up0", fromL3(about));
    gleaning.giveUp();
    const upper = [icmp(3, { code: 1 }), quote4(about)];
    const [, out] = byL3(handedOver(RED, X1, { ttl: 64, tos: CONTROL, df: true, upper }), { tos: CONTROL });
    expect(gleaning.sent).toEqual([toHex(out)]);
  });

  it("is one drop too where it is resumed in vain, or its way is gone meanwhile", () => {
    const gleaning = new Gleaning();
    gleaning.receive("h1", leaving(A1, B2));
    gleaning.resume();
    expect(gleaning.drops()).toEqual(["1 no_neighbor h1"]);
    gleaning.receive("h1", leaving(A1, B2));
    gleaning.built.tables.prefixes.delete(1, address16("10.2.0.0"), 96 + 24);
    gleaning.giveUp();
    expect(gleaning.drops()).toEqual(["1 no_neighbor h1", "1 no_route h1"]);
  });

  it("goes on unharmed where the host answered in the last moment", () => {
    const gleaning = new Gleaning();
    gleaning.receive("h1", leaving(A1, B2));
    gleaning.learn(B2);
    gleaning.giveUp();
    expect(gleaning.drops()).toEqual([]);
    expect(gleaning.sent).toEqual([toHex(brought(A1, B2))]);
  });
});

describe("frames of the gateway's own", () => {
  const bd = 1;

  function originate(gleaning: Gleaning, frame: Uint8Array): void {
    gleaning.engine.originate(frame, bd, 0);
  }

  it("go where their destination is, into the tunnel too, with their TTL as it is", () => {
    const gleaning = new Gleaning();
    const near = fromGateway(RED, A1, [icmp(8)]);
    const far = packet(ethernet(RED.mac, "02:00:00:00:02:01"), arp(RED.mac, RED.ip, "10.1.0.21"));
    originate(gleaning, near);
    originate(gleaning, far);
    expect(gleaning.sent).toEqual([toHex(near), toHex(encapsulated(far))]);
  });

  it("are flooded where they ask everybody, and learn nothing", () => {
    const gleaning = new Gleaning();
    gleaning.built.tables.deltas.clear();
    originate(gleaning, packet(ethernet(RED.mac, "ff:ff:ff:ff:ff:ff"), arp(RED.mac, RED.ip, "10.1.0.77")));
    expect(gleaning.sent).toHaveLength(4);
    expect([gleaning.drops(), gleaning.built.tables.deltas.fdb.count]).toEqual([[], 0]);
  });
});
