// What the daemon tells of itself, as JSON: names, units and absence (null) are the same for the REST API,
// `show --json` and the tables for people. Fields are only added here, never renamed or dropped.

export type VtepState = "starting" | "ready" | "degraded";
export type PortStateName = "forwarding" | "err-disabled" | "down";
export type HookName = "xdp" | "tc" | "userspace";
export type Origin = "learned" | "static" | "evpn";

export interface StatusView {
  readonly state: VtepState;
  /** Why the state is not ready, and what the operator should know though it is. */
  readonly reasons: readonly string[];
  readonly datapath: "ebpf" | "userspace" | "memory";
  /** Why this data path. */
  readonly datapathReason: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  /** Local VTEP address. */
  readonly address: string;
  readonly udpPort: number;
  readonly configFile: string;
  readonly processId: number;
}

export interface TrafficView {
  readonly rxPackets: number;
  readonly rxBytes: number;
  readonly txPackets: number;
  readonly txBytes: number;
}

export interface PortView extends TrafficView {
  readonly interface: string;
  /** null = untagged frames. */
  readonly vlan: number | null;
  readonly bridgeDomain: string;
  /** Not in the config: it leads to this host's own stack, for bridgeDomains[].gateway.hostStack. */
  readonly hostStack: boolean;
  readonly state: PortStateName;
  /** Why it does not forward; empty when it does. */
  readonly stateReason: string;
  /** null while the data path does not hold the interface. */
  readonly hook: HookName | null;
  /** Why this hook. */
  readonly hookReason: string;
  /** How frames leave to it by tc: through its queue, or past it to the other end of its veth. */
  readonly delivery: "queue" | "peer";
  /** Why not as the config asks; empty where it is. */
  readonly deliveryReason: string;
  readonly macCount: number;
  /** null = no limit. */
  readonly macLimit: number | null;
}

export interface FdbView {
  readonly bridgeDomain: string;
  /** null = the domain is only routed. */
  readonly vni: number | null;
  readonly mac: string;
  readonly where: "local" | "remote";
  /** null for a remote MAC, and for one that is held. */
  readonly interface: string | null;
  readonly vlan: number | null;
  /** Address of the VTEP; null for a local MAC. Of several, the first. */
  readonly vtep: string | null;
  /** All of them, where the MAC is on an Ethernet segment of several VTEPs, else null. */
  readonly vteps: readonly string[] | null;
  readonly origin: Origin;
  readonly sticky: boolean;
  /** Vanished with its port: frames to it are dropped, not flooded, until the hold ends. */
  readonly held: boolean;
  /** null where nobody keeps the time: remote MACs that were not learned from frames. */
  readonly idleSeconds: number | null;
}

/** A MAC and all that lies between it and the wire: domain, VNI, VTEPs, next hops, interfaces, their MACs. */
export interface MacPathView extends FdbView {
  /** IP addresses that are bound to the MAC in this domain. */
  readonly addresses: readonly string[];
  /** One for each VTEP behind which the MAC is; empty for a local one. */
  readonly ways: readonly WayView[];
}

export interface WayView {
  readonly vtep: string;
  /** Equal-cost legs towards it. */
  readonly underlay: readonly UnderlayView[];
  /** Why packets cannot reach it; empty when they can. */
  readonly underlayReason: string;
}

export interface NeighborView {
  readonly bridgeDomain: string;
  readonly vrf: string | null;
  readonly ip: string;
  readonly mac: string;
  readonly origin: Origin;
  /** permanent, reachable, probing, silent (a static one that does not answer), duplicate (frozen), remote. */
  readonly state: string;
  /** Since the host last spoke; null where nobody here listens to it. */
  readonly idleSeconds: number | null;
}

export interface UnderlayView {
  readonly interface: string;
  /** Neighbour that takes the packets, of either address family. */
  readonly via: string;
  /** null while the neighbour is not resolved. */
  readonly mac: string | null;
  /** Why there is no MAC; empty when there is. */
  readonly reason: string;
}

export interface VtepView extends TrafficView {
  readonly address: string;
  /** Domains whose flooded frames it receives. */
  readonly bridgeDomains: readonly string[];
  /** Equal-cost legs towards it. */
  readonly underlay: readonly UnderlayView[];
  /** Why packets cannot reach it; empty when they can. */
  readonly underlayReason: string;
  /** Largest outer packet that routers on the way take, as one of them said; null where none has of late. */
  readonly pathMtu: number | null;
  /** Named by the control plane or the config, rather than only seen in traffic. */
  readonly known: boolean;
  readonly macCount: number;
  /** What routes use it for: its router MAC in each L3 VNI. */
  readonly routers: readonly VtepRouterView[];
}

