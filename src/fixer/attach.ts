// Puts a fixer on an interface, beside whatever is there. Another's XDP program stays, and the fixer goes to tc; where a
// VTEP's own programs would see the frames first, it refuses and says what the VTEP's config can do instead.

import { FixerFlag } from "../abi/generated.js";
import { BpfLink, makeClsact, NativeError, placeProgram, probeTcx, removeClsact } from "../native/index.js";
import { VtepError } from "../wire/error.js";
import { removeFixer } from "./detach.js";
import { findPin, pinFixer } from "./pins.js";
import { isVteps, isXdp, lookAt, type Present, type PresentFixer, type PresentProgram } from "./present.js";
import { Fixer, FixerProgram } from "./program.js";
import { type FixerHook, hookOf, indexOf } from "./view.js";

export interface AttachRequest {
  readonly interface: string;
  /** `auto`: native XDP, else generic, and tc where XDP is taken. */
  readonly hook: "auto" | FixerHook;
  readonly pin: boolean;
  /** Repair IPv6 in 0x0800 too. */
  readonly ipv6: boolean;
}

type XdpWish = "auto" | Exclude<FixerHook, "tc">;

export interface Attached {
  readonly hook: FixerHook;
  /** False: one was there that does what was asked for. */
  readonly isNew: boolean;
  /** What the operator should know. */
  readonly remarks: readonly string[];
}

/** Programs of a VTEP that would carry a frame away before tc sees it. */
const CARRIES_BEFORE_TC = /^vtep_(access_(xdp|sg)|xsk_)/;
const OF_A_VTEP = /^vtep_/;
const OCCUPIED: ReadonlySet<string> = new Set(["EBUSY", "EEXIST"]);

export function attachFixer(request: AttachRequest): Attached {
  const name = request.interface;
  const ifindex = indexOf(name);
  const present = lookAt(ifindex);
  const vteps = present.fixers.find(isVteps);
  if (vteps !== undefined) {
    return { hook: hookOf(vteps), isNew: false, remarks: [`a VTEP repairs ${name} already; nothing to attach`] };
  }
  const before = present.fixers[0];
  if (before !== undefined && serves(before, request)) return { hook: hookOf(before), isNew: false, remarks: [] };
  if (before?.behind !== undefined) throw hasVtepBehind(name);
  const remarks = [...remarksOn(present, name), ...remarksOnReplacing(before)];
  return { hook: new Attachment(request, ifindex, remarks).replace(present), isNew: true, remarks };
}

function serves(fixer: PresentFixer, { hook, pin, ipv6 }: AttachRequest): boolean {
  if (((fixer.flags & FixerFlag.IPV6) !== 0) !== ipv6) return false;
  if (pin && findPin(fixer.programId) === undefined) return false;
  return hook === "auto" || hook === hookOf(fixer);
}

function remarksOn({ others }: Present, name: string): string[] {
  if (!others.some((program) => OF_A_VTEP.test(program.name))) return [];
  return [
    `a VTEP carries ${name} and sees what this repairs; with "repair: { ethertype: true }" in its config it repairs by itself, in its own programs`,
  ];
}

function remarksOnReplacing(before: PresentFixer | undefined): string[] {
  return before === undefined ? [] : [`in place of the one at hook ${hookOf(before)}, whose counters end with it`];
}

function hasVtepBehind(name: string): VtepError {
  const message = `a VTEP runs behind the fixer of ${name}, which stays as it is until the VTEP has ended; "repair" in the VTEP's config can ask for more`;
  return new VtepError("carried_by_vtep", message, { interface: name });
}

class Attachment {
  constructor(
    private readonly request: AttachRequest,
    private readonly ifindex: number,
    private readonly remarks: string[],
  ) {}

  /** The new one comes before the old one goes, so that no frame slips through; but XDP has room for one only. */
  replace(present: Present): FixerHook {
    const [before] = present.fixers;
    const wanted = this.place(present);
    if (before !== undefined && isXdp(before) && wanted !== "tc") return this.exchange(before, wanted, present);
    const hook = wanted === "tc" ? this.atTc(present) : this.atXdp(wanted, present);
    if (before !== undefined) this.remove(before);
    return hook;
  }

  /** Where the new one cannot be had, one like the old is put back. */
  private exchange(before: PresentFixer, wanted: XdpWish, present: Present): FixerHook {
    const pin = findPin(before.programId) !== undefined;
    this.remove(before);
    try {
      return this.atXdp(wanted, present);
    } catch (error) {
      const ipv6 = (before.flags & FixerFlag.IPV6) !== 0;
      const as = { interface: this.request.interface, hook: hookOf(before), pin, ipv6 };
      new Attachment(as, this.ifindex, []).replace({ ...present, fixers: [] });
      throw error;
    }
  }

