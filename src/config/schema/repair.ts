// Config section `repair` of underlay interfaces and ports: small faults of the network, put right as frames come in.

import { mapping } from "./keywords.js";

const properties = {
  ethertype: {
    type: "boolean",
    default: false,
    description:
      "Give IPv4 packets that come as Ethertype 0x86DD, as some switches send them, their 0x0800 before anything else sees them.",
  },
  ipv6: {
    type: "boolean",
    default: false,
    description: "The same for IPv6 packets that come as 0x0800.",
  },
} as const;

export const portRepairSchema = mapping({
  description: "Repairs of what the port's interface receives, in all of its VLANs.",
  required: [],
  properties,
});

export const underlayRepairSchema = mapping({
  description: "Repairs of what underlay interfaces receive, the kernel's own traffic included.",
  required: [],
  properties: {
    ...properties,
    interfaces: {
      type: "array",
      minItems: 1,
      items: { type: "string", format: "interface-name" },
      description: "Only these underlay interfaces; without it all of them.",
    },
  },
});
