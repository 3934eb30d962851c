// How many bindings of a domain may be learned, and by which of its ports: up to the domain's limit, but each port is
// assured some, so that a host which claims address after address does not leave the other ports without. What comes
// through tunnels counts as one port.

import { BdFlag, Limit } from "../../abi/generated.js";
import type { Tables } from "../../tables/tables.js";
import { portName } from "../intent.js";

/** Or an even share of the domain's limit, where that is less. */
const ASSURED = 64;
const TUNNELS = 0;

/** What stands against one more: the domain is full, or what is left is kept for other ports. */
export type Shortage = "domain" | "port";

export class BindingRoom {
  private readonly countsByBd = new Map<number, Map<number, number>>();

  constructor(private readonly tables: Tables) {}

  /** `port` 0: from a tunnel. */
  add(bd: number, port: number): void {
    const counts = this.countsByBd.get(bd) ?? new Map<number, number>();
    this.countsByBd.set(bd, counts.set(port, (counts.get(port) ?? 0) + 1));
  }

  remove(bd: number, port: number): void {
    const counts = this.countsByBd.get(bd);
    const left = (counts?.get(port) ?? 0) - 1;
    if (left > 0) counts?.set(port, left);
    else counts?.delete(port);
    if (counts?.size === 0) this.countsByBd.delete(bd);
  }

  shortageOf(bd: number, port: number, limit: number): Shortage | undefined {
    const counts = this.countsByBd.get(bd) ?? new Map<number, number>();
    let total = 0;
    for (const count of counts.values()) total += count;
    if (total >= limit) return "domain";
    const sources = this.sourcesOf(bd);
    const assured = Math.min(ASSURED, Math.floor(limit / sources.length));
    if ((counts.get(port) ?? 0) < assured) return undefined;
    let kept = 0;
    for (const other of sources) if (other !== port) kept += Math.max(0, assured - (counts.get(other) ?? 0));
    return total + kept < limit ? undefined : "port";
  }

  /** Ports that are down too: they come back. */
  private sourcesOf(bd: number): number[] {
    const { bridgeDomains, ports } = this.tables;
    const fromTunnels = (bridgeDomains.flags[bd]! & (BdFlag.LEARN_REMOTE | BdFlag.GATEWAY_CENTRAL)) !== 0;
    const sources = fromTunnels ? [TUNNELS] : [];
    for (let port = 1; port < Limit.MAX_PORTS; port++) if (ports.bd[port] === bd) sources.push(port);
    return sources;
  }
}

/** For an operator. */
export function sourceName({ interfaces, ports }: Tables, port: number): string {
  return port === TUNNELS ? "tunnels" : portName(interfaces.name[ports.slot[port]!]!, ports.vlan[port]!);
}