export interface VtepRouterView {
  readonly vrf: string;
  /** null in an asymmetric VRF without one. */
  readonly l3vni: number | null;
  readonly routerMac: string;
}

export type NexthopView =
  | { readonly vtep: string; readonly l3vni: number | null; readonly routerMac: string }
  | { readonly bridgeDomain: string }
  /** A router in the domain; `mac`: null while it is not known. */
  | { readonly bridgeDomain: string; readonly gateway: string; readonly mac: string | null };

export interface RouteView {
  readonly vrf: string;
  readonly prefix: string;
  readonly nexthops: readonly NexthopView[];
}

/** The keys of one entry of `vrfs` in the config file that views repeat. */
export interface VrfSettings {
  readonly name: string;
  readonly l3vni?: number;
  readonly routerMac?: string;
  readonly irb: "symmetric" | "asymmetric";
  readonly table?: number;
}

/** The VRF's config with live counts. */
export interface VrfView {
  readonly name: string;
  readonly l3vni: number | null;
  readonly routerMac: string | null;
  readonly irb: "symmetric" | "asymmetric";
  readonly table: number | null;
  readonly bridgeDomains: readonly string[];
  /** Connected subnets, prefixes and host routes. */
  readonly routeCount: number;
  readonly neighborCount: number;
}

export interface GatewaySettings {
  readonly mac: string;
  readonly addresses: readonly string[];
  readonly central: boolean;
}

/** The keys of one entry of `bridgeDomains` in the config file that views repeat. */
export interface BridgeDomainSettings {
  readonly name: string;
  /** Absent in a domain that is only routed. */
  readonly vni?: number;
  readonly vrf?: string;
  readonly gateway?: GatewaySettings;
  readonly learning: boolean;
  readonly learnRemote: boolean;
  readonly ageing: number;
  readonly arpSuppression: boolean;
  readonly unknownArp: "flood" | "drop";
  readonly knownArp: "reply" | "unicast-forward";
  readonly unknownNdOptions: "unicast-forward" | "drop";
  readonly maxBindings: number;
  readonly liveness: { readonly interval: number; readonly probes: number; readonly retry: number };
  readonly duplicateDetection: { readonly moves: number; readonly seconds: number; readonly freeze: number };
  readonly unknownUnicast: "flood" | "drop";
  readonly unknownUnicastHold: number;
  readonly mobility: "allow" | "deny";
}

/** The domain's config with live counts. */
export interface BridgeDomainView extends Omit<BridgeDomainSettings, "vni" | "vrf" | "gateway">, TrafficView {
  readonly vni: number | null;
  readonly vrf: string | null;
  readonly gateway: GatewaySettings | null;
  /** Access ports attached to it, whatever their state. */
  readonly portCount: number;
  /** Ports that frames are flooded to now. */
  readonly floodPortCount: number;
  /** VTEPs on its head-end replication list. */
  readonly vtepCount: number;
  readonly macCount: number;
  /** Bindings of IP addresses to MACs, of any origin. */
  readonly neighborCount: number;
}

/** Frames that an interface with `repair` in its config received. */
export interface RepairView {
  readonly interface: string;
  readonly role: "underlay" | "access";
  /** Whether IPv6 with Ethertype 0x0800 is repaired too. */
  readonly ipv6: boolean;
  /** fixed4 + fixed6. */
  readonly fixed: number;
  /** Type and IP version differ, but the frame was left alone. */
  readonly suspicious: number;
  /** All others. */
  readonly passed: number;
  /** 0x86DD became 0x0800. */
  readonly fixed4: number;
  /** 0x0800 became 0x86DD. */
  readonly fixed6: number;
}

export interface DropView {
  readonly reason: string;
  /** Where the frames came in; null where that interface is gone. */
  readonly interface: string | null;
  /** null = dropped before the domain was known. */
  readonly bridgeDomain: string | null;
  readonly packets: number;
}

export type EventObjects = Readonly<Record<string, string | number | boolean>>;

/** `kind`, and beside it the objects that the event names: `interface`, `mac`, … */
export type EventView = EventObjects & {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly kind: string;
  /** Times that the same happened in short order, this one included. */
  readonly count: number;
  /** Last of them. */
  readonly lastTime: string;
  /** Events of this kind that were left out after this one because there were too many. */
  readonly suppressed: number;
};

/** An Ethernet segment that this VTEP is attached to (RFC 7432 §5). */
export interface SegmentView {
  readonly esi: string;
  readonly interface: string;
  /** null while its ports are in none, or in several. */
  readonly bridgeDomain: string | null;
  /** Whether what tunnels flood goes there by this VTEP. */
  readonly designatedForwarder: boolean;
  /** Addresses of the other VTEPs that are attached. */
  readonly vteps: readonly string[];
  /** Whether zebra is told of the MACs behind it, as such. */
  readonly announced: boolean;
}
