// Brings the maps up to the tables. Makes before it breaks: what others point at is written first.
// Writing is idempotent: an item's present value is read when it is applied.

import { AdjacencyFlag, InterfaceFlag, Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import type { ItemProblem } from "../driver.js";
import { ArrayWriter } from "./array_writer.js";
import { FdbWriter } from "./fdb_writer.js";
import { FloodLists } from "./flood_lists.js";
import { type IdentityEntry, IdentityMap } from "./identity_map.js";
import { addAll, drain, usedIn } from "./index_set.js";
import { type JoinIndexes, NOT_JOINED } from "./joining.js";
import type { Programs } from "./load.js";
import {
  type ConfigDevices,
  encodeAdjacency,
  encodeBd,
  encodeConfig,
  encodeGroup,
  encodeIndex,
  encodeInterface,
  encodePort,
  encodeRemote,
  encodeSegment,
  encodeTagKey,
  MapName,
} from "./maps.js";
import { Problems } from "./problems.js";
import { encodeVni } from "./routing_maps.js";
import { RoutingWriter } from "./routing_writer.js";

/** What hooks decided about an interface; by slot. */
export interface SlotFacts {
  /** Frames may be XDP-redirected out of it. */
  takesXdp(slot: number): boolean;
  /** Every frame from it goes to the engine. */
  isEngineCarried(slot: number): boolean;
  /** What comes from it was joined by nobody. Asked whenever the interface is written. */
  isUnjoined?(slot: number): boolean;
}

/** Domains and VRFs own VNIs: a VRF's number among the owners. */
const FIRST_VRF = Limit.MAX_BDS;

function nameOfOwner(owner: number): string {
  return owner < FIRST_VRF ? `bridge domain ${owner}` : `vrf ${owner - FIRST_VRF}`;
}

export class TableWriter {
  puntIfindex = 0;
  /** The kernel's vxlan device on our port, asked for with each change of the settings; 0 = none. */
  tunnelIfindex: () => number = () => 0;
  /** Of the pair that joins segments, in the same way. */
  joinIndexes: () => JoinIndexes = () => NOT_JOINED;
  private readonly problems = new Problems();
  private readonly interfaceMap: IdentityMap;
  private readonly tagMap: IdentityMap;
  private readonly vniMap: IdentityMap;
  private readonly addressMap: IdentityMap;
  private readonly arrays: ArrayWriter;
  private readonly routing: RoutingWriter;
  private readonly floods: FloodLists;
  private readonly fdb: FdbWriter;

  constructor(
    private readonly programs: Programs,
    private readonly tables: Tables,
    private readonly slots: SlotFacts,
  ) {
    const map = (name: MapName) => programs.map(name);
    const named = (noun: string) => (index: number) => `${noun} ${index}`;
    this.interfaceMap = new IdentityMap(map(MapName.INTERFACE), named("interface"), (slot) => this.interfaceOf(slot));
    this.tagMap = new IdentityMap(map(MapName.TAG), named("port"), (port) => this.tagOf(port));
    this.vniMap = new IdentityMap(map(MapName.VNI), nameOfOwner, (owner) => this.vniOf(owner));
    this.addressMap = new IdentityMap(map(MapName.ADDRESS), named("vtep"), (vtep) => this.addressOf(vtep));
    this.arrays = new ArrayWriter(programs, this.problems);
    this.floods = new FloodLists(map(MapName.FLOOD), tables, this.problems);
    const written = () => this.outdate();
    this.routing = new RoutingWriter(programs, tables, this.arrays, this.problems, written);
    this.fdb = new FdbWriter(map(MapName.FDB), tables, this.problems, written);
  }

  /** Everything, whatever the deltas say. */
  writeAll(): readonly ItemProblem[] {
    const { deltas, ports, interfaces, bridgeDomains, vteps, adjacencies } = this.tables;
    deltas.config = true;
    addAll(deltas.interfaces, usedIn(interfaces.ifindex));
    addAll(deltas.ports, usedIn(ports.bd));
    addAll(deltas.bridgeDomains, usedIn(bridgeDomains.vni));
    addAll(deltas.bridgeDomains, usedIn(bridgeDomains.vrf));
    addAll(deltas.bridgeDomains, usedIn(bridgeDomains.flags));
    addAll(deltas.adjacencies, usedIn(adjacencies.ifindex));
    addAll(deltas.vteps, vteps.address.keys());
    addAll(
      deltas.groups,
      usedIn(vteps.group).map((vtep) => vteps.group[vtep]!),
    );
    addAll(deltas.segments, this.tables.segments.inUse());
    this.routing.markAll();
    this.tables.fdb.forEach(({ bd, hi, lo }) => {
      deltas.fdb.push((bd << 16) | hi, lo);
    });
    return this.writeDeltas();
  }

  /** What is written, or never can be, leaves the deltas; what waits stays. */
  writeDeltas(): readonly ItemProblem[] {
    if (this.tables.deltas.empty) return this.problems.take();
    try {
      this.bringAll();
    } finally {
      this.outdate();
    }
    return this.problems.take();
  }

  private bringAll(): void {
    const { deltas } = this.tables;
    if (deltas.config) this.writeConfig();
    const bds = drain(deltas.bridgeDomains);
    const vrfs = drain(deltas.vrfs);
    this.writeBds(bds);
    this.writeAdjacencies(drain(deltas.adjacencies));
    this.arrays.write("GROUP", drain(deltas.groups), (group) => encodeGroup(this.tables, group), deltas.groups);
    this.writeVteps(drain(deltas.vteps));
    this.arrays.write("SEGMENT", drain(deltas.segments), (one) => encodeSegment(this.tables, one), deltas.segments);
    this.routing.writeDeltas(vrfs);
    this.writeVnis(bds, vrfs);
    this.writeAttachments(drain(deltas.interfaces), drain(deltas.ports));
    this.writeFloodLists(bds);
    this.fdb.writeDeltas();
  }

  /** The hook of a slot changed, and with it what may be redirected there. */
  rewriteSlot(slot: number): void {
    this.writeAttachments([slot], []);
    const owners = this.tables.adjacencies.slot;
    this.writeAdjacencies(usedIn(owners).filter((adjacency) => owners[adjacency] === slot));
    this.outdate();
  }

  /** Devices of ours have come, gone, or are of use now. */
  rewriteConfig(): void {
    this.writeConfig();
    this.outdate();
  }

  /** What programs remember of the tables (bpf/lib/recent.h) holds no longer. Only after what changed was written. */
  private outdate(): void {
    const map = this.programs.map(MapName.GENERATION);
    const generation = new Uint32Array(1);
    map.lookup(encodeIndex(0), new Uint8Array(generation.buffer));
    map.update(encodeIndex(0), encodeIndex(generation[0]! + 1));
  }

  private writeConfig(): void {
    const { deltas, settings } = this.tables;
    const map = this.programs.map(MapName.CONFIG);
    deltas.config = false;
    this.problems.attempt(
      "config",
      map,
      () => map.update(encodeIndex(0), encodeConfig(settings, this.devices())),
      () => {
        deltas.config = true;
      },
    );
  }

  private devices(): ConfigDevices {
    return { punt: this.puntIfindex, tunnel: this.tunnelIfindex(), ...this.joinIndexes() };
  }

  private writeBds(bds: readonly number[]): void {
    const encode = (bd: number) => encodeBd(this.tables, bd, this.floods.partsOf(bd));
    this.arrays.write("BD", bds, encode, this.tables.deltas.bridgeDomains);
  }

  /** Once their members can be sent to. */
  private writeFloodLists(bds: readonly number[]): void {
    const retry = (bd: number) => () => this.tables.deltas.bridgeDomains.add(bd);
    this.writeBds(bds.filter((bd) => this.floods.bring(bd, retry(bd))));
    for (const bd of bds) this.floods.trim(bd);
  }

  private writeVnis(bds: readonly number[], vrfs: readonly number[]): void {
    const { deltas } = this.tables;
    const retry = (owner: number) =>
      owner < FIRST_VRF ? deltas.bridgeDomains.add(owner) : deltas.vrfs.add(owner - FIRST_VRF);
    this.vniMap.bring([...bds, ...vrfs.map((vrf) => FIRST_VRF + vrf)], this.problems, retry);
  }

  private writeAdjacencies(indexes: readonly number[]): void {
    const { adjacencies, deltas } = this.tables;
    const encode = (adjacency: number) => {
      const takesXdp = this.slots.takesXdp(adjacencies.slot[adjacency]!);
      return encodeAdjacency(this.tables, adjacency, takesXdp ? AdjacencyFlag.XDP_TX : 0);
    };
    this.arrays.write("ADJACENCY", indexes, encode, deltas.adjacencies);
  }

  private writeVteps(indexes: readonly number[]): void {
    const { deltas } = this.tables;
    this.arrays.write("REMOTE", indexes, (vtep) => encodeRemote(this.tables, vtep), deltas.vteps);
    this.addressMap.bring(indexes, this.problems, (vtep) => deltas.vteps.add(vtep));
  }

  /** A port's entry holds its interface's ifindex and MTU, so it follows the interface. */
  private writeAttachments(slots: readonly number[], changedPorts: readonly number[]): void {
    const { ports, deltas } = this.tables;
    const moved = slots.length === 0 ? [] : usedIn(ports.slot).filter((port) => slots.includes(ports.slot[port]!));
    const changed = new Set([...changedPorts, ...moved]);
    const encode = (port: number) => encodePort(this.tables, port, this.slots.takesXdp(ports.slot[port]!));
    this.arrays.write("PORT", changed, encode, deltas.ports);
    this.interfaceMap.bring(slots, this.problems, (slot) => deltas.interfaces.add(slot));
    this.tagMap.bring(changed, this.problems, (port) => deltas.ports.add(port));
  }

  private interfaceOf(slot: number): IdentityEntry | undefined {
    const { ifindex, flags } = this.tables.interfaces;
    if (ifindex[slot] === 0) return undefined;
    const carried = this.isEngineCarried(slot);
    const fact = carried ? InterfaceFlag.ENGINE : this.slots.isUnjoined?.(slot) === true ? InterfaceFlag.JOIN : 0;
    return { key: encodeIndex(ifindex[slot]!), value: encodeInterface(slot, flags[slot]! | fact) };
  }

  private tagOf(port: number): IdentityEntry | undefined {
    const { ports, interfaces } = this.tables;
    const slot = ports.slot[port]!;
    const vlan = ports.vlan[port]!;
    const attached = interfaces.portByVlan[slot]?.[vlan] === port && interfaces.ifindex[slot] !== 0;
    if (!attached || this.isEngineCarried(slot)) return undefined;
    return { key: encodeTagKey(interfaces.ifindex[slot]!, vlan), value: encodeIndex(port) };
  }

  private vniOf(owner: number): IdentityEntry | undefined {
    const { bridgeDomains, vrfs } = this.tables;
    const vni = owner < FIRST_VRF ? bridgeDomains.vni[owner]! : vrfs.l3Vni[owner - FIRST_VRF]!;
    return vni === 0 ? undefined : { key: encodeIndex(vni), value: encodeVni(this.tables, vni) };
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
