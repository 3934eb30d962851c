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
      description:
        "Addresses of the gateway, each with the length of its subnet. vtepd answers for them: ARP, ND, ping and " +
        "traceroute; for what else is to answer there, see hostStack. Without it a service for the subnet (DHCP relay, " +
        "DNS) runs as a host of it, with an address of its own: in a namespace or on this machine behind a veth pair, " +
        "whose other end is an access port.",
    },
    hostStack: {
      type: "boolean",
      default: false,
      description:
        "Whether the addresses are open to programs of this host too (BGP with a router of the tenant, DHCP relay, " +
        "DNS), in mode frr: what vtepd does not answer itself goes to the kernel, in the VRF of the domain, and what " +
        "the kernel sends by the bridge that stands for the domain goes, as the gateway's, to hosts at ports of this " +
        "VTEP. Hosts of other domains are answered where those have it too; other VTEPs are not reached, as each has " +
        "a gateway of its own. A gateway with IPv6 addresses has a link-local one too then, made of its MAC if none is " +
        "given. The kernel is as open to the tenant as on any router: bind programs to the VRF, filter what is not " +
        "for everybody, and mind accept_ra and accept_redirects.",
    },
    central: {
      type: "boolean",
      default: false,
      description:
        "Whether hosts behind other VTEPs have no gateway but this one: then it answers their ARP and ND too, and " +
        "learns their addresses from it. Their VTEPs only bridge.",
    },
  },
});

const livenessSchema = mapping({
  description: "How known local hosts are asked whether they are still there, before their bindings would go stale.",
  required: [],
  default: {},
  properties: {
    interval: {
      type: "integer",
      minimum: 0,
      maximum: 86_400,
      unit: "seconds",
      default: 60,
      description: "Silence after which a host is probed by unicast ARP or ND, give or take a fifth; 0 is never.",
    },
    probes: {
      type: "integer",
      minimum: 1,
      maximum: 10,
      default: 3,
      description: "Probes without an answer after which the binding is withdrawn.",
    },
    retry: {
      type: "integer",
      minimum: 1,
      maximum: 3600,
      unit: "seconds",
      default: 1,
      description: "Time for an answer to the first probe; it doubles with each probe that follows.",
    },
  },
});

/** SPEC: RFC 9161 §3.7 gives the moves and the time. */
const duplicateDetectionSchema = mapping({
  description: "When hosts fight over one IP address.",
  required: [],
  default: {},
  properties: {
    moves: {
      type: "integer",
      minimum: 0,
      maximum: 1000,
      default: 5,
      description: "Changes of an address's MAC that raise the alarm and freeze the binding; 0 is off.",
    },
    seconds: {
      type: "integer",
      minimum: 2,
      maximum: 1800,
      unit: "seconds",
      default: 180,
      description: "Time within which the changes are counted.",
    },
    freeze: {
      type: "integer",
      minimum: 0,
      maximum: 86_400,
      unit: "seconds",
      default: 600,
      description: "Time during which the binding stays as it is; 0 is until it is cleared by hand.",
    },
  },
});

export const bridgeDomainSchema = mapping({
  description: "One bridge domain.",
  required: ["name"],
  properties: {
    name: { type: "string", format: "object-name", description: "Name that ports and entries refer to." },
    vni: {
      ...vni,
      description: "L2 VNI; only a routed domain (vrf and gateway) may go without, and then stays local.",
    },
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
    knownArp: {
      type: "string",
      enum: ["reply", "unicast-forward"],
      default: "reply",
      description:
        "What happens, with arpSuppression, to ARP and ND requests for known addresses: they are answered here, or " +
        "each is sent to the one host that it is for, which answers itself. Duplicate-address probes go to all either way.",
    },
    unknownNdOptions: {
      type: "string",
      enum: ["unicast-forward", "drop"],
      default: "unicast-forward",
      description:
        "What happens to a solicitation that would be answered here but has options that vtepd does not know: the " +
        "host that it is for gets it, or nobody.",
    },
    unknownArp: {
      type: "string",
      enum: ["flood", "drop"],
      default: "flood",
      description: "What happens, with arpSuppression, to ARP and ND requests for addresses that are not known.",
    },
    maxBindings: {
      type: "integer",
      minimum: 1,
      maximum: Limit.MAX_HOSTS,
      default: 16_384,
      description:
        "Most IP to MAC bindings that are learned from hosts of the domain. Each port is assured 64 of them, or an " +
        "even share where that is less; tunnels that teach count as one port.",
    },
    liveness: livenessSchema,
    duplicateDetection: duplicateDetectionSchema,
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
