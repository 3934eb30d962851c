// What the operator wants, in the words of the tables but by name: the config file with its texts parsed,
// its defaults spelled out, and everything keyed for comparison with the present.

import type { HookKind } from "../dataplane/driver.js";
import type { VtepSettings } from "../tables/tables.js";
import type { Mac } from "../wire/ethernet.js";

export interface InterfaceIntent {
  readonly name: string;
  readonly role: "uplink" | "access";
  readonly hook: "auto" | HookKind;
}

export interface BridgeDomainIntent {
  readonly name: string;
  readonly vni: number;
  /** enum vtep_bd_flag */
  readonly flags: number;
  readonly learning: boolean;
  readonly ageSeconds: number;
  readonly holdSeconds: number;
}

export interface PortIntent {
  readonly interface: string;
  /** 0 = untagged. */
  readonly vlan: number;
  readonly bridgeDomain: string;
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

export interface Intent {
  readonly address: string;
  readonly settings: VtepSettings;
  readonly interfaces: ReadonlyMap<string, InterfaceIntent>;
  readonly bridgeDomains: ReadonlyMap<string, BridgeDomainIntent>;
  readonly ports: ReadonlyMap<string, PortIntent>;
  readonly vteps: ReadonlyMap<string, VtepIntent>;
  readonly remoteMacs: ReadonlyMap<string, RemoteMacIntent>;
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
};
