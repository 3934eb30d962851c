// The engine: decides what happens to one frame. Pure over the tables and the frame: no I/O, no clock,
// no allocation, no exception. This is the specification; bpf/ caches its outcomes.

import { BdFlag, Drop } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { flowHash } from "../wire/flowhash.js";
import { decideDestination, sendToVtep, toPort } from "./bridge.js";
import { parseUnderlay } from "./decap.js";
import { Decision, type Frame } from "./decision.js";
import { checkAddresses, classifyAccess, readAddresses, refuseSecondTag } from "./ingress.js";
import { answerNeighbors } from "./neighbors.js";
import { route } from "./route.js";
import { admitLocal, admitRemote } from "./security.js";

/** A domain that answers for its gateway or for known hosts. */
const ANSWERS = BdFlag.GATEWAY | BdFlag.ARP_SUPPRESSION;

/** Fills `out`. `tick` is the present time in units of 100 ms, unsigned 32 bit, wrapping. */
export function processFrame(tables: Tables, frame: Frame, tick: number, out: Decision): void {
  out.reset(frame);
  if (tables.interfaces.isUplink(frame.slot)) processUnderlay(tables, frame, out, tick);
  else processAccess(tables, frame, out, tick);
}

function processAccess(tables: Tables, frame: Frame, out: Decision, tick: number): void {
  if (!classifyAccess(tables, frame, out)) return;
  if (!refuseSecondTag(out) || !checkAddresses(out)) return;
  if (!admitLocal(tables, out, tick)) return;
  decideInDomain(tables, frame.view, out, tick);
}

function processUnderlay(tables: Tables, frame: Frame, out: Decision, tick: number): void {
  if (!parseUnderlay(tables, frame, out)) return;
  if (out.vrf !== 0) {
    routeFromL3Vni(tables, frame.view, out, tick);
    return;
  }
  if (!admitRemote(tables, out)) return;
  decideInDomain(tables, frame.view, out, tick);
}

/** SPEC: RFC 9135 §5.2: behind an L3 VNI only what is addressed to our router MAC is routed, and nothing is bridged. */
function routeFromL3Vni(tables: Tables, view: DataView, out: Decision, tick: number): void {
  const { vrfs } = tables;
  const ours = out.destinationLo === vrfs.routerLo[out.vrf] && out.destinationHi === vrfs.routerHi[out.vrf];
  if (ours) route(tables, view, out, out.vrf, tick);
  else out.drop(Drop.ROUTER_MAC_MISMATCH);
}

/** PERF: one look at the flags, for domains that only bridge (bench/engine, local). */
function decideInDomain(tables: Tables, view: DataView, out: Decision, tick: number): void {
  const { bridgeDomains } = tables;
  if ((bridgeDomains.flags[out.bd]! & ANSWERS) !== 0) {
    if (answerNeighbors(tables, view, out)) return;
    if (bridgeDomains.isGatewayMac(out.bd, out.destinationHi, out.destinationLo)) {
      route(tables, view, out, bridgeDomains.vrf[out.bd]!, tick);
      return;
    }
  }
  decideDestination(tables, view, out, tick);
}

/** Decides about a frame of the gateway's own in a domain: wherever its destination MAC is. */
export function processOriginated(tables: Tables, frame: Frame, bd: number, tick: number, out: Decision): void {
  beginOriginated(frame, bd, out);
  decideDestination(tables, frame.view, out, tick);
}

/**
 * A reply goes back the way that `asked` came, even where its sender is in no FDB, so that it is never flooded. Behind
 * an L3 VNI it is routed.
 */
export function processReply(tables: Tables, frame: Frame, asked: Decision, tick: number, out: Decision): void {
  const { ingressBd: bd, port, vtep } = asked;
  beginOriginated(frame, bd, out);
  if (bd === 0) {
    route(tables, frame.view, out, asked.vrf, tick);
  } else if (port !== 0) {
    toPort(tables, out, port);
  } else if (vtep !== 0) {
    const { destinationHi, destinationLo, sourceHi, sourceLo } = out;
    out.flowHash = flowHash(frame.view, frame.offset, frame.length, destinationHi, destinationLo, sourceHi, sourceLo);
    out.vni = tables.bridgeDomains.vni[bd]!;
    sendToVtep(tables, out, vtep);
  } else decideDestination(tables, frame.view, out, tick);
}

function beginOriginated(frame: Frame, bd: number, out: Decision): void {
  out.reset(frame);
  out.originated = true;
  out.bd = bd;
  out.ingressBd = bd;
  out.etherType = frame.view.getUint16(frame.offset + 12);
  readAddresses(frame.view, frame.offset, out);
}
