// Config section `vtep`: the local tunnel endpoint and the outer header it writes.

import { mapping } from "./keywords.js";
import { underlayRepairSchema } from "./repair.js";

const udpPort = { type: "integer", minimum: 1, maximum: 65535 } as const;

export const hookChoices = ["auto", "xdp", "tc", "userspace"] as const;

export const vtepSchema = mapping({
  description: "The local VTEP: its address, its underlay interfaces and the outer header it writes.",
  required: ["address", "underlay"],
  properties: {
    address: {
      type: "string",
      format: "vtep-address",
      description: "Local VTEP address, IPv4 or IPv6: the source of every outer header.",
    },
    underlay: {
      type: "array",
      minItems: 1,
      items: { type: "string", format: "interface-name" },
      description: "Interfaces that carry VXLAN.",
    },
    underlayHook: {
      type: "string",
      enum: hookChoices,
      default: "auto",
      description: "Where underlay interfaces are attached: auto takes tc for a veth and XDP for a physical interface.",
    },
    repair: underlayRepairSchema,
    udpPort: { ...udpPort, default: 4789, description: "UDP port that VXLAN packets are sent to and received on." },
    sourcePorts: {
      type: "array",
      minItems: 2,
      maxItems: 2,
      items: udpPort,
      default: [49152, 65535],
      description: "First and last outer UDP source port; the inner flow picks one in between.",
    },
    ttl: {
      anyOf: [
        { type: "integer", minimum: 1, maximum: 255 },
        { type: "string", enum: ["inherit"] },
      ],
      default: 64,
      description: "TTL or hop limit of the outer header; inherit copies that of the inner packet.",
    },
    tos: {
      anyOf: [
        { type: "integer", minimum: 0, maximum: 255 },
        { type: "string", enum: ["inherit"] },
      ],
      default: "inherit",
      description: "TOS or traffic class of the outer header; its two ECN bits are ignored, RFC 6040 sets them.",
    },
    df: {
      type: "string",
      enum: ["set", "unset", "inherit"],
      default: "unset",
      description:
        "Don't-fragment bit of the outer IPv4 header; inherit copies that of the inner packet. Where it is not set, " +
        "routers with a smaller link cut packets into pieces that VTEPs drop, instead of telling their MTU.",
    },
    udpChecksum: {
      type: "boolean",
      default: false,
      description: "Compute the outer UDP checksum over IPv4; over IPv6 it is always computed.",
    },
    profile: {
      type: "string",
      enum: ["rfc7348", "linux"],
      default: "rfc7348",
      description: "Whose habits to follow where the RFCs and the Linux kernel differ, such as reserved bits and ECN.",
    },
    knownVtepsOnly: {
      type: "boolean",
      default: true,
      description: "Decapsulate only from VTEPs that the control plane or this file names.",
    },
    mssClamp: {
      type: "boolean",
      default: false,
      description:
        "Lower the MSS of TCP connections that enter a tunnel to what the path takes. For hosts behind filters that " +
        "eat the ICMP errors which they get anyway; the path MTU itself is always learned, from ICMP of the underlay.",
    },
    datapath: {
      type: "string",
      enum: ["auto", "ebpf", "userspace"],
      default: "auto",
      description: "What moves the frames; auto takes eBPF where the kernel and the interface allow it.",
    },
    userspaceSocket: {
      type: "string",
      enum: ["auto", "af_xdp", "af_packet"],
      default: "auto",
      description:
        "Sockets of the userspace data path; auto takes AF_XDP where the driver has it and TCP does not suffer.",
    },
  },
});
