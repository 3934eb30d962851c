// The data path in the kernel: XDP and tc programs carry known unicast and floods, the engine carries the rest, which
// comes through the punt device. The programs cache the engine's decisions, so what the engine learns from
// a frame is in their maps before the next batch of frames is looked at. Must be opened in the network
// namespace that its interfaces are in. Leaves nothing behind, however the process ends.

import { Drop, FdbKeyLayout, FdbValueLayout } from "../../abi/generated.js";
import type { EngineListener } from "../../engine/engine.js";
import { ethtoolGetFeatures, interfaceIndex, monotonicCoarseTicks } from "../../native/index.js";
import type { FixCount } from "../../tables/counters.js";
import type { Tables } from "../../tables/tables.js";
import type {
  Driver,
  DriverCounters,
  FdbDifference,
  InterfacePlan,
  ItemProblem,
  JoinDevices,
  OpenedInterface,
} from "../driver.js";
import { PacketDriver } from "../io/packet_driver.js";
import type { PacketTransmit } from "../io/transmit.js";
import { TableWriter } from "./apply.js";
import { clearTraffic, readCounters } from "./counters.js";
import { fdbDifferences } from "./fdb_differences.js";
import { type AttachedHook, Hooks } from "./hooks.js";
import { type JoinIndexes, Joining } from "./joining.js";
import { Programs, readObjectFiles } from "./load.js";
import { encodeIndex, MapName, writeFdbKey } from "./maps.js";
import { type PuntHandler, PuntReader } from "./punt.js";
import { writePuntRates } from "./punt_rates.js";

export interface EbpfOptions {
  readonly tables: Tables;
  readonly listener?: EngineListener;
  /** Name of an external kernel vxlan device on our UDP port, for frames that need the kernel's segmentation. */
  readonly tunnelDevice?: string;
  /** Loaded ones, with empty maps, which stay the caller's. Default: the driver loads what the build left. */
  readonly programs?: Programs;
}

interface Opened {
  readonly plan: InterfacePlan;
  /** Undefined while it is being attached. */
  readonly hook: AttachedHook | undefined;
}

export class EbpfDriver extends PacketDriver<PacketTransmit> implements Driver, PuntHandler {
  readonly name = "ebpf";
  private readonly programs: Programs;
  private readonly writer: TableWriter;
  private readonly hooks: Hooks;
  private readonly punts: PuntReader;
  private readonly opened = new Map<number, Opened>();
  /** Found while the engine's own changes were written: the next caller of apply() hears of them. */
  private unheard: ItemProblem[] = [];
  private joining: Joining | undefined;

