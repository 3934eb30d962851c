/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The contract between the eBPF programs and the TypeScript side: map keys and values, enums, drop
 * reasons, limits. No code lives here. src/abi/generated.ts is made from this file through BTF
 * (scripts/abi.mjs); a test makes it again and compares. Rules: fixed-width members, explicit padding,
 * byte order in the type (__be*) or host order, no bit-fields.
 */
#ifndef VTEP_ABI_H
#define VTEP_ABI_H

#include <linux/types.h>

/* A change of any layout below raises the major; it is part of every map name. */
enum vtep_abi { VTEP_ABI_MAJOR = 1 };

enum vtep_limit {
	VTEP_MAX_INTERFACES = 1024, /* also the range of the punt tag's VLAN ID */
	VTEP_MAX_PORTS = 1024,
	VTEP_MAX_BDS = 4096,
	VTEP_MAX_VTEPS = 8192,
	VTEP_MAX_GROUPS = 4096,
	VTEP_MAX_ADJACENCIES = 4096,
	VTEP_MAX_FDB = 1048576,
	VTEP_MAX_VRFS = 1024,
	VTEP_MAX_HOSTS = 524288,
	VTEP_MAX_PREFIXES = 262144,
	VTEP_MAX_ROUTES = 8192,  /* different sets of next hops */
	VTEP_MAX_PATHS = 16384,
	VTEP_ROUTE_BUCKETS = 64,
	VTEP_MAX_SEGMENTS = 1024,
	VTEP_SEGMENT_BUCKETS = 64,
	VTEP_SEGMENT_PEERS = 15,
	VTEP_FLOOD_MEMBERS = 32, /* of one part of a list: a cache line */
	VTEP_MAX_FLOOD_PARTS = 65536,
	VTEP_MAX_DROP_COUNTERS = 16384,
	VTEP_GROUP_BUCKETS = 64,
	VTEP_RECENT_PAIRS = 4096, /* of MAC addresses that a CPU remembers; a power of two */
	VTEP_RECENT_HOSTS = 4096, /* the same for destinations of routed packets */
	VTEP_OUTER_BYTES = 56, /* IPv6 + UDP + VXLAN; IPv4 uses the first 36 */
	VTEP_TICK_NS = 100000000, /* one tick is 100 ms of CLOCK_MONOTONIC */
};

/* Why a frame was not forwarded. Append only: the number is what metrics and captures carry. */
enum vtep_drop {
	VTEP_DROP_NONE,
	VTEP_DROP_RUNT,
	VTEP_DROP_VXLAN_NO_I_FLAG,
	VTEP_DROP_VXLAN_RESERVED_BITS,
	VTEP_DROP_UNKNOWN_VNI,
	VTEP_DROP_UNKNOWN_VTEP,
	VTEP_DROP_ECN_ILLEGAL,
	VTEP_DROP_INNER_VLAN,
	VTEP_DROP_UNKNOWN_VLAN,
	VTEP_DROP_MAC_LIMIT,
	VTEP_DROP_SOURCE_ACL,
	VTEP_DROP_STICKY_VIOLATION,
	VTEP_DROP_MAC_MOVE_DENIED,
	VTEP_DROP_SOURCE_INVALID,
	VTEP_DROP_PORT_DISABLED,
	VTEP_DROP_REFLECTED,
	VTEP_DROP_HAIRPIN,
	VTEP_DROP_SPLIT_HORIZON,
	VTEP_DROP_NOT_DESIGNATED_FORWARDER,
	VTEP_DROP_ISOLATED,
	VTEP_DROP_UNKNOWN_UNICAST_HOLD,
	VTEP_DROP_UNKNOWN_UNICAST_DROP,
	VTEP_DROP_STORM_CONTROL,
	VTEP_DROP_NO_FLOOD_PEER,
	VTEP_DROP_TTL_EXCEEDED,
	VTEP_DROP_NO_ROUTE,
	VTEP_DROP_NO_NEIGHBOR,
	VTEP_DROP_NO_VNI_FOR_DST_SUBNET,
	VTEP_DROP_ROUTER_MAC_MISMATCH,
	VTEP_DROP_MTU_EXCEEDED,
	VTEP_DROP_UNDERLAY_UNRESOLVED,
	VTEP_DROP_PUNT_RATE_LIMITED,
	VTEP_DROP_RESERVED_MULTICAST,
	VTEP_DROP_OUTER_MALFORMED,
	VTEP_DROP_OUTER_FRAGMENT,
	VTEP_DROP_UDP_ZERO_CHECKSUM,
	VTEP_DROP_TRANSMIT_FAILED,
	VTEP_DROP_RECEIVE_OVERRUN, /* the kernel could not hand the frame to the engine: no room, or no words for it */
	VTEP_DROP_IP_INVALID,  /* an inner IP packet that no router may forward */
	VTEP_DROP_ARP_INVALID,
	VTEP_DROP_ND_INVALID,
	VTEP_DROP_UNKNOWN_ARP_TARGET, /* policy: requests for unknown targets are not flooded */
	VTEP_DROP_GLEAN_QUEUE_FULL,
	VTEP_DROP_ND_UNKNOWN_OPTION, /* policy: solicitations that a proxy cannot answer in full */
	VTEP_DROP_DIRECTED_BROADCAST, /* routed, to the broadcast or network address of a connected subnet */
};

