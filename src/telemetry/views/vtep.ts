// Remote VTEPs as views, each with the way that packets take to it.

import { RemoteFlag } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import type { UnderlayLegFacts, VtepNames } from "../names.js";
import { addressText } from "../text.js";
import { type DataPathCounters, trafficOf } from "../traffic.js";
import type { UnderlayView, VtepView } from "../view_types.js";
import { routersByVtep } from "./routing.js";

export function vtepViews(tables: Tables, names: VtepNames, counters: DataPathCounters): VtepView[] {
  const domains = floodDomainsByVtep(tables, names);
  const routers = routersByVtep(names);
  const views: VtepView[] = [];
  tables.vteps.address.forEach((address, vtep) => {
    if (address === undefined) return;
    const { legs, reason } = names.underlay(vtep);
    const text = addressText(address);
    views.push({
      address: text,
      bridgeDomains: domains.get(vtep) ?? [],
      underlay: legs.map(underlayView),
      underlayReason: reason ?? "",
      pathMtu: tables.vteps.pathMtuBytes[vtep]! || null,
      known: (tables.vteps.flags[vtep]! & RemoteFlag.KNOWN) !== 0,
      macCount: tables.fdb.countByVtep[vtep] ?? 0,
      routers: routers.get(text) ?? [],
      ...trafficOf(tables, counters, "vteps", vtep),
    });
  });
  return views;
}

/** The lists stand by domain: turned round once, rather than searched for every VTEP. */
function floodDomainsByVtep(tables: Tables, names: VtepNames): Map<number, string[]> {
  const byVtep = new Map<number, string[]>();
  for (const { bd, config } of names.bridgeDomains()) {
    for (const vtep of tables.bridgeDomains.floodVteps[bd] ?? []) {
      const domains = byVtep.get(vtep);
      if (domains === undefined) byVtep.set(vtep, [config.name]);
      else domains.push(config.name);
    }
  }
  return byVtep;
}

export function underlayView({ interface: name, via, mac, reason }: UnderlayLegFacts): UnderlayView {
  return { interface: name, via, mac, reason: reason ?? "" };
}
