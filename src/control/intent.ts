// What the operator wants, in the words of the tables but by name: the config file with its texts parsed,
// its defaults spelled out, and everything keyed for comparison with the present.

import type { HookKind } from "../dataplane/driver.js";
import type { GatewayAddress } from "../tables/bridge_domain.js";
import type { RepairPlan } from "../tables/interface.js";
import type { VtepSettings } from "../tables/tables.js";
import type { Mac } from "../wire/ethernet.js";
import type { FrrIntent } from "./frr/intent.js";

export interface InterfaceIntent {
  readonly name: string;
  readonly role: "uplink" | "access";
  readonly hook: "auto" | HookKind;
  /** Leads to this host's own stack: every frame from it is for the engine. */
  readonly isHostStack: boolean;
  /** What is put right in frames that it receives; undefined = nothing. */
  readonly repair?: RepairPlan;
}

/** Where a domain is routed, and as whom. */
export interface GatewayIntent {
  readonly vrf: string;
  readonly mac: Mac;
  readonly addresses: readonly GatewayAddress[];
}

/** How the bindings of a domain are kept; see schema/bridge_domain.ts. */
export interface BindingPolicy {
  readonly maxBindings: number;
  /** 0 = never probed. */
  readonly intervalSeconds: number;
  readonly probes: number;
  readonly retrySeconds: number;
  /** 0 = no alarm. */
  readonly duplicateMoves: number;
  readonly duplicateSeconds: number;
  /** 0 = until cleared by hand. */
  readonly freezeSeconds: number;
}

export interface BridgeDomainIntent {
  readonly name: string;
  /** 0 = routed only: nothing of it is bridged to other VTEPs. */
  readonly vni: number;
  /** enum vtep_bd_flag */
  readonly flags: number;
  readonly learning: boolean;
  readonly ageSeconds: number;
  readonly holdSeconds: number;
  readonly gateway: GatewayIntent | undefined;
  readonly bindings: BindingPolicy;
}

export interface VrfIntent {
  readonly name: string;
  /** 0 = none. */
  readonly l3Vni: number;
  readonly routerMac: Mac;
  readonly symmetric: boolean;
  /** What the VRF says of itself behind the L3 VNI; undefined where no gateway has one of the family. */
  readonly address4: Uint8Array | undefined;
  readonly address6: Uint8Array | undefined;
}

export interface PortIntent {
  readonly interface: string;
  /** 0 = untagged. */
  readonly vlan: number;
  readonly bridgeDomain: string;
  /** Leads to this host's own stack, which speaks as the domain's gateway. */
  readonly isHostStack: boolean;
  /** Frames go to the other end of its veth, past the queue, where that is possible. */
  readonly deliversToPeer: boolean;
  readonly isolated: boolean;
  /** 0 = no limit. */
  readonly maxMacs: number;
  /** tables/port.ts Violation */
  readonly violation: number;
  readonly recoverySeconds: number;
  readonly sticky: boolean;
  readonly staticMacs: readonly Mac[];
  /** Empty = every source. */
  readonly allow: readonly Mac[];
  readonly stormRates: readonly number[];
}

export interface VtepIntent {
  /** Canonical text. */
  readonly address: string;
  /** Domains whose flooded frames it receives. */
  readonly bridgeDomains: readonly string[];
}

export interface RemoteMacIntent {
  readonly bridgeDomain: string;
  readonly mac: Mac;
  readonly vtep: string;
}

export interface NextHopIntent {
  /** Canonical text. */
  readonly vtep: string;
  readonly routerMac: Mac;
}

export interface RouteIntent {
  readonly vrf: string;
  readonly prefix: string;
  /** 16 bytes, no bits beyond `length`. */
  readonly address: Uint8Array;
  /** That of IPv4 counted from 96. */
  readonly length: number;
  /** Share the flows. */
  readonly nextHops: readonly NextHopIntent[];
}

export interface NeighborIntent {
  readonly bridgeDomain: string;
  readonly address: Uint8Array;
  readonly mac: Mac;
}

export interface Intent {
  readonly address: string;
  readonly settings: VtepSettings;
  readonly interfaces: ReadonlyMap<string, InterfaceIntent>;
  readonly bridgeDomains: ReadonlyMap<string, BridgeDomainIntent>;
  readonly ports: ReadonlyMap<string, PortIntent>;
  readonly vteps: ReadonlyMap<string, VtepIntent>;
  readonly remoteMacs: ReadonlyMap<string, RemoteMacIntent>;
  readonly vrfs: ReadonlyMap<string, VrfIntent>;
  readonly routes: ReadonlyMap<string, RouteIntent>;
  readonly neighbors: ReadonlyMap<string, NeighborIntent>;
  /** undefined in mode static. */
  readonly frr: FrrIntent | undefined;
}

/** Name of a port in events, logs and as a key: eth1, or eth1/10 with a VLAN. */
export function portName(interfaceName: string, vlan: number): string {
  return vlan === 0 ? interfaceName : `${interfaceName}/${vlan}`;
}

export const NO_INTENT: Omit<Intent, "settings"> = {
  address: "",
  interfaces: new Map(),
  bridgeDomains: new Map(),
  ports: new Map(),
  vteps: new Map(),
  remoteMacs: new Map(),
  vrfs: new Map(),
  routes: new Map(),
  neighbors: new Map(),
  frr: undefined,
};
