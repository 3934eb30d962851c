// The units of an intent, and which of them an interface concerns.

import type { LinkMessage } from "../../netlink/index.js";
import type { WantedObjects } from "../intent.js";
import { isOurs } from "./ownership.js";
import { Unit, type UnitIntent } from "./unit.js";
import { type Shadow, vxlanFault } from "./vxlan_fault.js";

export class Units {
  /** VRF devices stand first: bridges wait for them. */
  private units = new Map<string, Unit>();
  private byInterface = new Map<string, Unit[]>();
  private owned = new Map<string, Unit>();

  /** Units that stay keep what is known of them. */
  reconcile(wanted: WantedObjects): void {
    const before = this.units;
    this.units = new Map();
    for (const [key, place, intent] of unitsOf(wanted)) {
      const known = before.get(key);
      if (known === undefined || known.place !== place) this.units.set(key, new Unit(place, intent));
      else {
        known.intent = intent;
        this.units.set(key, known);
      }
    }
    this.index();
  }

  all(): Unit[] {
    return [...this.units.values()];
  }

  of(place: string, interfaceName: string): readonly Unit[] {
    return this.byInterface.get(keyOf(place, interfaceName)) ?? [];
  }

  /** Whether one of our interfaces may stay: VNIs and names change hands when all that is in the way is gone. */
  isWanted(place: string, link: LinkMessage, shadow: Shadow): boolean {
    const unit = this.owned.get(keyOf(place, link.name));
    if (unit === undefined || !isOurs(link)) return false;
    if (unit.intent.kind === "vrf") return link.kind === "vrf";
    const { bridge, vxlan, vni } = unit.intent.bridge;
    if (link.name === vxlan) return vxlanFault(link, vni, shadow) === undefined;
    return link.kind === (link.name === bridge ? "bridge" : "veth");
  }

  private index(): void {
    this.byInterface = new Map();
    this.owned = new Map();
    for (const unit of this.units.values()) {
      for (const { place, name } of unit.interfaces()) this.owned.set(keyOf(place, name), unit);
      for (const { place, name } of [...unit.interfaces(), ...unit.lookedAt()]) {
        const key = keyOf(place, name);
        const others = this.byInterface.get(key);
        if (others === undefined) this.byInterface.set(key, [unit]);
        else others.push(unit);
      }
    }
  }
}

function* unitsOf({ vrfBackend, domains, vrfs }: WantedObjects): Generator<readonly [string, string, UnitIntent]> {
  for (const vrf of vrfs.values())
    if (vrfBackend === "device") yield [`VRF ${vrf.vrf}`, vrf.place, { kind: "vrf", vrf }];
  for (const { vrf, place, l3 } of vrfs.values())
    if (l3 !== undefined) yield [`L3 VNI of ${vrf}`, place, { kind: "bridge", bridge: l3 }];
  for (const domain of domains.values())
    yield [`domain ${domain.bridgeDomain}`, domain.place, { kind: "bridge", bridge: domain }];
}

function keyOf(place: string, interfaceName: string): string {
  return `${place}/${interfaceName}`;
}
