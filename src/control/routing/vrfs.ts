// VRFs of the intent → table entries.

import { Limit, VrfFlag } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { differenceOf } from "../difference.js";
import { Identities } from "../identity.js";
import type { VrfIntent } from "../intent.js";

export class VrfControl {
  private readonly ids = new Identities("VRF", Limit.MAX_VRFS);
  private intents: ReadonlyMap<string, VrfIntent> = new Map();

  constructor(private readonly tables: Tables) {}

  /** 0 for a name that the config does not define. */
  idOf(name: string): number {
    return this.ids.get(name) ?? 0;
  }

  nameOf(vrf: number): string {
    return this.ids.nameOf(vrf) ?? "";
  }

  intentOf(name: string): VrfIntent | undefined {
    return this.intents.get(name);
  }

  /** Adds and changes; VRFs that go are returned, to be removed once nothing refers to them. */
  reconcile(intents: ReadonlyMap<string, VrfIntent>): readonly VrfIntent[] {
    const { removed, added, changed } = differenceOf(this.intents, intents);
    this.intents = intents;
    // Two VRFs may swap their VNIs: both give theirs up before either takes one.
    for (const { before, after } of changed) if (before.l3Vni !== after.l3Vni) this.write(before, 0);
    for (const intent of removed) this.write(intent, 0);
    for (const intent of [...added, ...changed.map(({ after }) => after)]) this.write(intent, intent.l3Vni);
    return removed;
  }

  remove({ name }: VrfIntent): void {
    const vrf = this.idOf(name);
    this.tables.vrfs.set(vrf, 0, 0, 0, 0);
    this.tables.vrfs.setAddresses(vrf, undefined, undefined);
    this.ids.release(name);
  }

  /** Without SYMMETRIC a route to another VTEP is the drop no_vni_for_dst_subnet (RFC 9135 §6). */
  private write({ name, symmetric, routerMac, address4, address6 }: VrfIntent, l3Vni: number): void {
    const vrf = this.ids.acquire(name);
    this.tables.vrfs.set(vrf, l3Vni, symmetric ? VrfFlag.SYMMETRIC : 0, routerMac.hi, routerMac.lo);
    this.tables.vrfs.setAddresses(vrf, address4, address6);
  }
}