/* Why eBPF handed a frame to the engine: the rate class, carried in the punt tag's PCP and DEI, so 16 at most. */
enum vtep_punt {
	VTEP_PUNT_LEARN,           /* source MAC unknown, moved, or not yet refreshed as admitted */
	VTEP_PUNT_BROADCAST,       /* broadcast and multicast: the engine replicates */
	VTEP_PUNT_UNKNOWN_UNICAST,
	VTEP_PUNT_UNRESOLVED,      /* no resolved underlay adjacency */
	VTEP_PUNT_TOO_BIG,         /* the outcome is an MTU verdict */
	VTEP_PUNT_EXCEPTION,       /* end of a TTL, no route, IP options, shapes eBPF does not rewrite */
	VTEP_PUNT_SEGMENT,         /* a super-packet whose outer UDP checksum needs every segment */
	VTEP_PUNT_ALL,             /* the port is carried by the engine */
	VTEP_PUNT_NEIGHBOR,        /* ARP and ND where the VTEP answers or listens */
	VTEP_PUNT_GLEAN,           /* for a connected subnet, and its host is not known */
	VTEP_PUNT_GATEWAY,         /* for an address of the gateway itself */
	VTEP_PUNT_CLASSES,
};

/* ---- configuration --------------------------------------------------------- */

enum vtep_family { VTEP_IPV4 = 4, VTEP_IPV6 = 6 };
enum vtep_df { VTEP_DF_UNSET, VTEP_DF_SET, VTEP_DF_INHERIT };

enum vtep_config_flag {
	VTEP_CONFIG_TTL_INHERIT = 1,
	VTEP_CONFIG_TOS_INHERIT = 2,
	VTEP_CONFIG_UDP_CHECKSUM = 4, /* IPv4 underlay; over IPv6 it is always computed */
	VTEP_CONFIG_PROFILE_LINUX = 8,
	VTEP_CONFIG_KNOWN_VTEPS_ONLY = 16,
	VTEP_CONFIG_MSS_CLAMP = 32,
};

