// Made by scripts/abi.mjs from bpf/abi/vtep_abi.h. Never edited: a test makes it again and compares.

export const Abi = {
  MAJOR: 1,
} as const;

export const Limit = {
  MAX_INTERFACES: 1024,
  MAX_PORTS: 1024,
  MAX_BDS: 4096,
  MAX_VTEPS: 8192,
  MAX_GROUPS: 4096,
  MAX_ADJACENCIES: 4096,
  MAX_FDB: 1048576,
  MAX_VRFS: 1024,
  MAX_HOSTS: 524288,
  MAX_PREFIXES: 262144,
  MAX_ROUTES: 8192,
  MAX_PATHS: 16384,
  ROUTE_BUCKETS: 64,
  MAX_SEGMENTS: 1024,
  SEGMENT_BUCKETS: 64,
  SEGMENT_PEERS: 15,
  FLOOD_MEMBERS: 32,
  MAX_FLOOD_PARTS: 65536,
  MAX_DROP_COUNTERS: 16384,
  GROUP_BUCKETS: 64,
  RECENT_PAIRS: 4096,
  RECENT_HOSTS: 4096,
  OUTER_BYTES: 56,
  TICK_NS: 100000000,
} as const;

export const Drop = {
  NONE: 0,
  RUNT: 1,
  VXLAN_NO_I_FLAG: 2,
  VXLAN_RESERVED_BITS: 3,
  UNKNOWN_VNI: 4,
  UNKNOWN_VTEP: 5,
  ECN_ILLEGAL: 6,
  INNER_VLAN: 7,
  UNKNOWN_VLAN: 8,
  MAC_LIMIT: 9,
  SOURCE_ACL: 10,
  STICKY_VIOLATION: 11,
  MAC_MOVE_DENIED: 12,
  SOURCE_INVALID: 13,
  PORT_DISABLED: 14,
  REFLECTED: 15,
  HAIRPIN: 16,
  SPLIT_HORIZON: 17,
  NOT_DESIGNATED_FORWARDER: 18,
  ISOLATED: 19,
  UNKNOWN_UNICAST_HOLD: 20,
  UNKNOWN_UNICAST_DROP: 21,
  STORM_CONTROL: 22,
  NO_FLOOD_PEER: 23,
  TTL_EXCEEDED: 24,
  NO_ROUTE: 25,
  NO_NEIGHBOR: 26,
  NO_VNI_FOR_DST_SUBNET: 27,
  ROUTER_MAC_MISMATCH: 28,
  MTU_EXCEEDED: 29,
  UNDERLAY_UNRESOLVED: 30,
  PUNT_RATE_LIMITED: 31,
  RESERVED_MULTICAST: 32,
  OUTER_MALFORMED: 33,
  OUTER_FRAGMENT: 34,
  UDP_ZERO_CHECKSUM: 35,
  TRANSMIT_FAILED: 36,
  RECEIVE_OVERRUN: 37,
  IP_INVALID: 38,
  ARP_INVALID: 39,
  ND_INVALID: 40,
  UNKNOWN_ARP_TARGET: 41,
  GLEAN_QUEUE_FULL: 42,
  ND_UNKNOWN_OPTION: 43,
  DIRECTED_BROADCAST: 44,
} as const;

export const Punt = {
  LEARN: 0,
  BROADCAST: 1,
  UNKNOWN_UNICAST: 2,
  UNRESOLVED: 3,
  TOO_BIG: 4,
  EXCEPTION: 5,
  SEGMENT: 6,
  ALL: 7,
  NEIGHBOR: 8,
  GLEAN: 9,
  GATEWAY: 10,
  CLASSES: 11,
} as const;

export const Family = {
  IPV4: 4,
  IPV6: 6,
} as const;

export const Df = {
  UNSET: 0,
  SET: 1,
  INHERIT: 2,
} as const;

