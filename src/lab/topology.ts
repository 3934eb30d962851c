/**
 * What a lab is: the types of `lab.yaml`. A lab names nodes, joins their interfaces, and says what must then be true.
 * Refuses to know how any of it is made: `plan.ts` turns it into commands, `checks/` into questions.
 */

/** `node:interface`. */
export type Endpoint = string;

export interface InterfaceSpec {
  readonly mtu?: number;
  readonly mac?: string;
  readonly addresses?: readonly string[];
  /** Not part of its switch until a `move` joins it. */
  readonly apart?: boolean;
  /** `ethtool -K`. */
  readonly offloads?: Readonly<Record<string, boolean>>;
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
  readonly control: { readonly mode: "static"; readonly static: StaticSpec };
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
  readonly irb?: "symmetric" | "asymmetric";
}

export interface PortSpec {
  readonly interface: string;
  readonly vlan?: number;
  readonly bridgeDomain: string;
  readonly isolated?: boolean;
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

export type NodeKind = "host" | "vtepd" | "kernel-vtep" | "router" | "switch";

export interface NodeSpec {
  readonly kind: NodeKind;
  readonly interfaces?: Readonly<Record<string, InterfaceSpec>>;
  /** Arguments of `ip route replace`. */
  readonly routes?: readonly string[];
  readonly sysctls?: Readonly<Record<string, number>>;
  readonly config?: VtepSpec;
}

export interface VtepNodeSpec extends NodeSpec {
  readonly kind: "vtepd" | "kernel-vtep";
  readonly config: VtepSpec;
}

/** Which frames a `send` sends. */
export type Cast = "unicast" | "broadcast" | "multicast" | "unknown-unicast";

/** What a VXLAN packet from one VTEP to another must look like on the wire. */
export interface OuterExpectation {
  readonly from: string;
  readonly to: string;
  readonly vni: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly df?: boolean;
  readonly udpChecksum?: "zero" | "valid";
  readonly port?: number;
  readonly sourcePorts?: readonly [number, number];
  readonly inner?: InnerExpectation;
}

/** What every inner packet of hosts must look like (echoes, UDP, TCP); ARP, ND and ICMP errors are not looked at. */
export interface InnerExpectation {
  readonly source?: string;
  readonly destination?: string;
  readonly ttl?: number;
}

interface CheckBase {
  /** True only of vtepd, not of the kernel's VTEP; why stands in the lab's README. */
  readonly vtepdOnly?: boolean;
  readonly outer?: readonly OuterExpectation[];
  /** Addresses that no packet from any VTEP may name meanwhile: not as source or destination, not in ARP or ND. */
  readonly offWire?: readonly string[];
  /** Addresses that no VTEP's broadcast or multicast may ask for meanwhile, in ARP or ND. */
  readonly unasked?: readonly string[];
}

/** Echo requests over every address family that both have. */
export interface PingOptions {
  /** Of IP packets. */
  readonly sizes?: readonly number[];
  /** TTL or hop limit of every reply as its receiver sees it. */
  readonly ttl?: number;
  /** The sender first forgets all neighbours, so that it has to ask for them. */
  readonly fresh?: boolean;
}

export interface PingCheck extends CheckBase {
  /** Either every ordered pair of hosts, or one host to hosts and plain addresses. */
  readonly ping: PingOptions &
    ({ readonly between: readonly string[] } | { readonly from: string; readonly to: readonly string[] });
}

export interface NoPingCheck extends CheckBase {
  readonly noPing: { readonly from: string; readonly addresses: readonly string[] };
}

export interface SendCheck extends CheckBase {
  readonly send: {
    readonly from: string;
    readonly cast: Cast;
    readonly family: 4 | 6;
    /** The host to address, for unicast. */
    readonly to?: string;
    /** Copies of each frame that each host receives; hosts that are not named receive none. */
    readonly arrives: Readonly<Record<string, number>>;
    /** Copies on the wire by `from>to`, both VTEPs; pairs that are not named: none. Without it the wire is not read. */
    readonly wire?: Readonly<Record<string, number>>;
  };
}

export interface TcpCheck extends CheckBase {
  readonly tcp: { readonly from: string; readonly to: string; readonly megabytes: number; readonly family?: 4 | 6 };
}

export interface FlowsCheck extends CheckBase {
  readonly flows: {
    readonly from: string;
    readonly to: string;
    readonly count: number;
    /**
     * The ways of the flows, each with the least and the greatest share in percent: nodes of the underlay that they
     * enter, or `from>to` of VTEPs.
     */
    readonly shares: Readonly<Record<string, readonly [number, number]>>;
  };
}

export interface ShowCheck extends CheckBase {
  readonly show: {
    readonly node: string;
    readonly noun: string;
    /** Each must match a row: equal in every key that is given; ">=N" compares numbers. */
    readonly has?: readonly Readonly<Record<string, unknown>>[];
    /** None of these may match any row. */
    readonly hasNot?: readonly Readonly<Record<string, unknown>>[];
  };
}

export interface LinkCheck extends CheckBase {
  /** Not a question: takes all links of an underlay node down, as if it lost power, or back up. */
  readonly links: { readonly node: string; readonly state: "up" | "down" };
}

export interface TraceCheck extends CheckBase {
  /** The routers on the way, by the address that each one's time exceeded comes from; behind them `to` answers. */
  readonly trace: {
    readonly from: string;
    readonly to: string;
    readonly family?: 4 | 6;
    readonly hops: readonly string[];
  };
}

export type IcmpError = "time-exceeded" | "net-unreachable" | "host-unreachable" | "too-big";

export interface IcmpCheck extends CheckBase {
  /** An echo request that may not be fragmented earns this error. */
  readonly icmp: {
    readonly from: string;
    /** A host, or a plain address. */
    readonly to: string;
    readonly family?: 4 | 6;
    readonly ttl?: number;
    /** Of the IP packet. */
    readonly size?: number;
    readonly answer: IcmpError;
    /** The address that the error comes from. */
    readonly by: string;
    /** What it says, for too-big. */
    readonly mtu?: number;
  };
}

export interface MoveCheck extends CheckBase {
  /**
   * A host moves from one port of its switch to another, as a virtual machine does: its old VTEP sees no link go down,
   * and it says one broadcast at its new place. Meanwhile `pings` run.
   */
  readonly move: {
    readonly host: string;
    readonly switch: string;
    readonly from: string;
    readonly to: string;
    readonly pings: readonly { readonly from: string; readonly to: string }[];
    /** Echo requests of each that may stay without answer. */
    readonly mostLost: number;
  };
}

export interface ProbesCheck extends CheckBase {
  /** Waits until a host was asked for its own address this often, by unicast: somebody keeps its entry alive. */
  readonly probes: { readonly host: string; readonly family?: 4 | 6; readonly count: number };
}

export type Check =
  | PingCheck
  | NoPingCheck
  | SendCheck
  | TcpCheck
  | FlowsCheck
  | ShowCheck
  | LinkCheck
  | TraceCheck
  | IcmpCheck
  | MoveCheck
  | ProbesCheck;

export interface LabSpec {
  readonly title: string;
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
