// One prefix that is led to each VTEP of a VRF: by it bgpd can be asked for the VTEP's router MAC.

import type { Clock } from "../clock.js";
import type { RouteFacts } from "../routing/routes.js";

export interface PrefixSources {
  readonly clock: Clock;
  routes(): Iterable<RouteFacts>;
  /** In the config: bgpd does not know it. */
  isConfigured(vrf: string, prefix: string): boolean;
}

export class PrefixesBehind {
  private found = new Map<string, string>();
  private foundAt = -1;

  constructor(private readonly sources: PrefixSources) {}

  /** undefined where there is none. Many VTEPs that are lost together cost one look through the routes. */
  of(vrf: string, vtep: string): string | undefined {
    const now = this.sources.clock.tick();
    if (now !== this.foundAt) this.look();
    this.foundAt = now;
    return this.found.get(`${vrf} ${vtep}`);
  }

  private look(): void {
    this.found = new Map();
    for (const { vrf, prefix, targets } of this.sources.routes()) {
      if (this.sources.isConfigured(vrf, prefix)) continue;
      for (const target of targets) {
        if ("vtep" in target) this.found.set(`${vrf} ${target.vtep}`, prefix);
      }
    }
  }
}
