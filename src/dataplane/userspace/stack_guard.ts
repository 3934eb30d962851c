// Puts bpf/vtep_guard.bpf.c in front of the kernel's own stack on an access interface. No part of forwarding: where eBPF
// is missing the interface works without it, and `show ports` says what the stack then sees.

import { readFileSync } from "node:fs";
import type { BpfProgram, BpfLink as Link, Netns } from "../../native/bpf.js";
import { BpfLink, BpfObject } from "../../native/index.js";

const OBJECT = new URL("../../../build/bpf/vtep_guard.bpf.o", import.meta.url);

export class StackGuard {
  private program: BpfProgram | undefined;
  /** Why there is no guard; undefined while it works. */
  failure: string | undefined;

  constructor(private readonly netns: Netns) {}

  /** The link that holds the guard in place, or undefined with `failure` set. */
  attach(ifindex: number): Link | undefined {
    try {
      this.program ??= load();
      return this.link(this.program, ifindex);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  close(): void {
    this.program?.close();
    this.program = undefined;
  }

  /** TCX needs kernel 6.6; before it, a clsact filter does the same. */
  private link(program: BpfProgram, ifindex: number): Link {
    const options = { direction: "ingress", netns: this.netns } as const;
    try {
      return BpfLink.attachTcx(program, ifindex, options);
    } catch {
      return BpfLink.attachClsact(program, ifindex, options);
    }
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
