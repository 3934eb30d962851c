// Bindings of the intent. They stay, whatever hosts say of themselves.

import { NeighborFlag } from "../../tables/neighbor.js";
import type { Tables } from "../../tables/tables.js";
import { VtepError } from "../../wire/error.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { Clock } from "../clock.js";
import { differenceOf } from "../difference.js";
import type { NeighborIntent } from "../intent.js";
import { formatMapped } from "../mapped_address.js";
import type { HostEntries } from "../routing/host_entries.js";
import type { NeighborKeeper } from "./keeper.js";

export class StaticNeighbors {
  private intents: ReadonlyMap<string, NeighborIntent> = new Map();

  constructor(
    private readonly tables: Tables,
    private readonly domains: BridgeDomainControl,
    private readonly hosts: HostEntries,
    private readonly keeper: NeighborKeeper,
    private readonly clock: Clock,
  ) {}

  /** Before domains of removed bindings go. */
  removeObsolete(intents: ReadonlyMap<string, NeighborIntent>): void {
    for (const { bridgeDomain, address } of differenceOf(this.intents, intents).removed) {
      const index = this.tables.neighbors.findAddress(this.domains.idOf(bridgeDomain), address);
      if (index !== 0) this.keeper.removeStatic(index);
    }
  }

  /** After domains and gateways of new bindings are there. */
  reconcile(intents: ReadonlyMap<string, NeighborIntent>): void {
    const { added, changed } = differenceOf(this.intents, intents);
    this.intents = intents;
    for (const { bridgeDomain, address, mac } of [...added, ...changed.map(({ after }) => after)]) {
      const bd = this.domains.idOf(bridgeDomain);
      this.keeper.remote.setAside(bd, address);
      const index = this.tables.neighbors.set(bd, address, mac.hi, mac.lo, NeighborFlag.STATIC, this.clock.tick());
      if (index === 0) throw new VtepError("table_full", `no room for the binding of ${formatMapped(address)}`);
      this.hosts.neighborChanged(bd, address);
      this.keeper.addStatic(index, bd, address, mac);
    }
  }
}
