// What a CPU remembers of the tables is written without a lock, so on kernels where a program may be interrupted by
// another on its CPU (PREEMPT_RT) nothing is remembered. Such a kernel is not here: the programs are loaded for one.
import { describe, expect, it } from "vitest";
import { TableWriter } from "../../src/dataplane/ebpf/apply.js";
import { Programs } from "../../src/dataplane/ebpf/load.js";
import { MapName } from "../../src/dataplane/ebpf/maps.js";
import type { BpfMap } from "../../src/native/index.js";
import { buildTables } from "../corpus/given.js";
import { datagram, H1, lab, R1 } from "../corpus/lab.js";
import { root } from "./harness.js";
import { enterAtLoopback } from "./loopback.js";
import { testObjects } from "./objects.js";

const XDP_REDIRECT = 4;

/** Verdicts of the same frame of host h1 to a remote MAC, twice, and how much was remembered of it. */
function sentTwice(remembers: boolean): { verdicts: number[]; remembered: number } {
  const programs = Programs.load(testObjects(), {}, remembers);
  try {
    const { tables, names } = buildTables(lab());
    const slot = names.slots.indexOf("h1");
    new TableWriter(programs, tables, { takesXdp: () => true, isEngineCarried: () => false }).writeAll();
    enterAtLoopback(programs, tables, slot);
    const program = programs.program("access", "xdp");
    const verdicts = [1, 2].map(() => program.testRun({ data: datagram(H1, R1) }).retval);
    return { verdicts, remembered: entriesIn(programs.map(MapName.RECENT)) };
  } finally {
    programs.close();
  }
}

function entriesIn(map: BpfMap): number {
  const { values, count } = map.dump();
  const size = values.length / count;
  const indexes = Array.from({ length: count }, (_, index) => index);
  return indexes.filter((index) => values.subarray(index * size, (index + 1) * size).some((byte) => byte !== 0)).length;
}

describe("what a CPU remembers", () => {
  it.skipIf(!root)("is the pair of addresses it has forwarded for", () => {
    expect(sentTwice(true)).toEqual({ verdicts: [XDP_REDIRECT, XDP_REDIRECT], remembered: 1 });
  });

  it.skipIf(!root)("is nothing where programs interrupt each other", () => {
    expect(sentTwice(false)).toEqual({ verdicts: [XDP_REDIRECT, XDP_REDIRECT], remembered: 0 });
  });
});
