// Brings the maps up to the tables. Makes before it breaks: what others point at is written first.
// Writing is idempotent: an item's present value is read when it is applied.

import { AdjacencyFlag, InterfaceFlag } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import type { ItemProblem } from "../driver.js";
import { FdbWriter } from "./fdb_writer.js";
import { type IdentityEntry, IdentityMap } from "./identity_map.js";
import type { Programs } from "./load.js";
import {
  encodeAdjacency,
  encodeBd,
  encodeConfig,
  encodeGroup,
  encodeIndex,
  encodeInterface,
  encodePort,
  encodeRemote,
  encodeTagKey,
  MapName,
} from "./maps.js";
import { Problems } from "./problems.js";

/** What hooks decided about an interface; by slot. */
export interface SlotFacts {
  /** Frames may be XDP-redirected out of it. */
  takesXdp(slot: number): boolean;
  /** Every frame from it goes to the engine. */
  isEngineCarried(slot: number): boolean;
}

type ArrayMap = "PORT" | "BD" | "REMOTE" | "GROUP" | "ADJACENCY";

export class TableWriter {
  puntIfindex = 0;
  private readonly problems = new Problems();
  private readonly interfaceMap: IdentityMap;
  private readonly tagMap: IdentityMap;
  private readonly vniMap: IdentityMap;
  private readonly addressMap: IdentityMap;
  private readonly fdb: FdbWriter;

  constructor(
    private readonly programs: Programs,
    private readonly tables: Tables,
    private readonly slots: SlotFacts,
  ) {
    const map = (name: MapName) => programs.map(name);
    this.interfaceMap = new IdentityMap(map(MapName.INTERFACE), "interface", (slot) => this.interfaceOf(slot));
    this.tagMap = new IdentityMap(map(MapName.TAG), "port", (port) => this.tagOf(port));
    this.vniMap = new IdentityMap(map(MapName.VNI), "bridge domain", (bd) => this.vniOf(bd));
    this.addressMap = new IdentityMap(map(MapName.ADDRESS), "vtep", (vtep) => this.addressOf(vtep));
    this.fdb = new FdbWriter(map(MapName.FDB), tables, this.problems);
  }

  /** Everything, whatever the deltas say. */
  writeAll(): readonly ItemProblem[] {
    const { deltas, ports, interfaces, bridgeDomains, vteps, adjacencies } = this.tables;
    deltas.config = true;
    addAll(deltas.interfaces, usedIn(interfaces.ifindex));
    addAll(deltas.ports, usedIn(ports.bd));
    addAll(deltas.bridgeDomains, usedIn(bridgeDomains.vni));
    addAll(deltas.adjacencies, usedIn(adjacencies.ifindex));
    addAll(deltas.vteps, vteps.address.keys());
    addAll(
      deltas.groups,
      usedIn(vteps.group).map((vtep) => vteps.group[vtep]!),
    );
    this.tables.fdb.forEach(({ bd, hi, lo }) => {
      deltas.fdb.push((bd << 16) | hi, lo);
    });
    return this.writeDeltas();
  }

  /** What is written, or never can be, leaves the deltas; what waits stays. */
  writeDeltas(): readonly ItemProblem[] {
    const { deltas } = this.tables;
    if (deltas.config) this.writeConfig();
    this.writeBridgeDomains(drain(deltas.bridgeDomains));
    this.writeAdjacencies(drain(deltas.adjacencies));
    this.writeArray("GROUP", drain(deltas.groups), (group) => encodeGroup(this.tables, group), deltas.groups);
    this.writeVteps(drain(deltas.vteps));
    this.writeAttachments(drain(deltas.interfaces), drain(deltas.ports));
    this.writeFdb();
    return this.problems.take();
  }

  /** The hook of a slot changed, and with it what may be redirected there. */
  rewriteSlot(slot: number): void {
    this.writeAttachments([slot], []);
    const owners = this.tables.adjacencies.slot;
    this.writeAdjacencies(usedIn(owners).filter((adjacency) => owners[adjacency] === slot));
  }

  private writeConfig(): void {
    const { deltas, settings } = this.tables;
    const map = this.programs.map(MapName.CONFIG);
    deltas.config = false;
    this.problems.attempt(
      "config",
      map,
      () => map.update(encodeIndex(0), encodeConfig(settings, this.puntIfindex)),
      () => {
        deltas.config = true;
      },
    );
  }

  private writeBridgeDomains(bds: readonly number[]): void {
    const { deltas } = this.tables;
    this.writeArray("BD", bds, (bd) => encodeBd(this.tables, bd), deltas.bridgeDomains);
    this.vniMap.bring(bds, this.problems, (bd) => deltas.bridgeDomains.add(bd));
  }

