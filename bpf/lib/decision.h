/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What was decided about one frame: filled step by step, carried out by verdict.h.
 * Each step returns false once the verdict is final. TWIN: src/engine/decision.ts.
 */
#ifndef VTEP_DECISION_H
#define VTEP_DECISION_H

#include "lib/ip.h"
#include "abi/vtep_abi.h"

enum verdict {
	/* Not ours, or not this hook's to carry: untouched and uncounted. */
	VERDICT_PASS,
	/* Admitted, and its way yet to be found. */
	VERDICT_OPEN,
	VERDICT_DROP,
	VERDICT_PUNT,
	/* Admitted, and for everybody: tc only. */
	VERDICT_FLOOD,
	VERDICT_TO_PORT,
	VERDICT_TO_VTEP,
	VERDICT_TO_KERNEL_TUNNEL,
};

/* What carry() finds out, and nobody needs before. */
struct way {
	__u32 flow_hash;
	/* Where a transport header with an open checksum begins, and what its field holds; 0 = none. */
	__u32 open_at;
	__u32 open_sum;
	/* What the maps say of the target: */
	const struct vtep_port *egress;
	const struct vtep_remote *remote;
	const struct vtep_adjacency *next_hop;
};

/* Small, because it lies on the stack of a program while carry() has its own. */
struct decision {
	/* FDB keys, as struct vtep_fdb_key lies in memory. */
	__u64 destination;
	__u64 source;
	struct way *way;
	__u32 vni; /* of the tunnel that it may leave through */
	__u32 inner_length; /* of the inner, untagged frame */
	/* What a super-packet becomes on the wire; a plain frame is its own only segment. */
	__u32 packets;
	__u32 bytes;
	__u32 longest;
	__u16 slot;
	__u16 port; /* ingress access port; 0 from the underlay */
	__u16 vtep; /* sending VTEP; 0 from an access port, or not known */
	__u16 bd;   /* where the frame is forwarded; 0 on the way into an L3 VNI */
	__u16 ingress_bd; /* where it came in, for the counters; 0 behind an L3 VNI */
	__u16 vrf;        /* that is to route the packet, where `routing` is set */
	__u16 target;     /* egress port or VTEP */
	__be16 ether_type; /* of the inner frame */
	__s16 inner_class; /* traffic class that decapsulation gives the inner IP header; -1 leaves it */
	/* Where the inner frame begins. If a tag was in front of its type, its first 12 bytes are yet to be moved. */
	__u8 inner_offset;
	__u8 verdict;
	__u8 reason; /* enum vtep_drop or enum vtep_punt */
	__u8 kind;   /* enum vtep_fdb_kind of the target, once that is known */
	__u8 action; /* what the hook wants to hear, of a flood that is replicated */
	bool routing;
	/* Routing has rewritten the addresses: the TTL goes down, and the frame may leave where it came from. */
	bool routed;
	bool outer_checksum; /* the packet that it came in had a UDP checksum */
};

static __always_inline bool refuse(struct decision *out, __u32 reason)
{
	out->verdict = VERDICT_DROP;
	out->reason = reason;
	return false;
}

static __always_inline bool punt(struct decision *out, __u32 class)
{
	out->verdict = VERDICT_PUNT;
	out->reason = class;
	return false;
}

/* `class`: of the punt, if one of the copies is the engine's. */
static __always_inline bool flood_by_tc(struct decision *out, __u32 class)
{
	out->verdict = VERDICT_FLOOD;
	out->reason = class;
	return false;
}

static __always_inline bool pass(struct decision *out)
{
	out->verdict = VERDICT_PASS;
	return false;
}

#endif
