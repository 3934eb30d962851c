// A fixer in front of a VTEP's own program: one attachment, in which frames are first repaired and then handed on. It
// belongs to the process, as the program behind it does.

import { FixerFlag } from "../abi/generated.js";
import type { BpfLink, BpfProgram } from "../native/bpf.js";
import { Fixer, FixerProgram } from "./program.js";

export interface FrontOptions {
  readonly hook: "xdp" | "tc";
  /** Repair IPv6 in 0x0800 too. */
  readonly ipv6: boolean;
}

/** Not attached yet: whoever attaches `program` closes the fixer after it. `behind`: none lets frames go on as they would. */
export function loadFront({ hook, ipv6 }: FrontOptions, behind?: BpfProgram): Fixer {
  const flags = FixerFlag.VTEP | (ipv6 ? FixerFlag.IPV6 : 0);
  if (behind !== undefined) return Fixer.loadBefore(behind, hook, flags);
  return Fixer.load(hook === "xdp" ? FixerProgram.XDP : FixerProgram.TC, flags);
}

/** Puts a fixer in front of what `link` runs, `program`, without a gap. */
export function putInFront(link: BpfLink, program: BpfProgram, options: FrontOptions): Fixer {
  const fixer = loadFront(options, program);
  try {
    link.update(fixer.program);
    return fixer;
  } catch (error) {
    fixer.close();
    throw error;
  }
}
