// Broadcast, multicast and unknown unicast: to every local port of the domain but the ingress one and,
// unless it came from one, to every VTEP of the head-end replication list, each exactly once.
// eBPF hands all of it here.

import { Drop } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { bothIsolated, fitsPort, fitsVtep } from "./bridge.js";
import { type Decision, Effect, Egress, Verdict } from "./decision.js";

export function flood(tables: Tables, out: Decision, stormClass: number, tick: number): void {
  if (out.port !== 0 && !withinStormRate(tables, out, stormClass, tick)) {
    out.drop(Drop.STORM_CONTROL);
    return;
  }
  addPorts(tables, out);
  if (!out.fromTunnel) addVteps(tables, out);
  if (out.egressCount !== 0) out.verdict = Verdict.REPLICATE;
  else out.drop(reasonForNoCopy(out));
}

function withinStormRate(tables: Tables, out: Decision, stormClass: number, tick: number): boolean {
  if (!tables.ports.withinStormRate(out.port, stormClass, tick)) return false;
  out.effects |= Effect.STORM_TOKEN;
  out.stormClass = stormClass;
  return true;
}

function addPorts(tables: Tables, out: Decision): void {
  const ports = tables.bridgeDomains.floodPorts[out.bd]!;
  for (let index = 0; index < ports.length; index++) {
    const port = ports[index]!;
    if (port === out.floodFrom || bothIsolated(tables, out.floodFrom, port)) continue;
    if (fitsPort(tables, port, out.innerLength)) out.addEgress(Egress.PORT, port);
    else out.tooBigCopies += 1;
  }
}

function addVteps(tables: Tables, out: Decision): void {
  const vteps = tables.bridgeDomains.floodVteps[out.bd]!;
  for (let index = 0; index < vteps.length; index++) {
    const vtep = vteps[index]!;
    if (tables.vteps.group[vtep] === 0) out.unreachableCopies += 1;
    else if (fitsVtep(tables, vtep, out)) out.addEgress(Egress.VTEP, vtep);
    else out.tooBigCopies += 1;
  }
}

/** When no copy leaves, the whole frame is one drop, not one per copy. */
function reasonForNoCopy(out: Decision): number {
  const { tooBigCopies, unreachableCopies } = out;
  out.tooBigCopies = 0;
  out.unreachableCopies = 0;
  if (tooBigCopies !== 0) return Drop.MTU_EXCEEDED;
  return unreachableCopies !== 0 ? Drop.UNDERLAY_UNRESOLVED : Drop.NO_FLOOD_PEER;
}
