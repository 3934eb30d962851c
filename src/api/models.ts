// What clients send, with the limits that ajv holds them to. Unknown keys are errors, as in the config file.

import {
  AdditionalProperties,
  Enum,
  Integer,
  Maximum,
  MaxLength,
  Minimum,
  MinLength,
  Pattern,
  Property,
  Required,
} from "@tsed/schema";
import type { Origin } from "../telemetry/view_types.js";

const HIGHEST_VLAN = 4094;
const HIGHEST_VNI = 0xffffff;
const LONGEST_NAME = 64;
const MAC = /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/;

@AdditionalProperties(false)
export class PortName {
  @Required()
  @MinLength(1)
  @MaxLength(LONGEST_NAME)
  interface!: string;

  /** 0 or absent = untagged. */
  @Integer()
  @Minimum(0)
  @Maximum(HIGHEST_VLAN)
  vlan?: number;
}

@AdditionalProperties(false)
export class FlushRequest {
  @Property()
  @MaxLength(LONGEST_NAME)
  interface?: string;

  /** 0 = untagged. */
  @Integer()
  @Minimum(0)
  @Maximum(HIGHEST_VLAN)
  vlan?: number;

  @Property()
  @MaxLength(LONGEST_NAME)
  bridgeDomain?: string;

  @Integer()
  @Minimum(1)
  @Maximum(HIGHEST_VNI)
  vni?: number;
}

@AdditionalProperties(false)
export class MacQuery {
  /** With colons. */
  @Required()
  @Pattern(MAC)
  mac!: string;
}

@AdditionalProperties(false)
export class FdbQuery extends FlushRequest {
  /** With colons. */
  @Pattern(MAC)
  mac?: string;

  @Property()
  @MaxLength(LONGEST_NAME)
  vtep?: string;

  @Enum("local", "remote")
  where?: "local" | "remote";

  @Enum("learned", "static", "evpn")
  origin?: Origin;
}
