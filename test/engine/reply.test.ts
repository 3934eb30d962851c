// Whatever the gateway says, of whatever length: every checksum in it is right, by an implementation of its own.
import { describe, expect, it } from "vitest";
import { Verdict } from "../../src/engine/decision.js";
import { echo, icmpv6 } from "../corpus/icmp.js";
import { A1, B1, irbLab, leaving, leaving6, RED } from "../corpus/irb_lab.js";
import { MemoryRun } from "../corpus/memory.js";
import { internetChecksum, payload, toHex } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";

/** The one frame that comes back to h1. */
function answerTo(run: MemoryRun, frame: Uint8Array, tick: number): number[] {
  run.driver.sent.length = 0;
  run.driver.receive(run.built.names.slots.indexOf("h1"), frame, tick);
  expect(run.driver.sent).toHaveLength(1);
  return [...run.driver.sent[0]!.bytes];
}

function faults4(frame: readonly number[]): string[] {
  const packet = frame.slice(14);
  const total = packet[2]! * 256 + packet[3]!;
  return [
    ...(total === packet.length ? [] : [`total length ${total} of ${packet.length}`]),
    ...(internetChecksum(packet.slice(0, 20)) === 0 ? [] : ["header checksum"]),
    ...(internetChecksum(packet.slice(20)) === 0 ? [] : ["ICMP checksum"]),
  ];
}

function faults6(frame: readonly number[]): string[] {
  const packet = frame.slice(14);
  const length = packet[4]! * 256 + packet[5]!;
  const pseudo = [...packet.slice(8, 40), 0, 0, length >>> 8, length & 255, 0, 0, 0, 58];
  return [
    ...(length + 40 === packet.length ? [] : [`payload length ${length} of ${packet.length}`]),
    ...(internetChecksum([...pseudo, ...packet.slice(40)]) === 0 ? [] : ["ICMPv6 checksum"]),
  ];
}

describe("replies of each length", () => {
  const run = new MemoryRun(irbLab());
  const random = new Random(31);
  const LENGTHS = Array.from({ length: 150 }, (_, at) => (at < 60 ? at : at * 9));

  it("are sound echoes", () => {
    const faults = LENGTHS.flatMap((length) => {
      const data = payload(length, random.below(256));
      const four = answerTo(run, leaving(A1, RED, { upper: [echo(random.below(65536), length), data] }), 0);
      const six = answerTo(run, leaving6(A1, RED, { upper: [icmpv6(), data] }), 0);
      return [...faults4(four), ...faults6(six)].map((fault) => `${length}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });

  it("are sound errors, no longer than they may be", () => {
    const faults = LENGTHS.flatMap((length, at) => {
      const tick = 10 * at;
      const four = answerTo(run, leaving(A1, B1, { ttl: 1, length, id: random.below(65536) }), tick);
      const six = answerTo(run, leaving6(A1, B1, { hopLimit: 1, length }), tick);
      const long = four.length > 14 + 576 || six.length > 14 + 1280 ? ["too long"] : [];
      return [...faults4(four), ...faults6(six), ...long].map((fault) => `${length}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });

  it("leave the request as it was taken", () => {
    const frame = leaving(A1, RED, { upper: [echo(), payload(9)] });
    const before = toHex(frame);
    expect(run.driver.receive(run.built.names.slots.indexOf("h1"), frame, 0).verdict).toBe(Verdict.CONSUME);
    expect(toHex(frame)).toBe(before);
  });
});
