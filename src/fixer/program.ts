// The Ethertype fixer as a loaded program: bpf/ethertype_fix.bpf.c with its constants and counters. Where it is put, and
// whether it hands frames on to another program, is the caller's matter.

import { readFileSync } from "node:fs";
import { Abi, FixerLayout } from "../abi/generated.js";
import { type BpfMap, BpfObject, type BpfProgram, NativeError } from "../native/index.js";
import { VtepError } from "../wire/error.js";
import { type FixCounts, readFixCounts } from "./counts.js";

/** src/fixer and dist/fixer are equally deep. */
const OBJECT = new URL("../../build/bpf/ethertype_fix.bpf.o", import.meta.url);
const OBJECT_NAME = "ethertype_fix";
/** libbpf keeps eight characters of the object's name. */
const CONSTANTS = "ethertyp.rodata";
const ONLY_KEY = new Uint8Array(4);

export const COUNTS_MAP = "vtep1_fixed";
export const BEHIND_MAP = "vtep1_behind";

/** `frags` takes frames of any length, and with them any MTU; kernel >= 5.18. */
export const FixerProgram = { XDP: "ethertype_xdp", XDP_FRAGS: "ethertype_frags", TC: "ethertype_tc" } as const;
export type FixerProgram = (typeof FixerProgram)[keyof typeof FixerProgram];

/** `flags`: FixerFlag. */
export class Fixer {
  private constructor(
    readonly program: BpfProgram,
    readonly counts: BpfMap,
    private readonly behind: BpfMap,
  ) {}

  /** `counts`: of another fixer, to be counted on; default: its own. */
  static load(name: FixerProgram, flags: number, counts?: BpfMap): Fixer {
    const object = loadObject(name, flags, counts);
    try {
      return new Fixer(object.program(name), object.map(COUNTS_MAP), object.map(BEHIND_MAP));
    } finally {
      object.close();
    }
  }

  /**
   * For frames of any length where the kernel can do that. Generic XDP makes one piece of a frame for a program that takes
   * none in pieces; to one that does it is worse: tc behind it no longer finds the Ethernet header (seen on 6.18).
   */
  static loadXdp(mode: "native" | "generic", flags: number, counts?: BpfMap): Fixer {
    if (mode === "generic") return Fixer.load(FixerProgram.XDP, flags, counts);
    try {
      return Fixer.load(FixerProgram.XDP_FRAGS, flags, counts);
    } catch (error) {
      if (error instanceof NativeError && error.code === "EINVAL") return Fixer.load(FixerProgram.XDP, flags, counts);
      throw error;
    }
  }

  /**
   * In front of `program`, of the same hook, which the fixer keeps. Both take frames of any length, or neither does: the
   * kernel refuses to hand on from one kind to the other.
   */
  static loadBefore(program: BpfProgram, hook: "xdp" | "tc", flags: number, counts?: BpfMap): Fixer {
    if (hook === "tc") return Fixer.loadHandingOn(FixerProgram.TC, program, flags, counts);
    try {
      return Fixer.loadHandingOn(FixerProgram.XDP, program, flags, counts);
    } catch (error) {
      if (!(error instanceof NativeError) || error.code !== "EINVAL") throw error;
      return Fixer.loadHandingOn(FixerProgram.XDP_FRAGS, program, flags, counts);
    }
  }

  private static loadHandingOn(name: FixerProgram, program: BpfProgram, flags: number, counts?: BpfMap): Fixer {
    const fixer = Fixer.load(name, flags, counts);
    try {
      fixer.handOnTo(program);
      return fixer;
    } catch (error) {
      fixer.close();
      throw error;
    }
  }

  private handOnTo(program: BpfProgram): void {
    this.behind.update(ONLY_KEY, new Uint8Array(Uint32Array.of(program.fd).buffer));
  }

  readCounts(): FixCounts {
    return readFixCounts(this.counts);
  }

  /** What is attached stays. */
  close(): void {
    for (const handle of [this.program, this.counts, this.behind]) handle.close();
  }
}

function loadObject(name: FixerProgram, flags: number, counts: BpfMap | undefined): BpfObject {
  const constants = new Uint8Array(FixerLayout.sizeBytes);
  const view = new DataView(constants.buffer);
  view.setUint32(FixerLayout.flags, flags, true);
  view.setUint32(FixerLayout.abi, Abi.MAJOR, true);
  const initialValues = { [CONSTANTS]: constants };
  const reuseMaps: Record<string, BpfMap> = counts === undefined ? {} : { [COUNTS_MAP]: counts };
  return BpfObject.load(readObject(), { name: OBJECT_NAME, programs: [name], initialValues, reuseMaps });
}

function readObject(): Uint8Array {
  try {
    return readFileSync(OBJECT);
  } catch (cause) {
    const message = "The Ethertype fixer is not built: ethertype_fix.bpf.o is missing. Run: npm run build";
    throw new VtepError("bpf_object_missing", message, { file: "ethertype_fix.bpf.o" }, cause);
  }
}