  private writeAdjacencies(indexes: readonly number[]): void {
    const { adjacencies, deltas } = this.tables;
    const encode = (adjacency: number) => {
      const takesXdp = this.slots.takesXdp(adjacencies.slot[adjacency]!);
      return encodeAdjacency(this.tables, adjacency, takesXdp ? AdjacencyFlag.XDP_TX : 0);
    };
    this.writeArray("ADJACENCY", indexes, encode, deltas.adjacencies);
  }

  private writeVteps(indexes: readonly number[]): void {
    const { deltas } = this.tables;
    this.writeArray("REMOTE", indexes, (vtep) => encodeRemote(this.tables, vtep), deltas.vteps);
    this.addressMap.bring(indexes, this.problems, (vtep) => deltas.vteps.add(vtep));
  }

  /** A port's entry holds its interface's ifindex and MTU, so it follows the interface. */
  private writeAttachments(slots: readonly number[], changedPorts: readonly number[]): void {
    const { ports, deltas } = this.tables;
    const moved = slots.length === 0 ? [] : usedIn(ports.slot).filter((port) => slots.includes(ports.slot[port]!));
    const changed = new Set([...changedPorts, ...moved]);
    const encode = (port: number) => encodePort(this.tables, port, this.slots.takesXdp(ports.slot[port]!));
    this.writeArray("PORT", changed, encode, deltas.ports);
    this.interfaceMap.bring(slots, this.problems, (slot) => deltas.interfaces.add(slot));
    this.tagMap.bring(changed, this.problems, (port) => deltas.ports.add(port));
  }

  private writeFdb(): void {
    const { deltas } = this.tables;
    const waiting: number[] = [];
    const retry = (w0: number, w1: number): void => {
      waiting.push(w0, w1);
    };
    deltas.fdb.forEach((w0, w1) => {
      this.fdb.bring(w0, w1, retry);
    });
    this.fdb.flush(retry);
    deltas.fdb.clear();
    for (let at = 0; at < waiting.length; at += 2) deltas.fdb.push(waiting[at]!, waiting[at + 1]!);
  }

  private writeArray(
    name: ArrayMap,
    indexes: Iterable<number>,
    encode: (index: number) => Uint8Array,
    retry: Set<number>,
  ): void {
    const map = this.programs.map(MapName[name]);
    for (const index of indexes) {
      const write = () => map.update(encodeIndex(index), encode(index));
      this.problems.attempt(`${name.toLowerCase()} ${index}`, map, write, () => retry.add(index));
    }
  }

  private interfaceOf(slot: number): IdentityEntry | undefined {
    const { ifindex, flags } = this.tables.interfaces;
    if (ifindex[slot] === 0) return undefined;
    const carried = this.isEngineCarried(slot) ? InterfaceFlag.ENGINE : 0;
    return { key: encodeIndex(ifindex[slot]!), value: encodeInterface(slot, flags[slot]! | carried) };
  }

  private tagOf(port: number): IdentityEntry | undefined {
    const { ports, interfaces } = this.tables;
    const slot = ports.slot[port]!;
    const vlan = ports.vlan[port]!;
    const attached = interfaces.portByVlan[slot]?.[vlan] === port && interfaces.ifindex[slot] !== 0;
    if (!attached || this.isEngineCarried(slot)) return undefined;
    return { key: encodeTagKey(interfaces.ifindex[slot]!, vlan), value: encodeIndex(port) };
  }

  private vniOf(bd: number): IdentityEntry | undefined {
    const vni = this.tables.bridgeDomains.vni[bd]!;
    return vni === 0 ? undefined : { key: encodeIndex(vni), value: encodeIndex(bd) };
  }

  private addressOf(vtep: number): IdentityEntry | undefined {
    const address = this.tables.vteps.address[vtep];
    return address && { key: address, value: encodeIndex(vtep) };
  }

  private isEngineCarried(slot: number): boolean {
    const asked = (this.tables.interfaces.flags[slot]! & InterfaceFlag.ENGINE) !== 0;
    return asked || this.slots.isEngineCarried(slot);
  }
}

/** Indexes with a value; 0 is never used. */
function usedIn(values: Uint16Array | Uint32Array): number[] {
  const indexes: number[] = [];
  for (let index = 1; index < values.length; index++) {
    if (values[index] !== 0) indexes.push(index);
  }
  return indexes;
}

function addAll(set: Set<number>, indexes: Iterable<number>): void {
  for (const index of indexes) set.add(index);
}

/** Empties the set, so that what is put into it meanwhile is what waits. */
function drain(set: Set<number>): readonly number[] {
  const indexes = [...set];
  set.clear();
  return indexes;
}
