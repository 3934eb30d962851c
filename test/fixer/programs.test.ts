// The corpus and fuzzed frames through every program, against the rule: same bytes, same counter.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixEthertype } from "../../src/wire/ethertype_fix.js";
import { NEEDS_ROOT, root } from "../bpf/harness.js";
import { toHex } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";
import { rounds } from "../effort.js";
import { expectedBytes, fixCases } from "./cases.js";
import { fuzzedFrame, shapeFault } from "./fuzzed.js";
import { KINDS } from "./kinds.js";
import { PROGRAMS, RunFixer } from "./test_run.js";

const FUZZED = rounds(100_000);

describe.each(PROGRAMS)(`%s (${NEEDS_ROOT})`, (name) => {
  let fixer: RunFixer;

  beforeAll(() => {
    if (root) fixer = new RunFixer(name);
  });
  afterAll(() => fixer?.close());

  it.skipIf(!root)("does with the corpus what the rule does", () => {
    const fitting = fixCases.filter(({ frame }) => fixer.takes(frame));
    const outcomes = fitting.map((one) => {
      const { kind, bytes } = fixer.run(one.frame, one.ipv6 ?? false);
      return `${one.id} ${kind} ${toHex(bytes)}`;
    });
    expect(outcomes).toEqual(fitting.map((one) => `${one.id} ${one.kind} ${toHex(expectedBytes(one))}`));
    expect(fitting.length).toBeGreaterThan(50);
  });

  it.skipIf(!root)(`does with ${FUZZED} fuzzed frames what the rule does`, () => {
    const random = new Random(0x86dd);
    for (let at = 0; at < FUZZED; at++) {
      const frame = fuzzedFrame(random);
      if (!fixer.takes(frame)) continue;
      const ipv6 = at % 2 === 1;
      const { kind, bytes } = fixer.run(frame, ipv6);
      const expected = frame.slice();
      const fault =
        shapeFault(frame, bytes, kind) ||
        (KINDS[fixEthertype(expected, 0, expected.length, ipv6)] === kind ? "" : `counted as ${kind}`) ||
        (Buffer.compare(bytes, expected) === 0 ? "" : `became ${toHex(bytes)}`);
      if (fault !== "") throw new Error(`${fault}: ${toHex(frame)}`);
    }
  });
});
