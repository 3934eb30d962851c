// Broadcast, multicast and unknown unicast: to every local port of the domain but the ingress one and,
// unless it came from one, to every VTEP of the head-end replication list, each exactly once.
// TWIN: bpf/lib/flood.h, which leaves all copies of a frame here where it cannot make one of them.

import { Drop } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { bothIsolated, fitsPort, fitsVtep } from "./bridge.js";
import { type Decision, Effect, Egress, Verdict } from "./decision.js";
import { fromHostStack } from "./host_stack.js";

export function flood(tables: Tables, out: Decision, stormClass: number, tick: number): void {
  if (out.port !== 0 && !withinStormRate(tables, out, stormClass, tick)) {
    out.drop(Drop.STORM_CONTROL);
    return;
  }
  addPorts(tables, out);
  if (!out.fromTunnel && !fromHostStack(tables, out)) addVteps(tables, out);
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
    if (out.fromTunnel && !mayFloodToSegment(tables, port, out)) continue;
    if (fitsPort(tables, port, out.innerLength)) out.addEgress(Egress.PORT, port);
    else out.tooBigCopies += 1;
  }
}

/**
 * A frame that another VTEP flooded, towards an Ethernet segment of several VTEPs: one of them brings it there
 * (RFC 7432 §8.5), and none if the sender is itself attached: it has brought it already (local bias, RFC 8365 §8.3.1).
 */
function mayFloodToSegment({ ports, segments }: Tables, port: number, out: Decision): boolean {
  const segment = ports.segment[port]!;
  if (segment === 0) return true;
  if (segments.isPeer(segment, out.vtep)) out.reflectedCopies += 1;
  else if (segments.isDesignated[segment] === 0) out.undesignatedCopies += 1;
  else return true;
  return false;
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
  const { tooBigCopies, unreachableCopies, reflectedCopies, undesignatedCopies } = out;
  out.forgetCopies();
  if (tooBigCopies !== 0) return Drop.MTU_EXCEEDED;
  if (unreachableCopies !== 0) return Drop.UNDERLAY_UNRESOLVED;
  if (undesignatedCopies !== 0) return Drop.NOT_DESIGNATED_FORWARDER;
  return reflectedCopies !== 0 ? Drop.SPLIT_HORIZON : Drop.NO_FLOOD_PEER;
}