export const ConfigFlag = {
  TTL_INHERIT: 1,
  TOS_INHERIT: 2,
  UDP_CHECKSUM: 4,
  PROFILE_LINUX: 8,
  KNOWN_VTEPS_ONLY: 16,
  MSS_CLAMP: 32,
} as const;

export const ConfigLayout = {
  localAddress: 0,
  sourcePortCount: 16,
  puntIfindex: 20,
  udpPort: 24,
  sourcePortMin: 26,
  family: 28,
  flags: 29,
  ttl: 30,
  tos: 31,
  df: 32,
  pad: 33,
  tunnelIfindex: 36,
  joinIfindex: 40,
  joinedIfindex: 44,
  sizeBytes: 48,
} as const;

export const InterfaceFlag = {
  UPLINK: 1,
  ENGINE: 2,
  FIX_ETHERTYPE: 4,
  FIX_IPV6: 8,
  JOIN: 16,
} as const;

export const InterfaceLayout = {
  slot: 0,
  flags: 2,
  sizeBytes: 4,
} as const;

export const TagKeyLayout = {
  ifindex: 0,
  vlan: 4,
  pad: 6,
  sizeBytes: 8,
} as const;

export const PortFlag = {
  ENABLED: 1,
  LEARNING: 2,
  ISOLATED: 4,
  XDP_TX: 8,
  SECURED: 16,
  TO_PEER: 32,
  SHUTS: 64,
  STORM_BROADCAST: 128,
  STORM_MULTICAST: 256,
  STORM_UNKNOWN_UNICAST: 512,
} as const;

export const PortLayout = {
  ifindex: 0,
  slot: 4,
  bd: 6,
  vlan: 8,
  flags: 10,
  mtuBytes: 12,
  segment: 14,
  sizeBytes: 16,
} as const;

export const BdFlag = {
  LEARN_REMOTE: 1,
  UNKNOWN_UNICAST_DROP: 2,
  MOBILITY_DENY: 4,
  GATEWAY: 8,
  ARP_SUPPRESSION: 16,
  UNKNOWN_ARP_DROP: 32,
  UNICAST_FORWARD: 64,
  UNKNOWN_OPTION_DROP: 128,
  GATEWAY_CENTRAL: 256,
} as const;

export const BdLayout = {
  vni: 0,
  flags: 4,
  vrf: 6,
  gatewayMac: 8,
  floodPortParts: 14,
  floodVtepParts: 16,
  pad: 18,
  sizeBytes: 20,
} as const;

export const FloodPart = {
  FIRST_VTEP: 32768,
} as const;

export const FloodKeyLayout = {
  bd: 0,
  part: 2,
  sizeBytes: 4,
} as const;

export const FloodLayout = {
  member: 0,
  sizeBytes: 64,
} as const;

export const VniLayout = {
  bd: 0,
  vrf: 2,
  sizeBytes: 4,
} as const;

export const VrfFlag = {
  SYMMETRIC: 1,
} as const;

export const VrfLayout = {
  l3Vni: 0,
  flags: 4,
  routerMac: 6,
  sizeBytes: 12,
} as const;

export const HostKeyLayout = {
  vrf: 0,
  address: 4,
  sizeBytes: 20,
} as const;

export const HostKind = {
  NONE: 0,
  LOCAL: 1,
  NEIGHBOR: 2,
  ROUTE: 3,
} as const;

export const HostLayout = {
  target: 0,
  kind: 2,
  mac: 4,
  pad: 10,
  sizeBytes: 12,
} as const;

export const PrefixKeyLayout = {
  length: 0,
  vrf: 4,
  address: 8,
  sizeBytes: 24,
} as const;

export const RouteLayout = {
  path: 0,
  sizeBytes: 128,
} as const;

export const PathKind = {
  NONE: 0,
  CONNECTED: 1,
  VTEP: 2,
  GATEWAY: 3,
} as const;

export const PathLayout = {
  kind: 0,
  bd: 2,
  vtep: 4,
  routerMac: 6,
  sizeBytes: 12,
} as const;