  constructor({ tables, listener, tunnelDevice, programs }: EbpfOptions) {
    super({ tables, listener, vnetHeader: false, wayOut: (packets) => packets });
    try {
      this.programs = programs ?? this.keep(Programs.load(readObjectFiles()));
      this.writer = new TableWriter(this.programs, tables, {
        takesXdp: (slot) => this.opened.get(slot)?.hook?.xdp ?? false,
        isEngineCarried: (slot) => this.opened.get(slot)?.plan.hook === "userspace",
        isUnjoined: (slot) => this.isUnjoined(slot),
      });
      if (tunnelDevice !== undefined) this.writer.tunnelIfindex = () => ifindexOf(tunnelDevice);
      this.hooks = new Hooks(this.programs);
      // Every interface has one of these. A kernel that refuses them is no kernel for this driver.
      for (const role of ["access", "uplink"] as const) this.programs.program(role, "tc");
      this.punts = this.keep(new PuntReader(this));
      this.start(this.punts.ifindex);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The maps know the interface before its first frame comes. */
  openInterface(plan: InterfacePlan): OpenedInterface {
    const { slot } = plan;
    this.opened.set(slot, { plan, hook: undefined });
    try {
      this.writer.rewriteSlot(slot);
      const hook = this.hooks.attach(plan, this.tables.interfaces.repairAt(slot));
      this.opened.set(slot, { plan, hook });
      if (hook.xdp) {
        this.letXdpReach(plan.ifindex);
        this.writer.rewriteSlot(slot);
      }
      const detour = this.isUnjoined(slot) ? "; GRO is off: TCP streams are joined on a way round" : "";
      if (detour !== "") this.writer.rewriteConfig();
      return { slot, hook: hook.hook, reason: `${hook.reason}${detour}`, reachesPeer: true };
    } catch (error) {
      this.closeInterface(slot);
      throw error;
    }
  }

  joinBy(devices: JoinDevices): void {
    const joining = Joining.open(this.programs, devices);
    this.joining = joining;
    this.writer.joinIndexes = () => this.joinIndexes(joining);
    this.writer.rewriteConfig();
  }

  closeInterface(slot: number): void {
    const opened = this.opened.get(slot);
    if (opened === undefined) return;
    this.opened.delete(slot);
    opened.hook?.close();
    if (opened.hook?.xdp === true) this.programs.map(MapName.DEVMAP).delete(encodeIndex(opened.plan.ifindex));
    this.writer.rewriteSlot(slot);
  }

  apply(tables: Tables): readonly ItemProblem[] {
    this.forgetCounters(tables);
    const problems = [...this.unheard, ...this.writer.writeDeltas()];
    this.unheard = [];
    return problems;
  }

  readCounters(): DriverCounters {
    const counters = { ...readCounters(this.programs, this.tables), fixes: this.readFixes() };
    const packets = this.punts.overruns() + (this.joining?.overruns() ?? 0);
    if (packets === 0) return counters;
    return { ...counters, drops: [...counters.drops, { reason: Drop.RECEIVE_OVERRUN, slot: 0, bd: 0, packets }] };
  }

  readSeen(keys: Int32Array, count: number, seen: (index: number, tick: number) => void): void {
    const map = this.programs.map(MapName.FDB);
    const key = new Uint8Array(FdbKeyLayout.sizeBytes);
    const value = new Uint8Array(FdbValueLayout.sizeBytes);
    const keyView = new DataView(key.buffer);
    const valueView = new DataView(value.buffer);
    for (let index = 0; index < count; index++) {
      writeFdbKey(keyView, 0, keys[index * 2]!, keys[index * 2 + 1]!);
      if (map.lookup(key, value) !== undefined) seen(index, valueView.getUint32(FdbValueLayout.lastSeenTick, true));
    }
  }

  fdbDifferences(): Iterable<FdbDifference | undefined> {
    return fdbDifferences(this.programs.map(MapName.FDB), this.tables);
  }

  /** One frame that the programs handed over. PuntReader calls this, and flush() after each batch. */
  handle(bytes: Uint8Array, offset: number, length: number, slot: number): void {
    this.engine.handle(bytes, offset, length, slot, monotonicCoarseTicks());
  }

  flush(): void {
    this.packets.flush();
    if (this.tables.deltas.empty) return;
    // What waits stays in the deltas, so the next apply() speaks of it anyway.
    this.unheard = this.apply(this.tables).filter(({ status }) => status !== "retry");
  }

  override close(): void {
    for (const { hook } of this.opened.values()) hook?.close();
    this.opened.clear();
    this.joining?.close();
    super.close();
  }

  /** While no uplink has a use for it, nothing is to be sent round, and no stream looked at. */
  private joinIndexes({ indexes }: Joining): JoinIndexes {
    return [...this.opened.keys()].some((slot) => this.isUnjoined(slot)) ? indexes : { ...indexes, join: 0 };
  }

  private isUnjoined(slot: number): boolean {
    const plan = this.opened.get(slot)?.plan;
    return plan?.role === "uplink" && this.joining !== undefined && !hasGro(plan.name);
  }

  private start(puntIfindex: number): void {
    this.writer.puntIfindex = puntIfindex;
    writePuntRates(this.programs.map(MapName.PUNT_RATE));
    this.letXdpReach(puntIfindex);
    this.unheard = this.writer.writeAll().filter(({ status }) => status !== "retry");
  }

  private readFixes(): FixCount[] {
    return [...this.opened].flatMap(([slot, { hook }]) => {
      const counts = hook?.fixes?.();
      return counts === undefined ? [] : [{ slot, ...counts }];
    });
  }

  private letXdpReach(ifindex: number): void {
    this.programs.map(MapName.DEVMAP).update(encodeIndex(ifindex), encodeIndex(ifindex));
  }

  private forgetCounters({ deltas, ports, vteps, bridgeDomains }: Tables): void {
    const { programs } = this;
    for (const port of deltas.ports) if (ports.bd[port] === 0) clearTraffic(programs.map(MapName.PORT_COUNTERS), port);
    for (const bd of deltas.bridgeDomains) {
      if (bridgeDomains.vni[bd] === 0) clearTraffic(programs.map(MapName.BD_COUNTERS), bd);
    }
    for (const vtep of deltas.vteps) {
      if (vteps.address[vtep] === undefined) clearTraffic(programs.map(MapName.VTEP_COUNTERS), vtep);
    }
  }
}

/** Of one that does not say there is nothing to mend. */
function hasGro(name: string): boolean {
  try {
    return ethtoolGetFeatures(name).gro;
  } catch {
    return true;
  }
}

/** 0 where it is gone: its frames then go through the engine. */
function ifindexOf(name: string): number {
  try {
    return interfaceIndex(name);
  } catch {
    return 0;
  }
}
