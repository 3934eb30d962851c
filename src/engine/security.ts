// Admission of source addresses. A refused source is not learned, not forwarded and so never announced:
// admission and learning are one step. TWIN: bpf/lib/security.h, which lets only sources pass that stand
// in the FDB already, and hands the rest here.

import { BdFlag, Drop, FdbFlag, FdbKind, PortFlag } from "../abi/generated.js";
import { NOT_FOUND } from "../tables/fdb.js";
import type { Tables } from "../tables/tables.js";
import { type Decision, Effect } from "./decision.js";
import { fromHostStack } from "./host_stack.js";
import { refuse } from "./ingress.js";

/** Admits the source of a frame from an access port. False when dropped. */
export function admitLocal(tables: Tables, out: Decision, tick: number): boolean {
  const { fdb, ports } = tables;
  // The gateway's MAC is the same on every VTEP: from a host it would draw everybody's traffic.
  const gateway = tables.bridgeDomains.isGatewayMac(out.bd, out.sourceHi, out.sourceLo);
  const ours = fromHostStack(tables, out);
  if (gateway !== ours) return refuse(out, Drop.SOURCE_INVALID);
  if (ours) return true;
  const slot = fdb.find(out.bd, out.sourceHi, out.sourceLo);
  if (slot !== NOT_FOUND && fdb.isPlacedAt(slot, FdbKind.LOCAL, out.port)) {
    if (fdb.seenAt(slot) !== tick) out.effects |= Effect.REFRESH;
    return true;
  }
  if (!ports.allows(out.port, out.sourceHi, out.sourceLo)) return refuse(out, Drop.SOURCE_ACL);
  if (slot !== NOT_FOUND && !mayMove(tables, slot, out)) return false;
  return learnWithinLimit(tables, out);
}

/** A MAC that is held belongs nowhere, so its return anywhere is no move. */
function mayMove(tables: Tables, slot: number, out: Decision): boolean {
  if (tables.fdb.kindAt(slot) === FdbKind.HELD) return true;
  if ((tables.fdb.flagsAt(slot) & (FdbFlag.STATIC | FdbFlag.STICKY)) !== 0) return refuse(out, Drop.STICKY_VIOLATION);
  if ((tables.bridgeDomains.flags[out.bd]! & BdFlag.MOBILITY_DENY) !== 0) return refuse(out, Drop.MAC_MOVE_DENIED);
  return true;
}

function learnWithinLimit(tables: Tables, out: Decision): boolean {
  const { ports, fdb } = tables;
  const flags = ports.flags[out.port]!;
  if ((flags & PortFlag.LEARNING) === 0) return (flags & PortFlag.SECURED) === 0 || refuse(out, Drop.MAC_LIMIT);
  const limit = ports.macLimit[out.port]!;
  if (limit !== 0 && fdb.countByPort[out.port]! >= limit) {
    out.effects |= Effect.LIMIT_HIT;
    return refuse(out, Drop.MAC_LIMIT);
  }
  out.effects |= Effect.LEARN_LOCAL;
  return true;
}

/**
 * Admits the source of a decapsulated frame. Tunnels teach MACs only in flood-and-learn domains
 * (RFC 7348 §4.1); otherwise the control plane does, and the frame is taken as it comes.
 */
export function admitRemote(tables: Tables, out: Decision): boolean {
  if ((tables.bridgeDomains.flags[out.bd]! & BdFlag.LEARN_REMOTE) === 0) return true;
  // Another VTEP's gateway asks for a host: as valid as ours, and nowhere in particular (RFC 9135 §6.1).
  if (tables.bridgeDomains.isGatewayMac(out.bd, out.sourceHi, out.sourceLo)) return true;
  if (out.vtep === 0) {
    out.effects |= Effect.DISCOVER_VTEP;
    return true;
  }
  const { fdb } = tables;
  const slot = fdb.find(out.bd, out.sourceHi, out.sourceLo);
  if (slot !== NOT_FOUND && fdb.isPlacedAt(slot, FdbKind.REMOTE, out.vtep)) {
    out.effects |= Effect.REFRESH;
    return true;
  }
  if (slot !== NOT_FOUND && !mayMove(tables, slot, out)) return false;
  out.effects |= Effect.LEARN_REMOTE;
  return true;
}
