// All that clients may ask of a running VTEP. The API puts it on HTTP and adds nothing; whoever composes the
// daemon implements it; tests implement it with lists.

import type { Problem } from "../config/problem.js";
import type { AuditView } from "../telemetry/audit_view.js";
import type {
  BridgeDomainView,
  DropView,
  EventView,
  FdbView,
  MacPathView,
  NeighborView,
  Origin,
  PortView,
  RepairView,
  RouteView,
  SegmentView,
  StatusView,
  VrfView,
  VtepView,
} from "../telemetry/view_types.js";

/** What is not given matches everything. Addresses may be in any spelling, MACs have colons. */
export interface FdbFilter {
  readonly bridgeDomain?: string;
  readonly vni?: number;
  readonly mac?: string;
  readonly interface?: string;
  /** 0 = untagged. */
  readonly vlan?: number;
  readonly vtep?: string;
  readonly where?: "local" | "remote";
  readonly origin?: Origin;
}

/** Which learned MACs to forget; what is not given matches everything. */
export interface FlushFilter {
  readonly interface?: string;
  /** 0 = untagged. */
  readonly vlan?: number;
  readonly bridgeDomain?: string;
  readonly vni?: number;
}

/** Keys of the config that changed, such as `ports[eth1/10]`; or why nothing did. */
export type ReloadResult = { readonly changed: readonly string[] } | { readonly problems: readonly Problem[] };

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** A method may throw a VtepError: its code and message reach the client. */
export interface VtepOperations {
  status(): StatusView;
  ports(): Iterable<PortView>;
  /** Taken in portions, with other work in between: entries may come and go meanwhile, none appears twice. */
  fdb(filter: FdbFilter): Iterable<FdbView>;
  /** What the MAC, with colons, is resolved through, in each domain that knows it. */
  macPaths(mac: string): Iterable<MacPathView>;
  neighbors(): Iterable<NeighborView>;
  vteps(): Iterable<VtepView>;
  routes(): Iterable<RouteView>;
  vrfs(): Iterable<VrfView>;
  bridgeDomains(): Iterable<BridgeDomainView>;
  drops(): Iterable<DropView>;
  repairs(): Iterable<RepairView>;
  /** None but in mode frr. */
  segments(): Iterable<SegmentView>;
  /** Oldest first; with a limit the newest ones. */
  events(limit?: number): Iterable<EventView>;
  /** Compares FRR, the kernel, our tables and the data path; takes seconds. Refused with `no_frr` and `frr_down`. */
  audit(repair: boolean): Promise<Iterable<AuditView>>;
  reload(): Promise<ReloadResult>;
  /** Answers as soon as the VTEP forwards, or when the time is up. */
  waitReady(timeoutSeconds: number): Promise<Readiness>;
  /** Forgets learned MACs at once; returns how many. */
  flush(filter: FlushFilter): number;
  /** Ends err-disabled by hand; `vlan` 0 = untagged. False where there is no such port. */
  enablePort(interfaceName: string, vlan: number): boolean;
}
