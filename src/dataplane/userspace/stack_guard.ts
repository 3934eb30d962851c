// Puts bpf/vtep_guard.bpf.c in front of the kernel's own stack on an access interface. No part of forwarding: where eBPF
// or TCX (kernel 6.6) is missing the interface works without it, and `show ports` says what the stack then sees. A clsact
// filter would do the same on older kernels, but outlive a crash, and then cut the interface off for everybody.

import { readFileSync } from "node:fs";
import type { BpfProgram, BpfLink as Link, Netns } from "../../native/bpf.js";
import { BpfLink, BpfObject } from "../../native/index.js";

const OBJECT = new URL("../../../build/bpf/vtep_guard.bpf.o", import.meta.url);

export interface Guarding {
  /** Holds the guard in place until closed; undefined where there is none. */
  readonly link: Link | undefined;
  /** Why there is none. */
  readonly failure: string | undefined;
}

export class StackGuard {
  private program: BpfProgram | undefined;

  constructor(private readonly netns: Netns) {}

  attach(ifindex: number): Guarding {
    try {
      this.program ??= load();
      const link = BpfLink.attachTcx(this.program, ifindex, { direction: "ingress", netns: this.netns });
      return { link, failure: undefined };
    } catch (error) {
      return { link: undefined, failure: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): void {
    this.program?.close();
    this.program = undefined;
  }
}

function load(): BpfProgram {
  const object = BpfObject.load(readFileSync(OBJECT), { name: "vtep_guard" });
  try {
    return object.program("vtep_guard");
  } finally {
    object.close();
  }
}
