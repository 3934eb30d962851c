// Requests for hosts that are known: answered in the host's name, or sent to that host alone (RFC 9161 §3.3, §3.4).
// It refuses what only the host itself could answer, where the operator wants that. What bears the question (probes,
// announcements, unicast) never comes here: see neighbors.ts.

import { BdFlag, Drop, FdbKind } from "../abi/generated.js";
import { NOT_FOUND } from "../tables/fdb.js";
import type { Tables } from "../tables/tables.js";
import type { Decision } from "./decision.js";

/**
 * For the target as four words. `hasUnknownOption`: the request asks for more than `reply` could say. False where the
 * frame is to be bridged, perhaps with the host's MAC as destination by now.
 */
export function proxy(
  tables: Tables,
  out: Decision,
  reply: number,
  hasUnknownOption: boolean,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  const { bridgeDomains, neighbors } = tables;
  const flags = bridgeDomains.flags[out.bd]!;
  if ((flags & BdFlag.ARP_SUPPRESSION) === 0) return false;
  const neighbor = neighbors.find(out.bd, w0, w1, w2, w3);
  if (neighbor === 0) return (flags & BdFlag.UNKNOWN_ARP_DROP) !== 0 && refuse(out, Drop.UNKNOWN_ARP_TARGET);
  const [hi, lo] = [neighbors.hiAt(neighbor), neighbors.loAt(neighbor)];
  if (isBehind(tables, out, hi, lo)) return refuse(out, Drop.HAIRPIN);
  if ((flags & BdFlag.UNICAST_FORWARD) !== 0) return leadTo(out, hi, lo);
  if (hasUnknownOption) {
    return (flags & BdFlag.UNKNOWN_OPTION_DROP) !== 0 ? refuse(out, Drop.ND_UNKNOWN_OPTION) : leadTo(out, hi, lo);
  }
  out.consume(reply);
  out.replyHi = hi;
  out.replyLo = lo;
  out.replyFlags = neighbors.flagsAt(neighbor);
  return true;
}

/** SPEC: RFC 9161 §3.3b: whoever is behind the asker's own port has heard it, and answers. */
function isBehind({ fdb }: Tables, out: Decision, hi: number, lo: number): boolean {
  const slot = fdb.find(out.bd, hi, lo);
  return slot !== NOT_FOUND && fdb.isPlacedAt(slot, FdbKind.LOCAL, out.port);
}

/** SPEC: RFC 6085: an IPv6 group may stand in a frame to one host. */
function leadTo(out: Decision, hi: number, lo: number): false {
  out.destinationHi = hi;
  out.destinationLo = lo;
  return false;
}

function refuse(out: Decision, reason: number): true {
  out.drop(reason);
  return true;
}
