// One row of `show audit`: something that FRR, the kernel, vtepd and its data path do not say alike.

export interface AuditView {
  /** mac, flood, neighbor, router_mac, route; local_mac, local_binding; vni. */
  readonly what: string;
  readonly bridgeDomain: string | null;
  readonly vrf: string | null;
  readonly key: string;
  /** What each says of the key; null = nothing, or not asked. */
  readonly frr: string | null;
  readonly kernel: string | null;
  readonly vtepd: string | null;
  readonly dataPath: string | null;
  /** What is, or was, to be done. */
  readonly action: string;
  /** found, repaired, failed */
  readonly outcome: string;
  /** Why the repair failed; else empty. */
  readonly why: string;
}
