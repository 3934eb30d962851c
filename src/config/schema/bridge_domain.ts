// Config section `bridgeDomains`: one layer-2 segment each, with its VNI and its flooding and learning policy.

import { Limit } from "../../abi/generated.js";
import { mapping } from "./keywords.js";

/** The 24 bits of RFC 7348 §5; 0 is not given out. */
export const vni = { type: "integer", minimum: 1, maximum: 0xffffff } as const;

const gatewaySchema = mapping({
  description: "Anycast gateway, the same on every VTEP.",
  required: ["mac", "addresses"],
  properties: {
    mac: { type: "string", format: "unicast-mac", description: "MAC address of the gateway." },
    addresses: {
      type: "array",
      minItems: 1,
      items: { type: "string", format: "interface-address" },
      description: "Addresses of the gateway, each with the length of its subnet.",
    },
  },
});

export const bridgeDomainSchema = mapping({
  description: "One bridge domain.",
  required: ["name", "vni"],
  properties: {
    name: { type: "string", format: "object-name", description: "Name that ports and entries refer to." },
    vni: { ...vni, description: "L2 VNI." },
    vrf: {
      type: "string",
      format: "object-name",
      description: "VRF that routes for the domain; makes it an IRB domain.",
    },
    gateway: gatewaySchema,
    learning: { type: "boolean", default: true, description: "Learn local MACs from access ports." },
    learnRemote: {
      type: "boolean",
      default: false,
      description: "Learn remote MACs from tunnels (flood and learn); only sensible without EVPN.",
    },
    ageing: {
      type: "integer",
      minimum: 0,
      maximum: 1_000_000,
      unit: "seconds",
      default: 300,
      description: "Time after which a silent learned MAC is forgotten; 0 is never.",
    },
    arpSuppression: { type: "boolean", default: true, description: "Answer ARP and ND for known bindings here." },
    unknownUnicast: {
      type: "string",
      enum: ["flood", "drop"],
      default: "flood",
      description: "What happens to a frame whose destination MAC is not known.",
    },
    unknownUnicastHold: {
      type: "integer",
      minimum: 0,
      maximum: 86_400,
      unit: "seconds",
      default: 40,
      description: "Time during which frames to a MAC that vanished with its port are dropped, not flooded; 0 is off.",
    },
    mobility: {
      type: "string",
      enum: ["allow", "deny"],
      default: "allow",
      description: "Whether a MAC in use may move to another port; deny suits an internet exchange.",
    },
  },
});

export const bridgeDomainsSchema = {
  type: "array",
  // Identifier 0 means "none" in the tables.
  maxItems: Limit.MAX_BDS - 1,
  items: bridgeDomainSchema,
  default: [],
  description: "Layer-2 segments, each with its VNI.",
} as const;
