// Tables of a VTEP assembled by hand, as control would: numbers are allocated in the order of the calls.
import { BdFlag, Family, FdbKind, InterfaceFlag, PortFlag, RemoteFlag } from "../../src/abi/generated.js";
import type { PortSettings } from "../../src/tables/port.js";
import { Tables, type VtepSettings } from "../../src/tables/tables.js";
import { parseMac } from "../../src/wire/ethernet.js";

export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(":").map((part) => Number.parseInt(part, 16)));
}

/** 16 bytes, IPv4 mapped; IPv6 without `::`. */
export function addressBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  if (text.includes(":")) {
    const groups = text.split(":").map((group) => Number.parseInt(group, 16));
    bytes.set(groups.flatMap((group) => [group >>> 8, group & 0xff]));
    return bytes;
  }
  bytes.set([0xff, 0xff], 10);
  bytes.set(text.split(".").map(Number), 12);
  return bytes;
}

export interface InterfaceFacts {
  readonly name: string;
  readonly ifindex: number;
  readonly mtuBytes?: number;
}

export class VtepTables {
  readonly tables = new Tables();
  private slots = 0;
  private ports = 0;
  private vteps = 0;
  private adjacencies = 0;

  constructor(local: string, settings: Partial<VtepSettings> = {}) {
    const family = local.includes(":") ? Family.IPV6 : Family.IPV4;
    const localAddress = addressBytes(local);
    this.tables.setSettings({ ...this.tables.settings, family, localAddress, ...settings });
  }

  private interface(facts: InterfaceFacts, flags: number): number {
    const slot = ++this.slots;
    this.tables.interfaces.set(slot, facts.name, facts.ifindex, flags, facts.mtuBytes ?? 1500);
    return slot;
  }

  uplink(facts: InterfaceFacts): number {
    return this.interface(facts, InterfaceFlag.UPLINK);
  }

  access(facts: InterfaceFacts): number {
    return this.interface(facts, 0);
  }

  bridgeDomain(bd: number, vni: number, flags: number = BdFlag.LEARN_REMOTE): void {
    this.tables.bridgeDomains.set(bd, vni, flags, 3000, 0);
  }

  port(slot: number, vlan: number, bd: number): number {
    const port = ++this.ports;
    this.setPort(port, { slot, vlan, bd, stormRates: [] });
    this.tables.interfaces.attach(slot, vlan, port);
    this.tables.bridgeDomains.setFloodPorts(bd, [...this.tables.bridgeDomains.floodPorts[bd]!, port]);
    return port;
  }

  /** Frames a second by StormClass. */
  limitStorms(port: number, stormRates: readonly number[]): void {
    const { slot, vlan, bd } = this.tables.ports;
    this.setPort(port, { slot: slot[port]!, vlan: vlan[port]!, bd: bd[port]!, stormRates });
  }

  private setPort(port: number, own: Pick<PortSettings, "slot" | "vlan" | "bd" | "stormRates">): void {
    const flags = PortFlag.ENABLED | PortFlag.LEARNING;
    this.tables.ports.set(port, { ...own, flags, macLimit: 0, violation: 0, learnFlags: 0, allow: undefined });
  }

  /** A remote VTEP behind one next hop; without `mac` its next hop is not resolved. */
  vtep(
    address: string,
    bds: readonly number[],
    uplink: number,
    macs?: { readonly from: string; readonly to: string },
  ): number {
    const { tables } = this;
    const vtep = ++this.vteps;
    tables.vteps.set(vtep, addressBytes(address), RemoteFlag.KNOWN, tables.settings);
    tables.groups.set(vtep, new Uint16Array(64).fill(macs === undefined ? 0 : this.adjacency(uplink, macs)));
    tables.vteps.setGroup(vtep, vtep);
    for (const bd of bds) tables.bridgeDomains.setFloodVteps(bd, [...tables.bridgeDomains.floodVteps[bd]!, vtep]);
    return vtep;
  }

  private adjacency(slot: number, macs: { readonly from: string; readonly to: string }): number {
    const adjacency = ++this.adjacencies;
    this.tables.adjacencies.set(adjacency, {
      slot,
      ifindex: this.tables.interfaces.ifindex[slot]!,
      destinationMac: macBytes(macs.to),
      sourceMac: macBytes(macs.from),
      mtuBytes: this.tables.interfaces.mtuBytes[slot]!,
      flags: 0,
    });
    return adjacency;
  }

  remoteMac(bd: number, mac: string, vtep: number): void {
    const { hi, lo } = parseMac(mac)!;
    this.tables.fdb.set(bd, hi, lo, FdbKind.REMOTE, vtep, 0, 0);
  }

  localMac(bd: number, mac: string, port: number): void {
    const { hi, lo } = parseMac(mac)!;
    this.tables.fdb.set(bd, hi, lo, FdbKind.LOCAL, port, 0, 0);
  }

  /** Packets dropped for a reason, over all interfaces. */
  dropped(reason: number): number {
    return this.tables.counters.drops().reduce((sum, drop) => sum + (drop.reason === reason ? drop.packets : 0), 0);
  }
}
