/**
 * What a lab is: the types of `lab.yaml`. A lab names nodes, joins their interfaces, and says what must then be true
 * (`expectation.ts`). Refuses to know how any of it is made: `plan.ts` turns it into commands.
 */
import type { Check } from "./expectation.js";

/** `node:interface`. */
export type Endpoint = string;

export interface InterfaceSpec {
  readonly mtu?: number;
  readonly mac?: string;
  readonly addresses?: readonly string[];
  /** Not part of its switch until a `move` joins it. */
  readonly apart?: boolean;
  /** A bond of interfaces of its node that links lead to. */
  readonly bond?: { readonly members: readonly string[]; readonly mode?: string };
  /** Of a switch: IPv4 packets leave here with the Ethertype of IPv6, which is what some switches do. */
  readonly wrongEthertype?: boolean;
  /** `ethtool -K`. */
  readonly offloads?: Readonly<Record<string, boolean>>;
  /** In each direction; else one. A veth to which XDP is attached cannot be given more later. */
  readonly queues?: number;
  /** 802.1Q sub-interfaces by VLAN id; each is called `<interface>.<vlan>`. */
  readonly vlans?: Readonly<Record<string, { readonly addresses: readonly string[]; readonly mac?: string }>>;
}

/** The part of vtepd's configuration that a lab reads; the rest is handed to the daemon as it stands. */
export interface VtepSpec {
  readonly vtep: {
    readonly address: string;
    readonly underlay: readonly string[];
    readonly udpPort?: number;
    readonly sourcePorts?: readonly [number, number];
    readonly ttl?: number | "inherit";
    readonly tos?: number | "inherit";
    readonly df?: "set" | "unset" | "inherit";
    readonly udpChecksum?: boolean;
  };
  readonly bridgeDomains: readonly BridgeDomainSpec[];
  readonly vrfs?: readonly VrfSpec[];
  readonly ports: readonly PortSpec[];
  readonly control: ControlSpec;
}

/** In mode frr the node runs FRR; what else `control` needs for it is added by the runner. */
export interface ControlSpec {
  readonly mode: "static" | "frr";
  readonly frr?: { readonly vrfBackend?: "device" | "netns" };
  readonly static?: StaticSpec;
}

export interface BridgeDomainSpec {
  readonly name: string;
  /** Without it the domain is a routed access port: it ends at this VTEP. */
  readonly vni?: number;
  readonly vrf?: string;
  readonly gateway?: { readonly mac: string; readonly addresses: readonly string[] };
  readonly learning?: boolean;
  readonly learnRemote?: boolean;
  readonly arpSuppression?: boolean;
}

export interface VrfSpec {
  readonly name: string;
  readonly l3vni?: number;
  readonly routerMac?: string;
  readonly table?: number;
  readonly irb?: "symmetric" | "asymmetric";
}

export interface PortSpec {
  readonly interface: string;
  readonly vlan?: number;
  readonly bridgeDomain: string;
  readonly isolated?: boolean;
  readonly security?: { readonly sticky?: boolean; readonly static?: readonly string[] };
}

export interface StaticSpec {
  readonly vteps?: readonly { readonly address: string; readonly bridgeDomains: readonly string[] }[];
  readonly fdb?: readonly { readonly bridgeDomain: string; readonly mac: string; readonly vtep: string }[];
  readonly neighbors?: readonly { readonly bridgeDomain: string; readonly ip: string; readonly mac: string }[];
  readonly routes?: readonly RouteSpec[];
}

export interface RouteSpec {
  readonly vrf: string;
  readonly prefix: string;
  readonly vtep: string;
  readonly routerMac: string;
}

export type NodeKind = "host" | "vtepd" | "kernel-vtep" | "router" | "switch" | "gobgp";

/** A text of the lab's `frr` by its name, and what stands in it for each `{word}`. */
export interface FrrTemplateUse {
  readonly template: string;
  readonly [word: string]: string;
}

/** GoBGP as a speaker that is neither FRR nor a VTEP. */
export interface GobgpSpec {
  /** gobgpd.toml. */
  readonly config: string;
  /** Arguments of `gobgp global rib add -a evpn`. */
  readonly routes?: readonly string[];
}

export interface NodeSpec {
  readonly kind: NodeKind;
  readonly interfaces?: Readonly<Record<string, InterfaceSpec>>;
  /** Arguments of `ip route replace`. */
  readonly routes?: readonly string[];
  readonly sysctls?: Readonly<Record<string, number>>;
  readonly config?: VtepSpec;
  /** frr.conf, read by zebra, bgpd and, when it has a `bfd`, bfdd. */
  readonly frr?: string | FrrTemplateUse;
  readonly gobgp?: GobgpSpec;
}

export interface VtepNodeSpec extends NodeSpec {
  readonly kind: "vtepd" | "kernel-vtep";
  readonly config: VtepSpec;
}

export type KernelFeature = "VRF devices" | "bonding";

export interface LabSpec {
  readonly title: string;
  /** What not every kernel has. */
  readonly kernel?: readonly KernelFeature[];
  /** Texts of frr.conf that several nodes share. */
  readonly frr?: Readonly<Record<string, string>>;
  readonly nodes: Readonly<Record<string, NodeSpec>>;
  readonly links: readonly (readonly [Endpoint, Endpoint])[];
  readonly expect: readonly Check[];
}

export interface Lab extends LabSpec {
  readonly name: string;
  readonly folder: string;
}

/** What stands in for `kind: vtepd`, and which data path it is told to use. */
export type Variant = "ebpf" | "userspace" | "auto" | "kernel";

export function splitEndpoint(endpoint: Endpoint): [node: string, interfaceName: string] {
  const colon = endpoint.indexOf(":");
  return [endpoint.slice(0, colon), endpoint.slice(colon + 1)];
}

export function isVtep(node: NodeSpec): node is VtepNodeSpec {
  return node.kind === "vtepd" || node.kind === "kernel-vtep";
}

/** The interface at the other end of a link. */
export function peerOf(lab: LabSpec, endpoint: Endpoint): Endpoint | undefined {
  for (const [a, b] of lab.links) {
    if (a === endpoint) return b;
    if (b === endpoint) return a;
  }
  return undefined;
}
