// A VTEP's XDP program behind a fixer that the command attached. XDP has room for one program, so the fixer stays in front
// and hands its frames on by a tail call. It stays by a pinned link; what is behind it hangs on this process. Should that be
// killed, the kernel empties the fixer's table of programs and it goes on alone.

import { FixerFlag } from "../abi/generated.js";
import type { BpfLink as Link, Netns, BpfProgram as Program } from "../native/bpf.js";
import { BpfLink, BpfMap, BpfProgram, interfaceName, NativeError, placeProgram } from "../native/index.js";
import { VtepError } from "../wire/error.js";
import type { FixCounts } from "./counts.js";
import { takeOff } from "./detach.js";
import { findPin, pinFixer } from "./pins.js";
import { lookAt, type PresentFixer } from "./present.js";
import { Fixer } from "./program.js";

export interface BehindOptions {
  readonly ifindex: number;
  readonly netns?: Netns;
  /** Where the VTEP's config wants repairs too, the fixer does them for both, and does not go before the VTEP does. */
  readonly repair?: { readonly ipv6: boolean } | undefined;
}

/** Undefined where native XDP belongs to no fixer that hands frames on. Throws with the fixer as it was. */
export function goBehindFixer(program: Program, options: BehindOptions): BehindFixer | undefined {
  const present = lookAt(options.ifindex, options.netns).fixers.find(({ hook, counts }) => hook === "xdp" && counts);
  if (present === undefined || present.behind !== undefined) return undefined;
  return new BehindFixer(present, program, options);
}

export class BehindFixer {
  readonly link: Link;
  private readonly name: string;
  private readonly fixer: Fixer;
  /** As the operator wanted it. */
  private readonly flags: number;

  constructor(
    present: PresentFixer,
    program: Program,
    private readonly options: BehindOptions,
  ) {
    const { ifindex, netns, repair } = options;
    this.name = interfaceName(ifindex, netns);
    this.flags = present.flags & ~FixerFlag.VTEP;
    const more = repair === undefined ? 0 : FixerFlag.VTEP | (repair.ipv6 ? FixerFlag.IPV6 : 0);
    this.fixer = withCountsOf(present, (counts) => Fixer.loadBefore(program, "xdp", this.flags | more, counts));
    try {
      this.link = this.replace(present);
    } catch (error) {
      this.fixer.close();
      throw error;
    }
  }

  fixes(): FixCounts {
    return this.fixer.readCounts();
  }

  /** The fixer is alone again, and as it was; if it was detached meanwhile, or the interface is gone, nothing stays. */
  close(): void {
    try {
      const { programId, ifindex } = this.link.info();
      if (ifindex !== 0 && programId === this.fixer.program.id) this.restore();
    } catch (error) {
      // It repairs all the same, with nothing behind it; a VTEP that ends has nobody to tell.
      if (!isRefusal(error)) throw error;
    } finally {
      this.link.close();
      this.fixer.close();
    }
  }

  /** With the frames of any length that it took before. */
  private restore(): void {
    const alone = Fixer.loadXdp("native", this.flags, this.fixer.counts);
    try {
      this.exchange(this.fixer.program.id, alone);
    } finally {
      alone.close();
    }
  }

  private replace(present: PresentFixer): Link {
    const link = findPin(present.programId)?.openLink();
    if (link === undefined) return this.takePlaceOf(present);
    try {
      this.exchange(present.programId, this.fixer, link);
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** No frame slips through; counters go on. */
  private exchange(before: number, after: Fixer, link = this.link): void {
    pinFixer(this.name, after, link);
    try {
      link.update(after.program);
    } catch (error) {
      findPin(after.program.id)?.forget();
      throw error;
    }
    findPin(before)?.forget();
  }

  /** One that no link holds: XDP is free for a moment. */
  private takePlaceOf(present: PresentFixer): Link {
    const { ifindex, netns } = this.options;
    const before = BpfProgram.openById(present.programId);
    try {
      takeOff(this.name, ifindex, present, netns);
      let link: Link | undefined;
      try {
        link = BpfLink.attachXdp(this.fixer.program, ifindex, { mode: "native", netns });
        pinFixer(this.name, this.fixer, link);
        return link;
      } catch (error) {
        link?.detach();
        link?.close();
        placeProgram(before, ifindex, { hook: "xdp", netns });
        throw error;
      }
    } finally {
      before.close();
    }
  }
}

function withCountsOf<T>({ countsId }: PresentFixer, use: (counts: BpfMap) => T): T {
  const counts = BpfMap.openById(countsId!);
  try {
    return use(counts);
  } finally {
    counts.close();
  }
}

/** What a fixer that cannot be had means for a VTEP: it does without. */
export function isRefusal(error: unknown): boolean {
  return error instanceof NativeError || error instanceof VtepError;
}
