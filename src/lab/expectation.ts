/**
 * What must be true of a lab: the types of `expect` in `lab.yaml`. Refuses to know how it is found out: `checks/` asks.
 */

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
  /** MAC addresses that no BGP message of any VTEP may name meanwhile. */
  readonly unsignalled?: readonly string[];
}

/** Echo requests over IPv4 that run while something is done; how many of each were lost is told. */
export interface SteadyPings {
  readonly pings?: readonly { readonly from: string; readonly to: string }[];
  /** Echo requests of each that may stay without answer; without it any number may. */
  readonly mostLost?: number;
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
    /** A host, or an address that several of the nodes in `shares` have. */
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
  /** Not a question: takes links of an underlay node down, all of them as if it lost power, or back up. */
  readonly links: SteadyPings & {
    readonly node: string;
    readonly state: "up" | "down";
    readonly interfaces?: readonly string[];
    /** Only of a switch: frames are lost, but nobody sees a link go down. */
    readonly silent?: boolean;
  };
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
  readonly move: SteadyPings & {
    readonly host: string;
    readonly switch: string;
    readonly from: string;
    readonly to: string;
  };
}

export interface ProbesCheck extends CheckBase {
  /** Waits until a host was asked for its own address this often, by unicast: somebody keeps its entry alive. */
  readonly probes: { readonly host: string; readonly family?: 4 | 6; readonly count: number };
}

export interface ConvergedCheck extends CheckBase {
  /**
   * Waits until the control plane has told every VTEP what it has to know: to whom it floods, and where hosts and
   * prefixes are. Every VTEP means each of `nodes`, all if that is not given.
   */
  readonly converged: {
    readonly nodes?: readonly string[];
    /** The VTEP that each host is behind. Where it has a gateway its addresses are known too, as in RFC 9135. */
    readonly hosts?: Readonly<Record<string, string>>;
    /** Hosts that are behind no other VTEP as far as anybody knows. */
    readonly absent?: readonly string[];
    /** Routes of a VRF by prefix, each with its VTEPs: by name or address. */
    readonly routes?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  };
}

export interface VtyshCheck extends CheckBase {
  /** A `show ... json` of FRR; waits until the answer has these and none of those. */
  readonly vtysh: {
    readonly node: string;
    readonly command: string;
    readonly has?: readonly Readonly<Record<string, unknown>>[];
    readonly hasNot?: readonly Readonly<Record<string, unknown>>[];
  };
}

export interface EthertypeFixCheck extends CheckBase {
  /**
   * `vtepd ethertype-fix` on an interface whose switch spoils IPv4: nobody is heard before, everybody while it is
   * attached, nobody again when it is detached.
   */
  readonly ethertypeFix: {
    readonly node: string;
    readonly interface: string;
    readonly hook: "xdp" | "xdp-generic" | "tc";
    /** Each a host that speaks, and one behind the interface that answers. */
    readonly pairs: readonly (readonly [from: string, to: string])[];
  };
}

export type FrrAction = "restart" | "kill" | "start";
export type FrrDaemon = "zebra" | "bgpd" | "bfdd" | "all";

export interface FrrCheck extends CheckBase {
  /** Not a question: a daemon ends and is started again (restart), dies (kill), or is there again (start). */
  readonly frr: SteadyPings & { readonly node: string; readonly action: FrrAction; readonly daemon: FrrDaemon };
}

export interface VtepdCheck extends CheckBase {
  /** Not a question: a VTEP dies as by a crash (kill), or is there again (start). */
  readonly vtepd: { readonly node: string; readonly action: "kill" | "start" };
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
  | ProbesCheck
  | ConvergedCheck
  | VtyshCheck
  | EthertypeFixCheck
  | FrrCheck
  | VtepdCheck;
