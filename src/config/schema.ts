// The single source of the config file: what every key is, its default, range, unit and meaning. Validation, the
// TypeScript types, `--help`, the docs and the REST API derive from it. What one key alone cannot say (two keys that
// contradict each other) is in rules.ts.

import { apiSchema } from "./schema/api.js";
import { bridgeDomainsSchema } from "./schema/bridge_domain.js";
import { controlSchema } from "./schema/control.js";
import { type Draft, mapping, type Normalised } from "./schema/keywords.js";
import { portsSchema } from "./schema/port.js";
import { vrfsSchema } from "./schema/vrf.js";
import { vtepSchema } from "./schema/vtep.js";

export const configSchema = mapping({
  description: "Config file of vtepd.",
  required: ["vtep"],
  properties: {
    vtep: vtepSchema,
    bridgeDomains: bridgeDomainsSchema,
    vrfs: vrfsSchema,
    ports: portsSchema,
    control: controlSchema,
    api: apiSchema,
  },
});

/** The whole config: defaults filled in, addresses and MACs in canonical form, deeply frozen. */
export interface VtepConfig extends Normalised<typeof configSchema> {}

/** The same with holes, while problems are still being collected. */
export type ConfigDraft = Draft<VtepConfig>;

export type BridgeDomainConfig = VtepConfig["bridgeDomains"][number];
export type GatewayConfig = NonNullable<BridgeDomainConfig["gateway"]>;
export type VrfConfig = VtepConfig["vrfs"][number];
export type PortConfig = VtepConfig["ports"][number];
export type PortSecurityConfig = NonNullable<PortConfig["security"]>;
export type HookChoice = PortConfig["hook"];
export type StaticControlConfig = VtepConfig["control"]["static"];
