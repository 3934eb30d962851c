// Config section `vrfs`: IP VRFs that route between bridge domains (RFC 9135).

import { vni } from "./bridge_domain.js";
import { mapping } from "./keywords.js";

export const vrfSchema = mapping({
  description: "One VRF.",
  required: ["name"],
  properties: {
    name: { type: "string", format: "object-name", description: "Name that bridge domains and routes refer to." },
    l3vni: { ...vni, description: "L3 VNI; symmetric IRB needs it." },
    routerMac: {
      type: "string",
      format: "unicast-mac",
      description: "MAC of this VTEP inside the L3 VNI; symmetric IRB needs it.",
    },
    irb: {
      type: "string",
      enum: ["symmetric", "asymmetric"],
      default: "symmetric",
      description: "Route on both VTEPs through the L3 VNI, or on the first one only.",
    },
    table: {
      type: "integer",
      minimum: 1,
      maximum: 0xffffffff,
      description: "Kernel routing table that the control plane fills.",
    },
  },
});

export const vrfsSchema = {
  type: "array",
  items: vrfSchema,
  default: [],
  description: "VRFs that route between bridge domains.",
} as const;
