// What every data path is to the rest: it carries frames by the engine's decisions over one set of
// tables. dataplane/memory is the shortest complete example.

import type { FixCount } from "../tables/counters.js";
import type { Tables } from "../tables/tables.js";

export type HookKind = "xdp" | "tc" | "userspace";

/** How one interface is to be carried. `auto` leaves the choice to the driver. */
export interface InterfacePlan {
  readonly slot: number;
  readonly name: string;
  readonly ifindex: number;
  readonly role: "uplink" | "access";
  readonly hook: "auto" | HookKind;
  /** Kind that the kernel reports (`veth`, `vlan`, …), or its driver; empty where it is a plain device. */
  readonly kind: string;
  readonly mtuBytes: number;
}

/** Names of a veth pair: in, out. */
export interface JoinDevices {
  readonly join: string;
  readonly joined: string;
}

/** What was picked, and why: shown by `show ports`. */
export interface OpenedInterface {
  readonly slot: number;
  readonly hook: HookKind;
  readonly reason: string;
  /** Frames can be delivered to the other end of a veth, past its queue (PortFlag.TO_PEER); absent: they cannot. */
  readonly reachesPeer?: boolean;
}

export type ItemStatus = "ok" | "retry" | "invalid" | "unsupported";

/** Result for one table item that could not be written. `constraint` says what it waits for. */
export interface ItemProblem {
  readonly item: string;
  readonly status: Exclude<ItemStatus, "ok">;
  readonly constraint: string;
}

export interface DropCounter {
  readonly reason: number;
  readonly slot: number;
  readonly bd: number;
  readonly packets: number;
}

/** A forwarding entry in a data path's own copy of the tables that is not what they say. */
export interface FdbDifference {
  readonly bd: number;
  readonly hi: number;
  readonly lo: number;
  /** What the copy says; null = it has none. */
  readonly dataPath: string | null;
}

/** Counts of this data path alone, to be added to those of the tables. Arrays are laid out as TrafficCounters.values. */
export interface DriverCounters {
  readonly ports: Float64Array;
  readonly vteps: Float64Array;
  readonly bridgeDomains: Float64Array;
  readonly drops: readonly DropCounter[];
  /** What the Ethertype fixer did, by interface: all of it, not to be added to the tables' own. */
  readonly fixes: readonly FixCount[];
  /** Frames handed to the engine, by punt class; empty where the engine sees every frame. */
  readonly punts: readonly number[];
}

export interface Driver {
  /** "userspace" or "ebpf" as in `show status`; "memory" in tests. */
  readonly name: "memory" | "userspace" | "ebpf";
  /** Takes over an interface. Throws VtepError, with nothing changed, where it cannot. */
  openInterface(plan: InterfacePlan): OpenedInterface;
  /**
   * Takes a pair of devices through which segments of TCP streams may go to be joined. Only of a data path that carries
   * frames where the kernel joins them. Throws VtepError, with nothing changed, where it cannot.
   */
  joinBy?(devices: JoinDevices): void;
  /** Gives the interface back as it was. */
  closeInterface(slot: number): void;
  /**
   * Brings the data path up to the tables' deltas. What is written, or never can be, leaves them; what waits for
   * a constraint stays, for the next call. Empty = all written.
   */
  apply(tables: Tables): readonly ItemProblem[];
  readCounters(): DriverCounters;
  /** Time stamps that only the data path knows: calls back with the last tick of each FDB key asked for. */
  readSeen(keys: Int32Array, count: number, seen: (index: number, tick: number) => void): void;
  /**
   * Where frames are carried by a copy of the tables: forwarding entries in which it differs from them. undefined: one
   * that does not differ. Between two, time may pass and both sides may change.
   */
  fdbDifferences?(): Iterable<FdbDifference | undefined>;
  /** Emits a frame as the VTEP itself: out of an access port, or, by its outer headers, towards the underlay. */
  inject(slot: number, frame: Uint8Array): void;
  /** Sends a frame of the gateway's own into a bridge domain, wherever its destination MAC is. */
  originate(bd: number, frame: Uint8Array, tick: number): void;
  /** A frame that EngineListener.onHold kept, again: its neighbour is known now. At most 64 KiB. */
  resume(slot: number, frame: Uint8Array, tick: number): void;
  /** The neighbour of a kept frame does not answer: its sender hears so. */
  giveUp(slot: number, frame: Uint8Array, tick: number): void;
  close(): void;
}
