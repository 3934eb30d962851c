// Config section `control`: where remote MACs, VTEPs, bindings and routes come from.

import { Limit } from "../../abi/generated.js";
import { mapping } from "./keywords.js";

const domainReference = { type: "string", format: "object-name" } as const;
const vtepReference = { type: "string", format: "vtep-address" } as const;

const namesSchema = mapping({
  description: "Names of the kernel objects that are made for zebra.",
  required: [],
  default: {},
  properties: {
    bridge: {
      type: "string",
      format: "domain-template",
      default: "br-{bd}",
      description: "Bridge of a domain; {vni} stands for the name of a domain that has none.",
    },
    vxlan: {
      type: "string",
      format: "domain-template",
      default: "vx-{vni}",
      description: "VXLAN device of a VNI; for an L3 VNI, {bd} is the name of its VRF.",
    },
    port: {
      type: "string",
      format: "domain-template",
      default: "lp-{vni}",
      description:
        "Bridge port on which local MACs are announced, one end of a veth pair; the other end has a p behind its name. " +
        "Placeholders as in bridge and vxlan.",
    },
    irb: {
      type: "string",
      format: "domain-template",
      default: "br-{bd}",
      description: "IRB interface of a domain: its bridge, so the same as bridge.",
    },
    l3Bridge: { type: "string", format: "l3-template", default: "br-{vni}", description: "Bridge of an L3 VNI." },
    vrf: { type: "string", format: "vrf-template", default: "{vrf}", description: "VRF device or network namespace." },
  },
});

const frrSchema = mapping({
  description: "How to work with FRR; used in mode frr.",
  required: [],
  default: {},
  properties: {
    vrfBackend: {
      type: "string",
      enum: ["device", "netns"],
      default: "device",
      description: "What a VRF is to zebra: a VRF device, or (zebra -n) the network namespace of its name.",
    },
    vtysh: {
      type: "string",
      format: "absolute-path",
      default: "/var/run/frr",
      description: "Folder of FRR's vty sockets.",
    },
    names: namesSchema,
    shadowPort: {
      type: "integer",
      minimum: 1,
      maximum: 65535,
      default: 14789,
      description:
        "UDP port of the VXLAN devices that are made for zebra. Nothing is sent or received there, and zebra does not " +
        "read it: vtep.udpPort carries the overlay.",
    },
    staleTime: {
      type: "integer",
      minimum: 0,
      maximum: 86_400,
      unit: "seconds",
      default: 120,
      description: "Time that forwarding goes on with the last known state when zebra is gone.",
    },
  },
});

const remoteVtepSchema = mapping({
  description: "One remote VTEP.",
  required: ["address"],
  properties: {
    address: { ...vtepReference, description: "Address of the VTEP." },
    bridgeDomains: {
      type: "array",
      items: domainReference,
      default: [],
      description: "Bridge domains whose flooded frames the VTEP receives.",
    },
  },
});

const fdbSchema = mapping({
  description: "One remote MAC.",
  required: ["bridgeDomain", "mac", "vtep"],
  properties: {
    bridgeDomain: { ...domainReference, description: "Bridge domain of the MAC." },
    mac: { type: "string", format: "unicast-mac", description: "The MAC." },
    vtep: { ...vtepReference, description: "VTEP that the MAC is behind." },
  },
});

const neighborSchema = mapping({
  description: "One binding of an IP address to a MAC.",
  required: ["bridgeDomain", "ip", "mac"],
  properties: {
    bridgeDomain: { ...domainReference, description: "Bridge domain of the host." },
    ip: { type: "string", format: "host-address", description: "IP address of the host." },
    mac: { type: "string", format: "unicast-mac", description: "MAC of the host." },
  },
});

const routeSchema = mapping({
  description: "One remote prefix; several VTEPs for one prefix share the flows.",
  required: ["vrf", "prefix", "vtep", "routerMac"],
  properties: {
    vrf: { type: "string", format: "object-name", description: "VRF of the route." },
    prefix: { type: "string", format: "prefix", description: "Destination prefix." },
    vtep: { ...vtepReference, description: "VTEP that routes for the prefix." },
    routerMac: { type: "string", format: "unicast-mac", description: "Router MAC of that VTEP in the L3 VNI." },
  },
});

const staticSchema = mapping({
  description: "Remote entries that this file names.",
  required: [],
  default: {},
  properties: {
    vteps: {
      type: "array",
      maxItems: Limit.MAX_VTEPS - 1,
      items: remoteVtepSchema,
      default: [],
      description: "Remote VTEPs and the bridge domains they take part in (head-end replication).",
    },
    fdb: {
      type: "array",
      maxItems: Limit.MAX_FDB,
      items: fdbSchema,
      default: [],
      description: "Remote MACs.",
    },
    neighbors: {
      type: "array",
      maxItems: Limit.MAX_HOSTS / 2,
      items: neighborSchema,
      default: [],
      description: "Known IP to MAC bindings.",
    },
    routes: {
      type: "array",
      maxItems: Limit.MAX_PREFIXES,
      items: routeSchema,
      default: [],
      description: "Remote prefixes.",
    },
  },
});

export const controlSchema = mapping({
  description: "Where remote MACs, VTEPs, bindings and routes come from.",
  required: [],
  default: {},
  properties: {
    mode: {
      type: "string",
      enum: ["static", "frr"],
      default: "static",
      description: "This file alone, or the kernel tables that FRR's zebra fills from EVPN.",
    },
    frr: frrSchema,
    static: staticSchema,
  },
});
