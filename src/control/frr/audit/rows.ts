// What the audit finds: one thing that FRR, the kernel and we do not say alike, and what is done about it.

export type AuditSubject =
  /** Of EVPN: a remote MAC, a member of a head-end replication list, a remote binding, a router MAC, a route. */
  | "mac"
  | "flood"
  | "neighbor"
  | "router_mac"
  | "route"
  /** Of our own hosts, announced for zebra. */
  | "local_mac"
  | "local_binding"
  /** A VNI that zebra does not know: nothing in it can be compared. */
  | "vni";

export type AuditAction =
  | "delete_from_kernel"
  | "write_to_kernel"
  | "read_kernel_again"
  | "announce_again"
  | "withdraw"
  | "write_to_data_path"
  /** EVPN has not settled since FRR came back: what zebra does not know may still come. */
  | "wait_for_evpn"
  | "none";

export type AuditOutcome = "found" | "repaired" | "failed";

export interface AuditRow {
  readonly what: AuditSubject;
  readonly bridgeDomain: string | null;
  readonly vrf: string | null;
  readonly key: string;
  /** What each says of the key; null = nothing. */
  readonly frr: string | null;
  readonly kernel: string | null;
  readonly vtepd: string | null;
  /** What the data path carries frames by, where it has a copy of its own and that is what differs. */
  readonly dataPath: string | null;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  /** Why a repair failed; else empty. */
  readonly why: string;
}

/** A difference on its way through the audit. */
export interface Difference {
  readonly row: Omit<AuditRow, "outcome" | "why">;
  /** Messages for the kernel, in the place that the difference was found in; none where the repair is not the kernel's. */
  readonly repair: () => Promise<void>;
}

/** Equal for a difference that was seen before and is the same still. */
export function identityOf({ row }: Difference): string {
  const { what, bridgeDomain, vrf, key, frr, kernel, vtepd, dataPath } = row;
  return JSON.stringify([what, bridgeDomain, vrf, key, frr, kernel, vtepd, dataPath]);
}
