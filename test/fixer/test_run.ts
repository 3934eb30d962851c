// One frame through one program by BPF_PROG_TEST_RUN, and how it was counted.

import { FixerFlag } from "../../src/abi/generated.js";
import { Fixer, FixerProgram } from "../../src/fixer/program.js";
import type { Kind } from "./cases.js";
import { KINDS } from "./kinds.js";

export const PROGRAMS = Object.values(FixerProgram);

const PASS: Readonly<Record<FixerProgram, number>> = {
  [FixerProgram.XDP]: 2,
  [FixerProgram.XDP_FRAGS]: 2,
  [FixerProgram.TC]: 0xffffffff,
};

/** What the kernel takes for a test run of tc: behind an IP type it wants that version's whole header. */
const TC_LEAST: ReadonlyMap<number, number> = new Map([
  [0x0800, 34],
  [0x86dd, 54],
]);

export class RunFixer {
  private readonly fixers: readonly Fixer[];

  constructor(private readonly name: FixerProgram) {
    this.fixers = [0, FixerFlag.IPV6].map((flags) => Fixer.load(name, flags));
  }

  takes(frame: Uint8Array): boolean {
    const type = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
    return frame.length >= (this.name === FixerProgram.TC ? (TC_LEAST.get(type) ?? 15) : 14);
  }

  /** Throws where the program would not let the frame on. */
  run(frame: Uint8Array, ipv6: boolean): { readonly kind: Kind; readonly bytes: Uint8Array } {
    const fixer = this.fixers[ipv6 ? 1 : 0]!;
    const before = fixer.readCounts();
    const { retval, data } = fixer.program.testRun({ data: frame });
    if (retval >>> 0 !== PASS[this.name]) throw new Error(`returned ${retval >>> 0}`);
    const after = fixer.readCounts();
    const counted = KINDS.filter((kind) => after[kind] !== before[kind]);
    if (counted.length !== 1 || after[counted[0]!] - before[counted[0]!] !== 1) throw new Error(`counted ${counted}`);
    return { kind: counted[0]!, bytes: data };
  }

  close(): void {
    for (const fixer of this.fixers) fixer.close();
  }
}
