// Interfaces that frames come from and go to, by slot: the identity in punt tags and counters.
// An interface is an uplink (VXLAN packets) or carries access ports, one per VLAN.

import { InterfaceFlag, Limit } from "../abi/generated.js";
import type { Deltas } from "./delta.js";

export const VLANS = 4096;
const NO_PORTS = new Uint16Array(0);

/** Which Ethertypes are put right: IPv4 that comes as 0x86DD, and perhaps IPv6 that comes as 0x0800. */
export interface RepairPlan {
  readonly ipv6: boolean;
}

export class Interfaces {
  readonly name: string[] = [];
  readonly ifindex = new Uint32Array(Limit.MAX_INTERFACES);
  readonly flags = new Uint16Array(Limit.MAX_INTERFACES);
  /** Largest layer-3 payload in bytes, tags not counted. */
  readonly mtuBytes = new Uint16Array(Limit.MAX_INTERFACES);
  /** VLAN → port; index 0 is untagged. Empty for a slot without access ports. */
  readonly portByVlan: Uint16Array[] = [NO_PORTS];

  constructor(private readonly deltas: Deltas) {}

  set(slot: number, name: string, ifindex: number, flags: number, mtuBytes: number): void {
    this.name[slot] = name;
    this.ifindex[slot] = ifindex;
    this.flags[slot] = flags;
    this.mtuBytes[slot] = Math.min(mtuBytes, 0xffff);
    this.portByVlan[slot] ??= NO_PORTS;
    this.deltas.interfaces.add(slot);
  }

  /** `port` 0 removes the attachment. */
  attach(slot: number, vlan: number, port: number): void {
    if (this.portByVlan[slot]!.length === 0) this.portByVlan[slot] = new Uint16Array(VLANS);
    this.portByVlan[slot]![vlan] = port;
    this.deltas.interfaces.add(slot);
  }

  clear(slot: number): void {
    this.set(slot, "", 0, 0, 0);
    this.portByVlan[slot] = NO_PORTS;
  }

  /** Are Ethertypes put right there? */
  isRepaired(slot: number): boolean {
    return (this.flags[slot]! & InterfaceFlag.FIX_ETHERTYPE) !== 0;
  }

  /** How; undefined where they are left as they come. */
  repairAt(slot: number): RepairPlan | undefined {
    return this.isRepaired(slot) ? { ipv6: (this.flags[slot]! & InterfaceFlag.FIX_IPV6) !== 0 } : undefined;
  }

  *repairedSlots(): IterableIterator<number> {
    for (let slot = 1; slot < this.name.length; slot++) if (this.isRepaired(slot)) yield slot;
  }

  isUplink(slot: number): boolean {
    return (this.flags[slot]! & InterfaceFlag.UPLINK) !== 0;
  }
}
