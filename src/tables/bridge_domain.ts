// Bridge domains: the VNI, the flooding scope and the policy of each. The VNI is outside the FDB key:
// VNI → bd is its own table, so a domain can change its VNI without touching a MAC.

import { Limit } from "../abi/generated.js";
import type { Deltas } from "./delta.js";
import { IntMap } from "./int_map.js";

const NONE = new Uint16Array(0);

export class BridgeDomains {
  readonly vni = new Uint32Array(Limit.MAX_BDS);
  readonly flags = new Uint16Array(Limit.MAX_BDS);
  /** Ticks without a frame after which a learned MAC goes; 0 = never. */
  readonly ageTicks = new Uint32Array(Limit.MAX_BDS);
  /** Ticks that a MAC is held after its port vanished; 0 = off. */
  readonly holdTicks = new Uint32Array(Limit.MAX_BDS);
  /** Local ports of the domain, enabled ones only. */
  readonly floodPorts: Uint16Array[] = [];
  /** Head-end replication list (RFC 7348 §4.2 by unicast; RFC 8365 §5.1.3). */
  readonly floodVteps: Uint16Array[] = [];
  private readonly bdByVni = new IntMap();

  constructor(private readonly deltas: Deltas) {}

  /** bd of a 24-bit VNI; 0 where no domain has it. */
  byVni(vni: number): number {
    return this.bdByVni.get(vni);
  }

  set(bd: number, vni: number, flags: number, ageTicks: number, holdTicks: number): void {
    if (this.vni[bd] !== 0 && this.bdByVni.get(this.vni[bd]!) === bd) this.bdByVni.delete(this.vni[bd]!);
    if (vni !== 0) this.bdByVni.set(vni, bd);
    this.vni[bd] = vni;
    this.flags[bd] = flags;
    this.ageTicks[bd] = ageTicks;
    this.holdTicks[bd] = holdTicks;
    this.floodPorts[bd] ??= NONE;
    this.floodVteps[bd] ??= NONE;
    this.deltas.bridgeDomains.add(bd);
  }

  setFloodPorts(bd: number, ports: readonly number[]): void {
    this.floodPorts[bd] = Uint16Array.from(ports);
    this.deltas.bridgeDomains.add(bd);
  }

  setFloodVteps(bd: number, vteps: readonly number[]): void {
    this.floodVteps[bd] = Uint16Array.from(vteps);
    this.deltas.bridgeDomains.add(bd);
  }

  clear(bd: number): void {
    this.set(bd, 0, 0, 0, 0);
    this.floodPorts[bd] = NONE;
    this.floodVteps[bd] = NONE;
  }
}