  private remove(fixer: PresentFixer): void {
    removeFixer(this.request.interface, this.ifindex, fixer);
  }

  /** "auto" is still open; "tc" where XDP is not to be had. */
  private place({ others }: Present): "auto" | FixerHook {
    const { hook } = this.request;
    if (hook === "tc") return hook;
    const occupant = others.find(isXdp);
    return occupant === undefined ? hook : this.giveWay(occupant);
  }

  private giveWay({ name, programId }: PresentProgram): "tc" {
    const { interface: where } = this.request;
    if (CARRIES_BEFORE_TC.test(name)) {
      const message = `${where} is carried by a VTEP (XDP program ${name}), behind which nothing can be repaired. Put "repair: { ethertype: true }" into its config, at the port or at vtep, and reload it: its own programs then repair`;
      throw new VtepError("carried_by_vtep", message, { interface: where, program: name });
    }
    this.remarks.push(
      `XDP of ${where} belongs to program ${name} (${programId}), which stays: attached at tc, so packet sockets such as tcpdump still see frames as they came`,
    );
    return "tc";
  }

  private atXdp(hook: XdpWish, present: Present): FixerHook {
    const native = hook !== "xdp-generic";
    try {
      this.putXdp(native ? "xdp" : "xdp-generic");
      return native ? "xdp" : "xdp-generic";
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
      if (OCCUPIED.has(error.code)) return this.raced(present);
      if (hook !== "auto") throw this.failed(hook, error);
      const why = error.code === "EOPNOTSUPP" ? "its driver has none" : error.message;
      this.remarks.push(`no native XDP on ${this.request.interface} (${why}): generic XDP, which is slower`);
      return this.atXdp("xdp-generic", present);
    }
  }

  /** Somebody was faster since we looked. */
  private raced(present: Present): FixerHook {
    const winner = lookAt(this.ifindex).others.find(isXdp);
    if (winner === undefined) throw new VtepError("xdp_busy", `XDP of ${this.request.interface} is taken`);
    this.giveWay(winner);
    return this.atTc(present);
  }

  private putXdp(hook: "xdp" | "xdp-generic"): void {
    const mode = hook === "xdp" ? "native" : "generic";
    const fixer = Fixer.loadXdp(mode, this.flags());
    try {
      if (this.request.pin) {
        this.pinned(fixer, () => BpfLink.attachXdp(fixer.program, this.ifindex, { mode }));
      } else placeProgram(fixer.program, this.ifindex, { hook });
    } finally {
      fixer.close();
    }
  }

  private atTc({ fixers }: Present): "tc" {
    try {
      if (probeTcx()) this.putTcx();
      else this.putClsact(fixers.some(({ flags }) => (flags & FixerFlag.QDISC) !== 0));
      return "tc";
    } catch (error) {
      throw this.failed("tc", error);
    }
  }

  private putTcx(): void {
    const fixer = Fixer.load(FixerProgram.TC, this.flags());
    try {
      if (this.request.pin) {
        const first = { direction: "ingress", first: true } as const;
        this.pinned(fixer, () => BpfLink.attachTcx(fixer.program, this.ifindex, first));
      } else placeProgram(fixer.program, this.ifindex, { hook: "tcx" });
    } finally {
      fixer.close();
    }
  }

  /** The filter stays by itself; its pin is for who reads the counters. */
  private putClsact(isQdiscOurs: boolean): void {
    const made = makeClsact(this.ifindex);
    try {
      const fixer = Fixer.load(FixerProgram.TC, this.flags() | (made || isQdiscOurs ? FixerFlag.QDISC : 0));
      try {
        placeProgram(fixer.program, this.ifindex, { hook: "clsact" });
        if (this.request.pin) pinFixer(this.request.interface, fixer, undefined);
      } finally {
        fixer.close();
      }
    } catch (error) {
      if (made) removeClsact(this.ifindex);
      throw error;
    }
  }

  /** Unpinned it would end with this process. */
  private pinned(fixer: Fixer, attach: () => BpfLink): void {
    const link = attach();
    try {
      pinFixer(this.request.interface, fixer, link);
    } finally {
      link.close();
    }
  }

  private flags(): number {
    return this.request.ipv6 ? FixerFlag.IPV6 : 0;
  }

  private failed(hook: string, cause: unknown): VtepError {
    const { interface: name } = this.request;
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice = hook === "xdp" ? "; --hook xdp-generic works with any driver" : "";
    return new VtepError("attach_failed", `${name}: hook ${hook}: ${why}${advice}`, { interface: name, hook }, cause);
  }
}
