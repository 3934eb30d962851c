// Deciding is a question: it changes nothing, and asked twice it answers the same. What it takes to carry the decision
// out, and who hears of refusals, stands apart.
import { describe, expect, it } from "vitest";
import { dropReasonNames, Limit, PortFlag } from "../../src/abi/generated.js";
import { Decision, Egress, type Frame, Verdict } from "../../src/engine/decision.js";
import { Engine } from "../../src/engine/engine.js";
import { HEADROOM_BYTES, type Transmit } from "../../src/engine/execute.js";
import { processFrame } from "../../src/engine/pipeline.js";
import type { Given } from "../corpus/case.js";
import { cases } from "../corpus/cases/index.js";
import { type Built, buildTables } from "../corpus/given.js";
import { arriving, BROADCAST, datagram, H1, H2, lab, R1, STRANGER } from "../corpus/lab.js";
import { places } from "../corpus/observe.js";
import { ethernet, packet, toHex } from "../corpus/packet.js";

function asked(built: Built, from: string, bytes: Uint8Array, tick: number): [string, Uint8Array] {
  const buffer = bytes.slice();
  const frame: Frame = {
    bytes: buffer,
    view: new DataView(buffer.buffer),
    offset: 0,
    length: buffer.length,
    slot: built.names.slots.indexOf(from),
  };
  const out = new Decision();
  processFrame(built.tables, frame, tick, out);
  const egress = Array.from({ length: out.egressCount }, (_, at) => [out.egressKind[at], out.egressTarget[at]]);
  return [JSON.stringify({ ...out, egressKind: undefined, egressTarget: undefined, egress }), buffer];
}

describe("deciding", () => {
  it("changes neither tables nor counters nor the frame, for any case of the corpus", () => {
    for (const { id, given, frames } of cases) {
      const built = buildTables(given);
      const before = [...places(built.tables, built.names)];
      built.tables.deltas.clear();
      for (const { from, frame, at } of frames.slice(0, 20)) {
        const [first, bytes] = asked(built, from, frame, at ?? 0);
        const [second] = asked(built, from, frame, at ?? 0);
        expect(second, id).toBe(first);
        expect(toHex(bytes), id).toBe(toHex(frame));
      }
      expect(built.tables.deltas.empty, id).toBe(true);
      expect(built.tables.counters.drops(), id).toEqual([]);
      expect([...places(built.tables, built.names)], id).toEqual(before);
    }
  });
});

const nowhere: Transmit = { toPort: () => {}, toUnderlay: () => {}, toKernel: () => {} };

function handle(engine: Engine, slot: number, frame: Uint8Array): Decision {
  const buffer = new Uint8Array(HEADROOM_BYTES + frame.length);
  buffer.set(frame, HEADROOM_BYTES);
  return engine.handle(buffer, HEADROOM_BYTES, frame.length, slot, 0);
}

describe("flood", () => {
  it("reaches as many ports and VTEPs as there can be", () => {
    const { tables } = buildTables(lab());
    const all = (count: number) => Array.from({ length: count - 1 }, (_, at) => at + 1);
    for (const port of all(Limit.MAX_PORTS)) tables.ports.flags[port] = PortFlag.ENABLED;
    tables.ports.slot.fill(tables.ports.slot[1]!);
    tables.vteps.group.fill(1);
    tables.bridgeDomains.setFloodPorts(1, all(Limit.MAX_PORTS));
    tables.bridgeDomains.setFloodVteps(1, all(Limit.MAX_VTEPS));
    const decision = handle(new Engine(tables, nowhere), 2, packet(ethernet(H1.mac, BROADCAST)));
    expect(decision.verdict).toBe(Verdict.REPLICATE);
    expect(decision.egressCount).toBe(Limit.MAX_PORTS - 2 + Limit.MAX_VTEPS - 1);
    const copies = Array.from(
      { length: decision.egressCount },
      (_, at) => decision.egressKind[at]! * 65536 + decision.egressTarget[at]!,
    );
    expect(new Set(copies).size).toBe(copies.length);
    expect(copies).not.toContain(Egress.PORT * 65536 + 1);
  });

  it("tells which copy is the last", () => {
    const { tables } = buildTables(lab());
    const lasts: boolean[] = [];
    const record = (_target: number, _bytes: Uint8Array, _offset: number, _length: number, last: boolean) =>
      void lasts.push(last);
    handle(
      new Engine(tables, { ...nowhere, toPort: record, toUnderlay: record }),
      2,
      packet(ethernet(H1.mac, BROADCAST)),
    );
    expect(lasts).toEqual([false, false, true]);
  });
});

describe("the engine's listener", () => {
  function heard(given: Given): { engine: Engine; told: string[] } {
    const told: string[] = [];
    const engine = new Engine(buildTables(given).tables, nowhere, {
      onRefusal: ({ reason }) => void told.push(dropReasonNames[reason]!),
      onDiscovery: ({ sender2, sender3 }) => void told.push(`${sender2.toString(16)} ${sender3.toString(16)}`),
      onBinding: () => void told.push("binding"),
      onHold: () => true,
    });
    return { engine, told };
  }

  it("hears of what security refused, and of no other drop", () => {
    const { engine, told } = heard(lab({ ports: { h1: { maxMacs: 1 } } }));
    handle(engine, 2, datagram(STRANGER, H2));
    handle(engine, 2, datagram(H1, H1));
    handle(engine, 2, datagram(H1, H2));
    expect(told).toEqual(["mac_limit"]);
  });

  it("hears of a VTEP that nobody named, where tunnels may teach", () => {
    const frame = arriving(datagram(R1, H1), { peer: "10.255.0.66" });
    const open = { knownVtepsOnly: false };
    const teaching = heard(lab({ vtep: open, domains: { red: { learnRemote: true } } }));
    handle(teaching.engine, 1, frame);
    handle(teaching.engine, 1, arriving(datagram(R1, H1)));
    expect(teaching.told).toEqual(["ffff aff0042"]);
    const silent = heard(lab({ vtep: open }));
    handle(silent.engine, 1, frame);
    expect(silent.told).toEqual([]);
  });
});
