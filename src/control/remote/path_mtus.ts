// What the routers of the underlay say of the paths to our VTEPs, kept for a while. A path may widen again and nobody
// says so: after that time larger packets are tried anew, and the next error teaches again (RFC 1191 §6.3).

import type { Tables } from "../../tables/tables.js";
import type { Clock } from "../clock.js";
import type { EventSink } from "../events.js";
import type { UnderlayPath } from "../underlay/index.js";
import { judgePathMtu } from "./path_mtu.js";

export interface PathsByVtep {
  addressOf(vtep: number): string;
  pathOf(vtep: number): UnderlayPath | null;
}

/** SPEC: RFC 1191 §6.3, RFC 8201 §4: ten minutes are recommended. */
const EXPIRY_MS = 10 * 60 * 1_000;
/** Of a path that nobody has told us of. */
const LARGEST_PACKET = 0xffff;

export class PathMtus {
  /** By VTEP number: another VTEP that gets the number begins anew with its own first error. */
  private readonly expiries = new Map<number, () => void>();
  private ignoredCount = 0;

  constructor(
    private readonly tables: Tables,
    private readonly clock: Clock,
    private readonly events: EventSink,
    private readonly paths: PathsByVtep,
    private readonly changed: () => void,
  ) {}

  /** Errors about our tunnels that could not be true. */
  get ignored(): number {
    return this.ignoredCount;
  }

  /** An ICMP message of the underlay: see judgePathMtu. */
  receive(message: Uint8Array): void {
    const judgement = judgePathMtu(this.tables, message, (vtep) => this.believed(vtep));
    if (judgement.kind === "refused") {
      this.ignoredCount += 1;
      this.events("path_mtu_ignored", { why: judgement.why });
    } else if (judgement.kind === "learned") this.learn(judgement.vtep, judgement.mtuBytes);
  }

  close(): void {
    for (const cancel of this.expiries.values()) cancel();
    this.expiries.clear();
  }

  private learn(vtep: number, mtuBytes: number): void {
    this.tables.vteps.setPathMtu(vtep, mtuBytes);
    this.expiries.get(vtep)?.();
    this.expiries.set(
      vtep,
      this.clock.after(EXPIRY_MS, () => this.expire(vtep)),
    );
    this.events("path_mtu_learned", { vtep: this.paths.addressOf(vtep), mtu: mtuBytes });
    this.changed();
  }

  private expire(vtep: number): void {
    this.expiries.delete(vtep);
    if (this.tables.vteps.pathMtuBytes[vtep] === 0) return;
    this.tables.vteps.setPathMtu(vtep, 0);
    this.events("path_mtu_expired", { vtep: this.paths.addressOf(vtep) });
    this.changed();
  }

  /** Of equal-cost legs the widest: an error about any of them is news. */
  private believed(vtep: number): number {
    const learned = this.tables.vteps.pathMtuBytes[vtep]!;
    if (learned !== 0) return learned;
    const legs = this.paths.pathOf(vtep)?.legs ?? [];
    return legs.length === 0 ? LARGEST_PACKET : Math.max(...legs.map(({ mtu }) => mtu));
  }
}
