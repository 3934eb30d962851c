// Everything the engine reads to decide about a frame. Control writes here; the engine's effects
// (a learned MAC) do too; drivers follow `deltas`.

import { Df, Family, Limit } from "../abi/generated.js";
import { BridgeDomains } from "./bridge_domain.js";
import { Counters } from "./counters.js";
import { Deltas } from "./delta.js";
import { Fdb } from "./fdb.js";
import { Interfaces } from "./interface.js";
import { Neighbors } from "./neighbor.js";
import { Ports } from "./port.js";
import { RateLimit } from "./rate_limit.js";
import { Segments } from "./segment.js";
import { Hosts, Prefixes, Routes, Vrfs } from "./vrf.js";
import { Adjacencies, NextHopGroups, Vteps } from "./vtep.js";

/** How this VTEP writes outer headers and whom it believes. */
export interface VtepSettings {
  readonly family: number;
  /** 16 bytes, IPv4 as ::ffff:a.b.c.d. */
  readonly localAddress: Uint8Array;
  readonly udpPort: number;
  readonly sourcePortMin: number;
  /** 1..65536 */
  readonly sourcePortCount: number;
  readonly ttl: number;
  /** The two ECN bits are zero. */
  readonly tos: number;
  readonly df: number;
  /** enum vtep_config_flag */
  readonly flags: number;
}

const UNCONFIGURED: VtepSettings = {
  family: Family.IPV4,
  localAddress: new Uint8Array(16),
  udpPort: 4789,
  sourcePortMin: 49152,
  sourcePortCount: 16384,
  ttl: 64,
  tos: 0,
  df: Df.UNSET,
  flags: 0,
};

export class Tables {
  readonly deltas = new Deltas();
  readonly fdb: Fdb;
  readonly interfaces = new Interfaces(this.deltas);
  readonly ports = new Ports(this.deltas);
  readonly bridgeDomains = new BridgeDomains(this.deltas);
  readonly vteps = new Vteps(this.deltas);
  readonly segments = new Segments(this.deltas);
  readonly groups = new NextHopGroups(this.deltas);
  readonly adjacencies = new Adjacencies(this.deltas);
  readonly vrfs = new Vrfs(this.deltas);
  readonly hosts = new Hosts(this.deltas);
  readonly prefixes = new Prefixes(this.deltas);
  readonly routes = new Routes(this.deltas);
  readonly neighbors = new Neighbors();
  /** ICMP errors by ingress interface: 100 a second, 50 at once (RFC 1812 §4.3.2.8, RFC 4443 §2.4f). */
  readonly icmpErrors = new RateLimit(Limit.MAX_INTERFACES, 10, 50);
  readonly counters = new Counters();
  settings: VtepSettings = UNCONFIGURED;
  /** MAC from which hosts of domains without gateway are probed; what is sent to it ends here. */
  probeHi = 0;
  probeLo = 0;

  constructor(fdbCapacity?: number) {
    this.fdb = new Fdb(this.deltas, fdbCapacity);
    this.fdb.onCount = (port, before, after) => this.ports.recounted(port, before, after);
  }

  setSettings(settings: VtepSettings): void {
    this.settings = settings;
    this.vteps.remakeOuter(settings);
    this.deltas.config = true;
  }
}
