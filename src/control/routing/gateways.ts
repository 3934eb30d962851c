// Anycast gateways: the addresses that are ours in a VRF, and the subnets that are connected through them.

import type { Tables } from "../../tables/tables.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import { differenceOf } from "../difference.js";
import type { BridgeDomainIntent, GatewayIntent } from "../intent.js";
import { isLinkLocal, networkOf } from "../mapped_address.js";
import type { HostEntries } from "./host_entries.js";
import type { RouteControl } from "./routes.js";
import type { VrfControl } from "./vrfs.js";

export class GatewayControl {
  private intents: ReadonlyMap<string, GatewayIntent> = new Map();

  constructor(
    private readonly tables: Tables,
    private readonly domains: BridgeDomainControl,
    private readonly vrfs: VrfControl,
    private readonly hosts: HostEntries,
    private readonly routes: RouteControl,
  ) {}

  /** While VRFs and domains of gateways that go, or change, are still there. */
  removeObsolete(intents: ReadonlyMap<string, BridgeDomainIntent>): void {
    const { removed, changed } = this.differenceTo(intents);
    for (const [name, gateway] of [...removed, ...changed.map(({ before }) => before)]) this.remove(name, gateway);
  }

  /** After VRFs and domains of new gateways are there. */
  reconcile(intents: ReadonlyMap<string, BridgeDomainIntent>): void {
    const { added, changed } = this.differenceTo(intents);
    this.intents = gatewaysOf(intents);
    for (const [name, gateway] of [...added, ...changed.map(({ after }) => after)]) this.add(name, gateway);
  }

  private differenceTo(intents: ReadonlyMap<string, BridgeDomainIntent>) {
    const named = (gateways: ReadonlyMap<string, GatewayIntent>) =>
      new Map([...gateways].map(([name, gateway]) => [name, [name, gateway] as const]));
    return differenceOf(named(this.intents), named(gatewaysOf(intents)));
  }

  private add(name: string, { vrf: vrfName, mac, addresses }: GatewayIntent): void {
    const [bd, vrf] = [this.domains.idOf(name), this.vrfs.idOf(vrfName)];
    this.tables.bridgeDomains.setGateway(bd, vrf, mac.hi, mac.lo, addresses);
    for (const { address, length } of addresses) {
      if (isLinkLocal(address)) continue;
      this.hosts.setLocal(vrf, address, bd);
      this.routes.connect(vrfName, networkOf(address, length), length, name);
    }
    this.hosts.attachDomain(vrf, bd);
  }

  private remove(name: string, { vrf: vrfName, addresses }: GatewayIntent): void {
    const [bd, vrf] = [this.domains.idOf(name), this.vrfs.idOf(vrfName)];
    this.hosts.detachDomain(vrf, bd);
    this.tables.bridgeDomains.setGateway(bd, 0, 0, 0, []);
    for (const { address, length } of addresses) {
      if (isLinkLocal(address)) continue;
      this.hosts.deleteLocal(vrf, address);
      this.routes.disconnect(vrfName, networkOf(address, length), length);
    }
  }
}

function gatewaysOf(intents: ReadonlyMap<string, BridgeDomainIntent>): Map<string, GatewayIntent> {
  const gateways = new Map<string, GatewayIntent>();
  for (const { name, gateway } of intents.values()) if (gateway !== undefined) gateways.set(name, gateway);
  return gateways;
}
