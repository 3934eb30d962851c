// The data path without eBPF forwarding: Node moves every frame between sockets and the engine decides each. AF_PACKET
// works on any interface; AF_XDP where the driver has it. Refuses hooks that are eBPF's.

import { Drop, Limit } from "../../abi/generated.js";
import type { EngineListener } from "../../engine/engine.js";
import type { BpfLink, Netns } from "../../native/bpf.js";
import type { FixCount } from "../../tables/counters.js";
import type { Tables } from "../../tables/tables.js";
import { VtepError } from "../../wire/error.js";
import type { Driver, DriverCounters, DropCounter, InterfacePlan, ItemProblem, OpenedInterface } from "../driver.js";
import { PacketDriver } from "../io/packet_driver.js";
import type { SocketChoice } from "./choose.js";
import { FrameRouter } from "./frame_router.js";
import { inlineEngine } from "./inlining.js";
import { Intake } from "./intake.js";
import { openSource, type SourceParts } from "./open_source.js";
import type { FrameSource } from "./source.js";
import { type Guarding, StackGuard } from "./stack_guard.js";
import { repairForStack, type StackRepair } from "./stack_repair.js";
import { SuperPackets } from "./super_packets.js";
import { XskMemory } from "./xsk_memory.js";

export interface UserspaceOptions {
  readonly tables: Tables;
  readonly listener?: EngineListener;
  /** Where the interfaces are; undefined: the process's own namespace. */
  readonly netns?: Netns;
  /** Default "auto": by interface, see choose.ts. */
  readonly socket?: SocketChoice;
}

interface Opened {
  readonly plan: InterfacePlan;
  readonly source: FrameSource;
  readonly guard: BpfLink | undefined;
  readonly repair: StackRepair | undefined;
}

const UNGUARDED: Guarding = { link: undefined, failure: undefined };
const NOT_REPAIRED = { repair: undefined, trouble: "" };
const NO_COUNTS = new Float64Array(0);

/** A veth hands a partial checksum on as it is; of other uplinks not all can complete one inside a tunnel. */
function takesPartialChecksum({ role, kind }: InterfacePlan): boolean {
  return role === "access" || kind === "veth";
}

export class UserspaceDriver extends PacketDriver<FrameRouter> implements Driver {
  readonly name = "userspace";
  private readonly socket: SocketChoice;
  private readonly parts: SourceParts;
  private readonly guard: StackGuard;
  private readonly opened = new Map<number, Opened>();
  /** By slot; kept when an interface closes, so that no counter runs backwards. */
  private readonly overruns = new Float64Array(Limit.MAX_INTERFACES);

  constructor({ tables, listener, netns, socket = "auto" }: UserspaceOptions) {
    super({ tables, listener, netns, vnetHeader: true, wayOut: (packets) => new FrameRouter(tables, packets) });
    inlineEngine();
    this.socket = socket;
    const { engine, wayOut: router } = this;
    this.parts = { tables, engine, router, netns, memory: new XskMemory(), intake: new Intake(tables, engine, router) };
    this.guard = this.keep(new StackGuard(netns));
  }

  openInterface(plan: InterfacePlan): OpenedInterface {
    if (plan.hook !== "auto" && plan.hook !== "userspace") {
      const message = `${plan.name}: hook ${plan.hook} needs the eBPF data path, and this one is userspace`;
      throw new VtepError("hook_unsupported", message, { interface: plan.name, hook: plan.hook });
    }
    const { source, copies, reason } = openSource(plan, this.socket, this.parts);
    const guard = copies && plan.role === "access" ? this.guard.attach(plan.ifindex) : UNGUARDED;
    const cutting = copies ? this.openSuperPackets() : "";
    const { repair, trouble } = copies && plan.role === "uplink" ? this.repairForStack(plan) : NOT_REPAIRED;
    this.opened.set(plan.slot, { plan, source, guard: guard.link, repair });
    this.packets.acceptPartialChecksum(plan.slot, takesPartialChecksum(plan));
    this.surveyUplinks();
    const exposed =
      guard.failure === undefined ? "" : `; the kernel's own stack sees these frames too: ${guard.failure}`;
    return { slot: plan.slot, hook: "userspace", reason: reason + exposed + trouble + cutting };
  }

  closeInterface(slot: number): void {
    const opened = this.opened.get(slot);
    if (opened === undefined) return;
    this.collectOverruns(slot, opened.source);
    this.opened.delete(slot);
    this.surveyUplinks();
    opened.source.close();
    opened.guard?.close();
    opened.repair?.close();
  }

  /** The engine reads the tables themselves. Only what steers packets to us holds a copy: of address and port. */
  apply(tables: Tables): readonly ItemProblem[] {
    const problems = tables.deltas.config ? this.followSettings() : [];
    tables.deltas.clear();
    tables.deltas.config = problems.length > 0;
    return problems;
  }

  readCounters(): DriverCounters {
    for (const [slot, { source }] of this.opened) this.collectOverruns(slot, source);
    const drops = this.overrunDrops();
    return { ports: NO_COUNTS, vteps: NO_COUNTS, bridgeDomains: NO_COUNTS, drops, fixes: this.readFixes(), punts: [] };
  }

  /** The engine stamps the tables. */
  readSeen(): void {}

  override close(): void {
    for (const slot of [...this.opened.keys()]) this.closeInterface(slot);
    super.close();
  }

  private followSettings(): ItemProblem[] {
    const problems: ItemProblem[] = [];
    for (const { plan, source } of this.opened.values()) {
      try {
        source.followSettings(this.tables.settings);
      } catch (error) {
        const constraint = error instanceof Error ? error.message : String(error);
        problems.push({ item: `interface ${plan.name}`, status: "retry", constraint });
      }
    }
    return problems;
  }

  private repairForStack({ ifindex, slot }: InterfacePlan): {
    readonly repair: StackRepair | undefined;
    readonly trouble: string;
  } {
    const wanted = this.tables.interfaces.repairAt(slot);
    if (wanted === undefined) return NOT_REPAIRED;
    try {
      return { repair: repairForStack(ifindex, this.parts.netns, wanted), trouble: "" };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { repair: undefined, trouble: `; what the kernel's own stack gets is not repaired: ${why}` };
    }
  }

  /** A program sees all frames of its interface, the engine those that are for the VTEP. */
  private readFixes(): FixCount[] {
    const { interfaces, counters } = this.tables;
    return Array.from(interfaces.repairedSlots(), (slot) => {
      const opened = this.opened.get(slot);
      const counts = opened?.source.fixes?.() ?? opened?.repair?.fixes() ?? counters.fixesAt(slot);
      return { ...counts, slot };
    });
  }

  /** AF_XDP never sees one. */
  private openSuperPackets(): string {
    if (this.parts.intake.superPackets !== undefined) return "";
    try {
      this.parts.intake.superPackets = this.keep(new SuperPackets(this.parts.netns));
      return "";
    } catch (error) {
      return `; super-packets for VTEPs are cut: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  private surveyUplinks(): void {
    const uplinks = [...this.opened.values()].filter(({ plan }) => plan.role === "uplink");
    this.parts.intake.uplinksTakePartial = uplinks.every(({ plan }) => takesPartialChecksum(plan));
  }

  private collectOverruns(slot: number, source: FrameSource): void {
    this.overruns[slot]! += source.takeOverruns();
  }

  private overrunDrops(): DropCounter[] {
    const drops: DropCounter[] = [];
    this.overruns.forEach((packets, slot) => {
      if (packets !== 0) drops.push({ reason: Drop.RECEIVE_OVERRUN, slot, bd: 0, packets });
    });
    return drops;
  }
}