export const FdbKeyLayout = {
  bd: 0,
  mac: 2,
  sizeBytes: 8,
} as const;

export const FdbKind = {
  NONE: 0,
  LOCAL: 1,
  REMOTE: 2,
  HELD: 3,
  SEGMENT: 4,
} as const;

export const FdbFlag = {
  STATIC: 1,
  STICKY: 2,
  EVPN: 4,
} as const;

export const FdbValueLayout = {
  lastSeenTick: 0,
  target: 4,
  kind: 6,
  flags: 7,
  sizeBytes: 8,
} as const;

export const AddressLayout = {
  bytes: 0,
  sizeBytes: 16,
} as const;

export const RemoteLayout = {
  outer: 0,
  checksumBase: 56,
  pathMtuBytes: 58,
  group: 60,
  flags: 62,
  sizeBytes: 64,
} as const;

export const RemoteFlag = {
  KNOWN: 1,
} as const;

export const SegmentFlag = {
  DESIGNATED: 1,
  MORE_PEERS: 2,
} as const;

export const SegmentLayout = {
  vtep: 0,
  peer: 128,
  flags: 158,
  sizeBytes: 160,
} as const;

export const GroupLayout = {
  adjacency: 0,
  sizeBytes: 128,
} as const;

export const AdjacencyFlag = {
  XDP_TX: 1,
} as const;

export const AdjacencyLayout = {
  ifindex: 0,
  destinationMac: 4,
  sourceMac: 10,
  mtuBytes: 16,
  flags: 18,
  sizeBytes: 20,
} as const;

export const TrafficLayout = {
  rxPackets: 0,
  rxBytes: 8,
  txPackets: 16,
  txBytes: 24,
  sizeBytes: 32,
} as const;

export const DropKeyLayout = {
  reason: 0,
  slot: 2,
  bd: 4,
  pad: 6,
  sizeBytes: 8,
} as const;

export const PuntRateLayout = {
  perTick: 0,
  burst: 4,
  sizeBytes: 8,
} as const;

export const PuntBucketLayout = {
  tick: 0,
  tokens: 4,
  sizeBytes: 8,
} as const;

export const FixKind = {
  PASSED: 0,
  FIXED4: 1,
  FIXED6: 2,
  SUSPICIOUS: 3,
  KINDS: 4,
} as const;

export const FixCountsLayout = {
  frames: 0,
  sizeBytes: 32,
} as const;

export const FixerFlag = {
  IPV6: 1,
  VTEP: 2,
  QDISC: 4,
} as const;

export const FixerLayout = {
  flags: 0,
  abi: 4,
  sizeBytes: 8,
} as const;

export const dropReasonNames = [
  "none",
  "runt",
  "vxlan_no_i_flag",
  "vxlan_reserved_bits",
  "unknown_vni",
  "unknown_vtep",
  "ecn_illegal",
  "inner_vlan",
  "unknown_vlan",
  "mac_limit",
  "source_acl",
  "sticky_violation",
  "mac_move_denied",
  "source_invalid",
  "port_disabled",
  "reflected",
  "hairpin",
  "split_horizon",
  "not_designated_forwarder",
  "isolated",
  "unknown_unicast_hold",
  "unknown_unicast_drop",
  "storm_control",
  "no_flood_peer",
  "ttl_exceeded",
  "no_route",
  "no_neighbor",
  "no_vni_for_dst_subnet",
  "router_mac_mismatch",
  "mtu_exceeded",
  "underlay_unresolved",
  "punt_rate_limited",
  "reserved_multicast",
  "outer_malformed",
  "outer_fragment",
  "udp_zero_checksum",
  "transmit_failed",
  "receive_overrun",
  "ip_invalid",
  "arp_invalid",
  "nd_invalid",
  "unknown_arp_target",
  "glean_queue_full",
  "nd_unknown_option",
  "directed_broadcast",
] as const;
