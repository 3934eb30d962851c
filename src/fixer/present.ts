// What programs an interface has now, and which of them are Ethertype fixers. Asked of the kernel each time: nothing
// about an attached fixer is written down anywhere but in itself.

import { Abi, FixCountsLayout, FixerFlag, FixerLayout } from "../abi/generated.js";
import type { Netns } from "../native/bpf.js";
import { BpfMap, BpfProgram, type ListedProgram, listPrograms } from "../native/index.js";
import { VtepError } from "../wire/error.js";
import { type FixCounts, readFixCounts } from "./counts.js";
import { BEHIND_MAP, COUNTS_MAP, FixerProgram } from "./program.js";

export interface PresentProgram extends ListedProgram {
  /** At most 15 characters. */
  readonly name: string;
}

export interface PresentFixer extends PresentProgram {
  /** FixerFlag. */
  readonly flags: number;
  /** Undefined where another release of vtepd made it, with counters that this one cannot read. */
  readonly counts: FixCounts | undefined;
  /** The kernel's number of the map that they are in. */
  readonly countsId: number | undefined;
  /** The kernel's number of the program that it hands frames on to; undefined where it stands alone. */
  readonly behind: number | undefined;
}

export interface Present {
  readonly fixers: readonly PresentFixer[];
  readonly others: readonly PresentProgram[];
}

const FIXER_NAMES: ReadonlySet<string> = new Set(Object.values(FixerProgram));
const CONSTANTS = /\.rodata$/;
const ONLY_KEY = new Uint8Array(4);

export function isXdp({ hook }: ListedProgram): boolean {
  return hook.startsWith("xdp");
}

/** At XDP a VTEP's program is behind it, and where there is none any more that VTEP was killed. */
export function isVteps({ flags, hook, behind }: PresentFixer): boolean {
  return (flags & FixerFlag.VTEP) !== 0 && (behind !== undefined || !hook.startsWith("xdp"));
}

export function lookAt(ifindex: number, netns?: Netns): Present {
  const fixers: PresentFixer[] = [];
  const others: PresentProgram[] = [];
  for (const listed of listPrograms(ifindex, netns)) {
    const program = openIfThere(listed.programId);
    if (program === undefined) continue;
    try {
      const { name } = program;
      if (FIXER_NAMES.has(name)) fixers.push({ ...listed, name, ...readFixer(program) });
      else others.push({ ...listed, name });
    } finally {
      program.close();
    }
  }
  return { fixers, others };
}

/** It may have been detached since it was listed. */
function openIfThere(programId: number): BpfProgram | undefined {
  try {
    return BpfProgram.openById(programId);
  } catch (error) {
    if (error instanceof VtepError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function readFixer(program: BpfProgram): Omit<PresentFixer, keyof PresentProgram> {
  const maps = program.mapIds.map((id) => BpfMap.openById(id));
  try {
    const constants = maps.find(({ name, valueSize }) => CONSTANTS.test(name) && valueSize === FixerLayout.sizeBytes);
    const counts = maps.find(({ name }) => name === COUNTS_MAP);
    const next = maps.find(({ name }) => name === BEHIND_MAP)?.lookup(ONLY_KEY);
    const behind = next === undefined ? undefined : new Uint32Array(next.buffer, next.byteOffset, 1)[0];
    const bytes = constants?.lookup(ONLY_KEY);
    if (bytes === undefined) return { flags: 0, counts: undefined, countsId: undefined, behind };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const isOurs = view.getUint32(FixerLayout.abi, true) === Abi.MAJOR;
    return {
      flags: view.getUint32(FixerLayout.flags, true),
      counts: isOurs && counts !== undefined && fits(counts) ? readFixCounts(counts) : undefined,
      countsId: counts?.id,
      behind,
    };
  } finally {
    for (const map of maps) map.close();
  }
}

function fits({ valueSize, cpuCount }: BpfMap): boolean {
  return valueSize === FixCountsLayout.sizeBytes * cpuCount;
}
