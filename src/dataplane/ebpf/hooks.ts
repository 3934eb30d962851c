// Which hook carries an interface, and why. XDP on a veth switches off its peer's segmentation offload and
// spoils the partial checksums of frames that are redirected, so containers get tc; physical ports get XDP
// with the tc program behind it, which does what XDP leaves. Refuses to replace anybody's XDP program.

import { type BehindFixer, goBehindFixer, isRefusal } from "../../fixer/behind.js";
import { type FixCounts } from "../../fixer/counts.js";
import { putInFront } from "../../fixer/front.js";
import { BpfLink, type BpfProgram, type NativeError, PacketSocket, probeTcx } from "../../native/index.js";
import type { RepairPlan } from "../../tables/interface.js";
import { VtepError } from "../../wire/error.js";
import type { HookKind, InterfacePlan } from "../driver.js";
import type { ProgramHook, ProgramKind, Programs } from "./load.js";

/**
 * Kinds of link without hardware behind them. Some have XDP, but their frames come from the kernel's own
 * stack: as super-packets, with checksums yet to be completed.
 */
const VIRTUAL_KINDS: ReadonlySet<string> = new Set([
  ...["veth", "netkit", "tun", "tap", "bridge", "bond", "team", "vlan", "macvlan", "macvtap", "ipvlan", "ipvtap"],
  ...["dummy", "ifb", "vrf", "wireguard", "vxlan", "geneve", "gre", "gretap", "ip6gre", "ip6gretap", "erspan"],
  ...["ipip", "ip6tnl", "sit", "vti", "vti6", "xfrm", "hsr", "nlmon", "openvswitch"],
]);

/** Up to here no driver refuses a program because frames may be too long for it. */
const ORDINARY_MTU_BYTES = 1500;

/** An XDP program that is not ours sits there. */
const OCCUPIED = new Set(["EBUSY", "EEXIST"]);

export interface AttachedHook {
  readonly hook: HookKind;
  readonly reason: string;
  /** An XDP program of ours is there, so frames may be redirected out of the interface by XDP. */
  readonly xdp: boolean;
  /** What the fixer in front counted; undefined where there is none. */
  fixes?(): FixCounts;
  close(): void;
}

/** What is attached: the program that sees frames first, by its link. */
interface Attachment extends AttachedHook {
  readonly first: BpfLink;
  /** Which program of ours that is, or what a fixer hands on to. */
  readonly kind: ProgramKind;
}

export class Hooks {
  private readonly tcx = probeTcx();

  constructor(private readonly programs: Programs) {}

  /** Throws VtepError, with nothing attached, where the interface cannot be had as asked. */
  attach(plan: InterfacePlan, repair?: RepairPlan): AttachedHook {
    const listening = plan.role === "access" ? takeEveryAddress(plan.ifindex) : undefined;
    try {
      const attached = this.attachPrograms(plan, repair);
      const isDone = repair === undefined || attached.fixes !== undefined;
      const hook = isDone ? attached : this.repairBefore(attached, plan, repair);
      return {
        ...hook,
        close: () => {
          hook.close();
          listening?.close();
        },
      };
    } catch (error) {
      listening?.close();
      throw error;
    }
  }

  /** Where XDP stands before tc, all that tc sees has been repaired there. */
  private repairBefore(attached: Attachment, plan: InterfacePlan, { ipv6 }: RepairPlan): AttachedHook {
    const hook: ProgramHook = attached.xdp ? "xdp" : "tc";
    try {
      const fixer = putInFront(attached.first, this.programs.program(plan.role, attached.kind), { hook, ipv6 });
      return {
        ...attached,
        reason: `${attached.reason}; Ethertypes are repaired before it`,
        fixes: () => fixer.readCounts(),
        close: () => {
          attached.close();
          fixer.close();
        },
      };
    } catch (cause) {
      attached.close();
      throw attachFailed(plan, "the Ethertype fixer", cause);
    }
  }

  private attachPrograms(plan: InterfacePlan, repair: RepairPlan | undefined): Attachment {
    const tc = this.attachTc(plan);
    if (plan.hook === "userspace")
      return only(tc, "userspace", `hook userspace: ${this.tcName} hands every frame over`);
    if (plan.hook === "tc") return only(tc, "tc", `hook tc, by ${this.tcName}`);
    if (plan.hook === "auto" && VIRTUAL_KINDS.has(plan.kind)) {
      return only(tc, "tc", `auto: a ${plan.kind} carries super-packets and open checksums; by ${this.tcName}`);
    }
    return this.attachXdpBefore(tc, plan, repair);
  }

  private get tcName(): string {
    return this.tcx ? "TCX" : "clsact";
  }

