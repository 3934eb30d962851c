// Config section `ports`: access ports, each a pair of interface and VLAN, with the policy for what enters there.

import { Limit } from "../../abi/generated.js";
import { mapping } from "./keywords.js";
import { portRepairSchema } from "./repair.js";
import { hookChoices } from "./vtep.js";

const rate = { type: "integer", minimum: 0, maximum: 1_000_000_000, unit: "frames per second" } as const;
const macs = { type: "array", items: { type: "string", format: "unicast-mac" }, default: [] } as const;

const securitySchema = mapping({
  description: "Port security: which source MACs are admitted; without it all are.",
  required: [],
  properties: {
    maxMacs: {
      type: "integer",
      minimum: 1,
      maximum: Limit.MAX_FDB,
      description: "Most source MACs admitted at a time, static ones included; without it there is no limit.",
    },
    violation: {
      type: "string",
      enum: ["protect", "restrict", "shutdown"],
      default: "shutdown",
      description: "For a MAC beyond the limit: drop, drop with count and event, or err-disable the port.",
    },
    recovery: {
      type: "integer",
      minimum: 0,
      maximum: 86_400,
      unit: "seconds",
      default: 30,
      description: "Time until an err-disabled port returns; 0 is by hand.",
    },
    sticky: { type: "boolean", default: false, description: "Admitted MACs are announced sticky and cannot move." },
    static: { ...macs, description: "MACs that are always there; counted in maxMacs." },
    allow: {
      ...macs,
      description: "If any are named, frames from other source MACs are neither forwarded nor learned.",
    },
  },
});

const stormControlSchema = mapping({
  description: "Limits for flooded frames that enter the port; a class without a limit is not policed.",
  required: [],
  default: {},
  properties: {
    broadcast: { ...rate, description: "Limit for broadcast." },
    multicast: { ...rate, description: "Limit for multicast." },
    unknownUnicast: { ...rate, description: "Limit for unknown unicast." },
  },
});

export const portSchema = mapping({
  description: "One access port.",
  required: ["interface", "bridgeDomain"],
  properties: {
    interface: { type: "string", format: "interface-name", description: "Interface that the hosts are behind." },
    vlan: {
      type: "integer",
      minimum: 1,
      maximum: 4094,
      description: "VLAN of the frames; the tag is taken off and put back. Without it: untagged frames.",
    },
    bridgeDomain: { type: "string", format: "object-name", description: "Bridge domain that the frames enter." },
    hook: {
      type: "string",
      enum: hookChoices,
      default: "auto",
      description: "Where the port is attached: auto takes tc for a veth and XDP for a physical interface.",
    },
    deliver: {
      type: "string",
      enum: ["queue", "peer"],
      default: "queue",
      description:
        "How tc gives frames to the port. peer: straight to the other end of a veth in another network namespace, which is " +
        "faster, but goes past the interface's egress qdisc, filters, counters and tcpdump, and past XDP programs at the other end.",
    },
    repair: portRepairSchema,
    security: securitySchema,
    stormControl: stormControlSchema,
    isolated: { type: "boolean", default: false, description: "Isolated ports do not reach each other." },
  },
});

export const portsSchema = {
  type: "array",
  items: portSchema,
  default: [],
  description: "Access ports; several may share an interface with different VLANs.",
} as const;
