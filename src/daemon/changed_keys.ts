// What a reload changed, in the words of the config file.

import { isDeepStrictEqual } from "node:util";
import type { VtepConfig } from "../config/schema.js";
import type { Intent } from "../control/intent.js";

/** Of a section; where more has changed, nobody reads their names, and a million of them would be 50 MB. */
const MOST_NAMED = 100;

/** Which parts of the config a reload changed, for people: ports[eth1/10], bridgeDomains[red], vtep. */
export function changedKeys(before: VtepConfig, after: VtepConfig, from: Intent, to: Intent): string[] {
  const keys: string[] = [];
  if (!isDeepStrictEqual(before.vtep, after.vtep)) keys.push("vtep");
  if (!isDeepStrictEqual(before.api, after.api)) keys.push("api");
  keys.push(...keysOf("bridgeDomains", from.bridgeDomains, to.bridgeDomains));
  keys.push(...keysOf("vrfs", from.vrfs, to.vrfs));
  keys.push(...new Set([...keysOf("ports", from.ports, to.ports), ...changedInterfaces(from, to)]));
  keys.push(...keysOf("control.static.vteps", from.vteps, to.vteps));
  keys.push(...keysOf("control.static.fdb", from.remoteMacs, to.remoteMacs));
  keys.push(...keysOf("control.static.neighbors", from.neighbors, to.neighbors));
  keys.push(...keysOf("control.static.routes", from.routes, to.routes));
  return keys;
}

/** Hook and repair of a port go for its interface. */
function changedInterfaces(from: Intent, to: Intent): string[] {
  const stay = [...to.interfaces].filter(([name, { role }]) => role === "access" && from.interfaces.has(name));
  const isChanged = ([name, intent]: (typeof stay)[number]) => !isDeepStrictEqual(from.interfaces.get(name), intent);
  return stay.filter(isChanged).map(([name]) => `ports[${name}]`);
}

function keysOf<T>(section: string, from: ReadonlyMap<string, T>, to: ReadonlyMap<string, T>): string[] {
  const names = new Set([...from.keys(), ...to.keys()]);
  const isChanged = (name: string) => !isDeepStrictEqual(from.get(name), to.get(name));
  const changed = [...names].filter(isChanged);
  if (changed.length > MOST_NAMED) return [`${section} (${changed.length} entries)`];
  return changed.map((name) => `${section}[${name}]`);
}
