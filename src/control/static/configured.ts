// What the config says itself of where things are: it stands beside what a control plane tells, and before it.

import type { Intent } from "../intent.js";
import { formatMappedPrefix } from "../mapped_address.js";

export class Configured {
  private readonly flooded = new Set<string>();
  private readonly routes = new Set<string>();

  follow({ vteps, routes }: Intent): void {
    this.flooded.clear();
    this.routes.clear();
    for (const { address, bridgeDomains } of vteps.values()) {
      for (const name of bridgeDomains) this.flooded.add(`${name} ${address}`);
    }
    for (const { vrf, address, length } of routes.values()) {
      this.routes.add(`${vrf} ${formatMappedPrefix(address, length)}`);
    }
  }

  isFloodVtep(bridgeDomain: string, vtep: string): boolean {
    return this.flooded.has(`${bridgeDomain} ${vtep}`);
  }

  isRoute(vrf: string, prefix: string): boolean {
    return this.routes.has(`${vrf} ${prefix}`);
  }
}
