// Control's knowledge in the shape that telemetry asks for.

import type { BridgeDomainConfig, VtepConfig } from "../config/schema.js";
import type { VtepControl } from "../control/vtep_control.js";
import type {
  BridgeDomainFacts,
  NeighborFacts,
  PortFacts,
  RouteFacts,
  UnderlayFacts,
  VrfFacts,
  VtepNames,
} from "../telemetry/names.js";

export class ControlNames implements VtepNames {
  /** `config` is asked each time: a reload replaces it. */
  constructor(
    private readonly control: VtepControl,
    private readonly config: () => VtepConfig,
  ) {}

  *ports(): Iterable<PortFacts> {
    for (const { id, intent, state, stateReason, delivery } of this.control.ports.all()) {
      const { interface: name, vlan, bridgeDomain, isHostStack } = intent;
      const opened = this.control.attachments.get(name)?.opened ?? null;
      const hook = { hook: opened?.hook ?? null, hookReason: opened?.reason ?? "" };
      const way = { delivery: delivery.way, deliveryReason: delivery.refused || delivery.fallback };
      yield { port: id, interface: name, vlan, bridgeDomain, isHostStack, state, stateReason, ...hook, ...way };
    }
  }

  *bridgeDomains(): Iterable<BridgeDomainFacts> {
    for (const config of this.config().bridgeDomains) {
      yield { bd: this.control.domains.idOf(config.name), config: settingsOf(config) };
    }
  }

  bridgeDomain(bd: number): string {
    return this.control.domains.nameOf(bd);
  }

  interface(slot: number): string {
    return this.control.attachments.nameOfSlot(slot);
  }

  underlay(vtep: number): UnderlayFacts {
    const path = this.control.vteps.pathOf(vtep);
    return path ?? { legs: [], reason: "not asked yet" };
  }

  *vrfs(): Iterable<VrfFacts> {
    for (const config of this.config().vrfs) {
      const { name } = config;
      const { vrfs, routes } = this.control;
      yield { vrf: vrfs.idOf(name), config: config as VrfFacts["config"], routeCount: routes.countOf(name) };
    }
  }

  vrf(vrf: number): string {
    return this.control.vrfs.nameOf(vrf);
  }

  routes(): Iterable<RouteFacts> {
    return this.control.routes.all();
  }

  neighbor(index: number): NeighborFacts {
    return this.control.neighbors.factsOf(index);
  }
}

function settingsOf(config: BridgeDomainConfig): BridgeDomainFacts["config"] {
  return config as BridgeDomainFacts["config"];
}