struct vtep_config {
	__u8 local_address[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 source_port_count; /* 1..65536 */
	__u32 punt_ifindex;      /* TAP that leads to the engine; 0 = none, punts are dropped */
	__u16 udp_port;
	__u16 source_port_min;
	__u8 family; /* enum vtep_family */
	__u8 flags;  /* enum vtep_config_flag */
	__u8 ttl;
	__u8 tos;    /* its two ECN bits are zero */
	__u8 df;     /* enum vtep_df */
	__u8 pad[3];
	__u32 tunnel_ifindex;    /* the kernel's vxlan device on our port; 0 = none */
	__u32 join_ifindex;      /* where segments go that are to be joined, and where they come out; 0 = nowhere */
	__u32 joined_ifindex;
};

/* ---- interfaces, ports, bridge domains ---------------------------------------- */

enum vtep_interface_flag {
	VTEP_INTERFACE_UPLINK = 1,
	VTEP_INTERFACE_ENGINE = 2, /* every frame goes to the engine */
	/* For the engine: in eBPF the fixer stands in front of the programs that read this table. */
	VTEP_INTERFACE_FIX_ETHERTYPE = 4,
	VTEP_INTERFACE_FIX_IPV6 = 8, /* IPv6 with 0x0800 too */
	VTEP_INTERFACE_JOIN = 16, /* nobody has joined what comes from it: eBPF sends streams where that is done */
};
struct vtep_interface { /* by ifindex */
	__u16 slot; /* 1..VTEP_MAX_INTERFACES-1: the identity in punt tags and counters */
	__u16 flags;
};

struct vtep_tag_key {
	__u32 ifindex;
	__u16 vlan; /* 0 = untagged or priority-tagged */
	__u16 pad;
};

enum vtep_port_flag {
	VTEP_PORT_ENABLED = 1,
	VTEP_PORT_LEARNING = 2,
	VTEP_PORT_ISOLATED = 4,
	VTEP_PORT_XDP_TX = 8,    /* frames may be XDP-redirected to its interface */
	VTEP_PORT_SECURED = 16,  /* only admitted (known) sources pass */
	VTEP_PORT_TO_PEER = 32,  /* tc delivers to the other end of its veth, past its queue */
	VTEP_PORT_SHUTS = 64,    /* it has all the sources it may: one more shuts it */
	VTEP_PORT_STORM_BROADCAST = 128, /* storm control limits these: the engine has the tokens */
	VTEP_PORT_STORM_MULTICAST = 256,
	VTEP_PORT_STORM_UNKNOWN_UNICAST = 512,
};
struct vtep_port {
	__u32 ifindex;
	__u16 slot; /* interface slot */
	__u16 bd;
	__u16 vlan;
	__u16 flags;
	__u16 mtu_bytes; /* largest layer-3 payload the interface takes */
	__u16 segment;   /* Ethernet segment that is attached here; 0 = none */
};

enum vtep_bd_flag {
	VTEP_BD_LEARN_REMOTE = 1,
	VTEP_BD_UNKNOWN_UNICAST_DROP = 2,
	VTEP_BD_MOBILITY_DENY = 4,
	VTEP_BD_GATEWAY = 8,
	VTEP_BD_ARP_SUPPRESSION = 16,
	VTEP_BD_UNKNOWN_ARP_DROP = 32,
	VTEP_BD_UNICAST_FORWARD = 64,      /* requests for known hosts are sent to them, not answered */
	VTEP_BD_UNKNOWN_OPTION_DROP = 128,
	VTEP_BD_GATEWAY_CENTRAL = 256,     /* hosts behind other VTEPs have no gateway but this */
};
struct vtep_bd {
	__u32 vni; /* 24 bits, host order */
	__u16 flags;
	__u16 vrf; /* 0 = not routed */
	__u8 gateway_mac[6];
	__u16 flood_port_parts; /* an empty list has one too; 0 = the engine floods */
	__u16 flood_vtep_parts;
	__u16 pad;
};
/* Whom a flood goes to, in parts: of the local ports 0, 1, ..., of the VTEPs from FIRST_VTEP on. */
enum vtep_flood_part { VTEP_FLOOD_PART_FIRST_VTEP = 0x8000 };
struct vtep_flood_key {
	__u16 bd;
	__u16 part;
};
struct vtep_flood {
	__u16 member[VTEP_FLOOD_MEMBERS]; /* 0 = none: a member keeps its place while others come and go */
};

struct vtep_vni { /* an L2 VNI has a bridge domain, an L3 VNI a VRF */
	__u16 bd;
	__u16 vrf;
};

/* ---- routing ------------------------------------------------------------------- */

enum vtep_vrf_flag {
	VTEP_VRF_SYMMETRIC = 1, /* remote routes go by the L3 VNI */
};

struct vtep_vrf {
	__u32 l3_vni; /* 0 = none */
	__u16 flags;
	__u8 router_mac[6];
};

struct vtep_host_key {
	__u32 vrf;
	__u8 address[16]; /* IPv4 as ::ffff:a.b.c.d */
};

enum vtep_host_kind {
	VTEP_HOST_NONE,
	VTEP_HOST_LOCAL,    /* an address of the gateway itself */
	VTEP_HOST_NEIGHBOR, /* target: bridge domain; mac: the host's */
	VTEP_HOST_ROUTE,    /* target: route */
};

struct vtep_host {
	__u16 target;
	__u16 kind;
	__u8 mac[6];
	__u16 pad;
};

/* As BPF_MAP_TYPE_LPM_TRIE wants it: the VRF counts as the first 32 bits of the prefix. */
struct vtep_prefix_key {
	__u32 length;
	__u32 vrf;
	__u8 address[16];
};

/* Bucket = flow hash modulo VTEP_ROUTE_BUCKETS. */
struct vtep_route {
	__u16 path[VTEP_ROUTE_BUCKETS];
};

enum vtep_path_kind {
	VTEP_PATH_NONE,
	VTEP_PATH_CONNECTED, /* bd: the subnet's */
	VTEP_PATH_VTEP,      /* vtep, by the VRF's L3 VNI, to router_mac */
	VTEP_PATH_GATEWAY,   /* router_mac is a host's in bd: a router of the operator's; zero while it is not known */
};

struct vtep_path {
	__u16 kind;
	__u16 bd;
	__u16 vtep;
	__u8 router_mac[6];
};

/* ---- forwarding ---------------------------------------------------------------- */

struct vtep_fdb_key {
	__u16 bd;
	__u8 mac[6];
};

enum vtep_fdb_kind {
	VTEP_FDB_NONE,
	VTEP_FDB_LOCAL,  /* target: port */
	VTEP_FDB_REMOTE, /* target: VTEP */
	VTEP_FDB_HELD,   /* vanished with its port: dropped, not flooded, until the hold ends */
	VTEP_FDB_SEGMENT, /* target: Ethernet segment, reached through several VTEPs */
};

enum vtep_fdb_flag {
	VTEP_FDB_STATIC = 1,
	VTEP_FDB_STICKY = 2,
	VTEP_FDB_EVPN = 4,
};

struct vtep_fdb_value {
	__u32 last_seen_tick;
	__u16 target;
	__u8 kind;
	__u8 flags;
};

struct vtep_address {
	__u8 bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
};

/*
 * A remote VTEP. `outer` is the finished IP + UDP + VXLAN header but for lengths, TOS, TTL, DF, ID,
 * checksums, source port and VNI, which are zero there, so that `checksum_base` (the folded, not
 * complemented, 16-bit sum of the IPv4 header in network order) only has those added.
 */
struct vtep_remote {
	__u8 outer[VTEP_OUTER_BYTES];
	__u16 checksum_base;
	__u16 path_mtu_bytes; /* largest outer packet that routers on the way take; 0 = none has said */
	__u16 group;
	__u16 flags;
};

enum vtep_remote_flag { VTEP_REMOTE_KNOWN = 1 };

enum vtep_segment_flag {
	VTEP_SEGMENT_DESIGNATED = 1, /* of our own: this VTEP floods to it (RFC 7432 §8.5) */
	VTEP_SEGMENT_MORE_PEERS = 2, /* than have a place in `peer` */
};
/* The VTEPs behind which an Ethernet segment is (aliasing: RFC 7432 §8.4), by flow hash modulo VTEP_SEGMENT_BUCKETS. */
struct vtep_segment {
	__u16 vtep[VTEP_SEGMENT_BUCKETS]; /* 0 = none */
	__u16 peer[VTEP_SEGMENT_PEERS];   /* of our own: other VTEPs that are attached; 0 = none */
	__u16 flags;
};

/* Bucket = flow hash modulo VTEP_GROUP_BUCKETS; 0 = no resolved adjacency. */
struct vtep_group {
	__u16 adjacency[VTEP_GROUP_BUCKETS];
};

enum vtep_adjacency_flag { VTEP_ADJACENCY_XDP_TX = 1 };
struct vtep_adjacency {
	__u32 ifindex;
	__u8 destination_mac[6];
	__u8 source_mac[6];
	__u16 mtu_bytes; /* of the outer IP packet */
	__u16 flags;
};

/* ---- counters and policing -------------------------------------------------------- */

struct vtep_traffic {
	__u64 rx_packets;
	__u64 rx_bytes;
	__u64 tx_packets;
	__u64 tx_bytes;
};

struct vtep_drop_key {
	__u16 reason;
	__u16 slot; /* ingress interface */
	__u16 bd;   /* 0 = not known when dropped */
	__u16 pad;
};

struct vtep_punt_rate {
	__u32 per_tick; /* tokens a port's bucket of this class gains per tick */
	__u32 burst;
};

struct vtep_punt_bucket {
	__u32 tick;
	__u32 tokens;
};

/* ---- the Ethertype fixer ---------------------------------------------------------- */

/* What became of a frame; indexes of its counters. */
enum vtep_fix_kind {
	VTEP_FIX_PASSED,
	VTEP_FIX_FIXED4,     /* 0x86DD became 0x0800 */
	VTEP_FIX_FIXED6,     /* 0x0800 became 0x86DD */
	VTEP_FIX_SUSPICIOUS, /* type and version differ, and it was left alone */
	VTEP_FIX_KINDS,
};

struct vtep_fix_counts {
	__u64 frames[VTEP_FIX_KINDS];
};

enum vtep_fixer_flag {
	VTEP_FIXER_IPV6 = 1,  /* repairs IPv6 with 0x0800 too */
	VTEP_FIXER_VTEP = 2,  /* a VTEP put it in front of its own program */
	VTEP_FIXER_QDISC = 4, /* the clsact qdisc was made for it */
};

/* Constants of one attached fixer, readable by whoever asks the kernel for it. */
struct vtep_fixer {
	__u32 flags;
	__u32 abi; /* VTEP_ABI_MAJOR */
};

#endif