  private attachTc(plan: InterfacePlan): BpfLink {
    const program = this.programs.program(plan.role, "tc");
    try {
      return this.tcx
        ? BpfLink.attachTcx(program, plan.ifindex, { direction: "ingress" })
        : BpfLink.attachClsact(program, plan.ifindex, { direction: "ingress" });
    } catch (cause) {
      throw attachFailed(plan, this.tcName, cause);
    }
  }

  private attachXdpBefore(tc: BpfLink, plan: InterfacePlan, repair: RepairPlan | undefined): Attachment {
    try {
      const attach = (kind: ProgramKind) => attachXdp(this.programs.program(plan.role, kind), plan.ifindex);
      const { result, kind } = forAnyFrame(plan, attach);
      return both(result, kind, tc, plan.hook === "xdp" ? "hook xdp" : "auto: the driver has native XDP");
    } catch (cause) {
      const error = cause as NativeError;
      if (OCCUPIED.has(error.code)) return this.shareXdp(tc, plan, repair);
      if (plan.hook === "auto") return only(tc, "tc", `auto: no native XDP (${error.code}); by ${this.tcName}`);
      tc.close();
      throw attachFailed(plan, "XDP", cause);
    }
  }

  /** With a fixer that the command attached: it hands its frames on to us. */
  private shareXdp(tc: BpfLink, plan: InterfacePlan, repair: RepairPlan | undefined): Attachment {
    const { ifindex, role } = plan;
    try {
      const goBehind = (kind: ProgramKind) => goBehindFixer(this.programs.program(role, kind), { ifindex, repair });
      const { result: front, kind } = forAnyFrame(plan, goBehind);
      if (front === undefined) return only(tc, "tc", "another XDP program is on the interface: it stays");
      return behind(front, kind, tc, repair !== undefined);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return only(tc, "tc", `XDP is taken, and no way behind an Ethertype fixer there: ${(error as Error).message}`);
    }
  }
}

/** A network card drops what is for other hosts, and all hosts behind the tunnel are others to it. */
function takeEveryAddress(ifindex: number): PacketSocket {
  return new PacketSocket({ ifindex, receive: false, promiscuous: true, slots: 1 });
}

/**
 * With the program that takes frames in several buffers only where the driver would have no other at this MTU.
 * PERF: to ask whether a frame is in one costs 5 ns of 272 (bench decap), a helper call.
 */
function forAnyFrame<T>(plan: InterfacePlan, attempt: (kind: ProgramKind) => T): { result: T; kind: ProgramKind } {
  try {
    return { result: attempt("xdp"), kind: "xdp" };
  } catch (error) {
    if (plan.mtuBytes <= ORDINARY_MTU_BYTES || OCCUPIED.has((error as Partial<NativeError>).code ?? "")) throw error;
    return { result: attemptInstead(() => attempt("sg"), error), kind: "sg" };
  }
}

/** The first failure says more of the interface than that of an older kernel to load. */
function attemptInstead<T>(attempt: () => T, former: unknown): T {
  try {
    return attempt();
  } catch {
    throw former;
  }
}

function attachXdp(program: BpfProgram, ifindex: number): BpfLink {
  return BpfLink.attachXdp(program, ifindex, { mode: "native" });
}

const LONG_FRAMES: Readonly<Record<ProgramKind, string>> = {
  sg: " carries what comes in several buffers",
  xdp: "",
  tc: "",
};

function only(tc: BpfLink, hook: HookKind, reason: string): Attachment {
  return { hook, reason, xdp: false, first: tc, kind: "tc", close: () => tc.close() };
}

function both(xdp: BpfLink, kind: ProgramKind, tc: BpfLink, reason: string): Attachment {
  return {
    hook: "xdp",
    reason: `${reason}; tc behind it${LONG_FRAMES[kind]}`,
    xdp: true,
    first: xdp,
    kind,
    close: () => {
      xdp.close();
      tc.close();
    },
  };
}

function behind(front: BehindFixer, kind: ProgramKind, tc: BpfLink, isRepaired: boolean): Attachment {
  return {
    hook: "xdp",
    reason: `behind the Ethertype fixer that is attached at XDP; tc behind it${LONG_FRAMES[kind]}`,
    xdp: true,
    first: front.link,
    kind,
    ...(isRepaired ? { fixes: () => front.fixes() } : {}),
    close: () => {
      front.close();
      tc.close();
    },
  };
}

function attachFailed(plan: InterfacePlan, what: string, cause: unknown): VtepError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VtepError(
    "hook_failed",
    `${plan.name}: ${what}: ${why}`,
    { interface: plan.name, hook: plan.hook },
    cause,
  );
}
