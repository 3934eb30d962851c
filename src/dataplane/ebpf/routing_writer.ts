// Brings the maps of routing up to the tables: next hops before the routes that lead to them, and those before the
// hosts and prefixes that name them.

import type { Tables } from "../../tables/tables.js";
import { HostWriter, PrefixWriter } from "./address_writers.js";
import type { ArrayWriter } from "./array_writer.js";
import { addAll, drain, usedIn } from "./index_set.js";
import type { Programs } from "./load.js";
import { MapName } from "./maps.js";
import type { Problems } from "./problems.js";
import { encodePath, encodeRoute, encodeVrf } from "./routing_maps.js";

export class RoutingWriter {
  private readonly hosts: HostWriter;
  private readonly prefixes: PrefixWriter;

  /** `written` is called after each batch of hosts or prefixes. */
  constructor(
    programs: Programs,
    private readonly tables: Tables,
    private readonly arrays: ArrayWriter,
    problems: Problems,
    written: () => void,
  ) {
    this.hosts = new HostWriter(programs.map(MapName.HOST), tables, problems, written);
    this.prefixes = new PrefixWriter(programs.map(MapName.PREFIX), tables, problems, written);
  }

  /** Puts everything into the deltas. */
  markAll(): void {
    const { deltas, vrfs, routes, hosts, prefixes } = this.tables;
    addAll(deltas.vrfs, usedIn(vrfs.l3Vni));
    addAll(deltas.vrfs, usedIn(vrfs.flags));
    addAll(deltas.paths, usedIn(routes.pathKind));
    for (let route = 1; route <= routes.highest; route++) {
      if (routes.bucketsOf(route).some((path) => path !== 0)) deltas.routes.add(route);
    }
    for (const index of hosts.indexes()) deltas.hosts.push(hosts.keyOf(index));
    for (const prefix of prefixes.entries()) deltas.prefixes.push(prefix);
  }

  writeDeltas(vrfs: readonly number[]): void {
    const { tables, arrays } = this;
    const { deltas } = tables;
    arrays.write("PATH", drain(deltas.paths), (path) => encodePath(tables, path), deltas.paths);
    arrays.write("ROUTE", drain(deltas.routes), (route) => encodeRoute(tables, route), deltas.routes);
    arrays.write("VRF", vrfs, (vrf) => encodeVrf(tables, vrf), deltas.vrfs);
    this.hosts.writeDeltas();
    this.prefixes.writeDeltas();
  }
}
