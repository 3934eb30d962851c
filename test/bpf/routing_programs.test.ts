// What the corpus cannot ask of routing: super-packets, which hook does what, and that punts are untouched.
import { afterAll, describe, expect, it } from "vitest";
import { Drop, Punt } from "../../src/abi/generated.js";
import { Traffic } from "../../src/tables/counters.js";
import type { Given } from "../corpus/case.js";
import { buildTables } from "../corpus/given.js";
import { A1, B1, fromL3, GW_RED, irbLab, leaving, leaving6, takenOver, X1 } from "../corpus/irb_lab.js";
import { ethernet, ipv4, ipv6, packet, payload, tcp } from "../corpus/packet.js";
import { type BpfOutcome, closeBpf, HOOKS, type RunOptions, root, runThroughBpf } from "./harness.js";

const onRoot = it.skipIf(!root);

function run(given: Given, from: string, frame: Uint8Array, options?: RunOptions): BpfOutcome {
  const { tables, names } = buildTables(given);
  return runThroughBpf(tables, names.slots.indexOf(from), frame, options);
}

afterAll(closeBpf);

describe("XDP before tc, routing", () => {
  const without = { hook: "xdp", takesXdp: () => false } as const;

  onRoot("leaves a packet alone whose way out takes no redirected frames, TTL included", () => {
    for (const [from, frame] of [
      ["h1", leaving(A1, B1)],
      ["h1", leaving6(A1, X1)],
      ["up0", fromL3(takenOver(X1, A1))],
      ["up0", fromL3(takenOver(X1, X1))],
    ] as const) {
      const outcome = run(irbLab(), from, frame, without);
      expect(outcome.verdict).toBe("passed");
      expect(outcome.bytes).toEqual(frame);
      expect(outcome.counters.ports.every((count) => count === 0)).toBe(true);
    }
  });
});

describe("routed super-packets in tc", () => {
  const SEGMENT = 1000;
  const four = (bytes: number, ttl = 64): Uint8Array =>
    packet(ethernet(A1.mac, GW_RED), ipv4(A1.ip, B1.ip, { ttl }), tcp(1, 2), payload(bytes));
  const six = (bytes: number): Uint8Array =>
    packet(ethernet(A1.mac, GW_RED), ipv6(A1.ip6, B1.ip6), tcp(1, 2), payload(bytes));
  const send = (frame: Uint8Array, gsoBytes = SEGMENT): BpfOutcome =>
    run(irbLab(), "h1", frame, { hook: "tc", gsoBytes });

  onRoot("leave whole, their TTL counted down once, their header sound", () => {
    const { verdict, bytes } = send(four(2500));
    expect(verdict).toBe("sent");
    expect(bytes).toEqual(
      packet(ethernet(B1.gateway, B1.mac), ipv4(A1.ip, B1.ip, { ttl: 63 }), tcp(1, 2), payload(2500)),
    );
    expect(send(six(2500)).bytes[14 + 7]).toBe(63);
  });

  onRoot("count as the frames that they become", () => {
    const { counters } = send(four(2500));
    const of = (port: number) => [...counters.ports.subarray(port * Traffic.FIELDS, (port + 1) * Traffic.FIELDS)];
    expect(of(1)).toEqual([3, 2500 + 3 * 54, 0, 0]);
    expect(of(3)).toEqual([0, 0, 3, 2500 + 3 * 54]);
  });

  onRoot("fit where their segments do", () => {
    expect(send(four(3000), 1460).verdict).toBe("sent");
    expect(send(four(3000), 1461).puntClass).toBe(Punt.TOO_BIG);
  });

  onRoot("at the end of their life go to the engine, which gets them untouched", () => {
    const frame = four(2500, 1);
    const outcome = send(frame);
    expect(outcome.puntClass).toBe(Punt.EXCEPTION);
    expect(outcome.bytes).toEqual(frame);
  });

  onRoot("that do not know their length go to the engine: their segments do", () => {
    for (const lie of [four(2500), six(2500)]) {
      new DataView(lie.buffer).setUint16(lie[12] === 0x08 ? 16 : 18, 0);
      expect(send(lie).puntClass).toBe(Punt.SEGMENT);
    }
  });

  onRoot("from a tunnel into another go to the engine where the outer header has a checksum", () => {
    const inner = packet(
      ethernet("02:cc:00:00:00:02", "02:cc:00:00:00:01"),
      ipv4(X1.ip, X1.ip),
      tcp(1, 2),
      payload(2500),
    );
    const summed = fromL3(inner, { checksum: "valid" });
    expect(run(irbLab(), "up0", summed, { hook: "tc", gsoBytes: SEGMENT }).puntClass).toBe(Punt.SEGMENT);
    expect(run(irbLab(), "up0", fromL3(inner), { hook: "tc", gsoBytes: SEGMENT }).verdict).toBe("sent");
  });
});

for (const hook of HOOKS) {
  describe(`${hook}: where routing ends`, () => {
    onRoot("a domain that says it has a gateway but has no VRF leads nowhere", () => {
      const given = irbLab();
      const { tables, names } = buildTables(given);
      tables.bridgeDomains.vrf[1] = 0;
      const outcome = runThroughBpf(tables, names.slots.indexOf("h1"), leaving(A1, B1), { hook });
      expect(outcome.puntClass).toBe(Punt.EXCEPTION);
    });

    onRoot("drops for which nobody answers are counted where they happen", () => {
      const other = packet(ethernet("02:cc:00:00:00:02", "02:00:00:00:00:77"), ipv4(X1.ip, A1.ip), payload(20));
      const { reason, counters } = run(irbLab(), "up0", fromL3(other), { hook });
      expect(reason).toBe(Drop.ROUTER_MAC_MISMATCH);
      expect(counters.drops.map(({ bd, packets }) => [bd, packets])).toEqual([[0, 1]]);
    });
  });
}
