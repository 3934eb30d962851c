/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Broadcast, multicast and unknown unicast in tc: which local ports of the domain get
 * a copy, and what becomes of the copies that cannot be made. Nothing is sent before
 * all of them are judged: where one is the engine's, it makes them all.
 * TWIN: src/engine/flood.ts.
 */
#ifndef VTEP_FLOOD_H
#define VTEP_FLOOD_H

#include "lib/decision.h"
#include "lib/maps.h"

/* What becomes of the copy for one member of a list. */
enum copy {
	COPY_NONE, /* it gets none */
	COPY_SENT,
	COPY_TOO_BIG,
	COPY_UNREACHABLE,
	COPY_REFLECTED,
	COPY_UNDESIGNATED,
	COPY_ENGINE, /* this program cannot make it */
	COPY_KINDS = 8, /* a power of two */
};

/* Numbers only: functions that the verifier walks by themselves believe no pointers in it. */
struct flood {
	__u32 flow_hash;
	__u32 outer_length;       /* of the longest outer packet */
	__u32 last_ifindex;       /* the last copy leaves by a redirect, and not as a clone */
	__u16 copies[COPY_KINDS]; /* by enum copy, VTEPs and ports together */
	__u16 vteps;              /* of those that are sent */
	__u16 left;               /* to be sent */
	__u16 failed;             /* clones that the kernel, or the device, did not take */
	__u16 first_vtep;         /* whose template is the header that is in front of the frame, where one is */
	__u32 outer_sum;          /* what the IPv4 header adds to a template's checksum_base, but for its ID */
	__u16 udp_sum;            /* of the datagram and its pseudo header, but for the destination; 0 = no checksum */
	bool own_id;              /* each packet has an IPv4 ID of its own */
	bool isolated;            /* the ingress port is */
};

/* For loops that the verifier is to see the end of. */
#define FLOOD_PORT_PARTS (VTEP_MAX_PORTS / VTEP_FLOOD_MEMBERS)
#define FLOOD_VTEP_PARTS (VTEP_MAX_VTEPS / VTEP_FLOOD_MEMBERS)

static __always_inline const struct vtep_flood *part_of_list(const struct decision *out, __u32 part)
{
	struct vtep_flood_key key = { .bd = out->bd, .part = part };

	return bpf_map_lookup_elem(&vtep1_flood, &key);
}

/*
 * What another VTEP flooded, towards an Ethernet segment of several VTEPs: one of them brings it there (RFC 7432 §8.5),
 * and none if the sender is itself attached: it has brought it already (local bias, RFC 8365 §8.3.1).
 */
static __always_inline enum copy judge_segment(const struct decision *out, __u32 number)
{
	struct vtep_segment *segment = lookup(&vtep1_segment, number);

	if (!segment)
		return COPY_ENGINE;
#pragma unroll
	for (int peer = 0; peer < VTEP_SEGMENT_PEERS; peer++) {
		if (out->vtep && segment->peer[peer] == out->vtep)
			return COPY_REFLECTED;
	}
	if (segment->flags & VTEP_SEGMENT_MORE_PEERS)
		return COPY_ENGINE;
	return segment->flags & VTEP_SEGMENT_DESIGNATED ? COPY_SENT : COPY_UNDESIGNATED;
}

/* A list may still name a port that has just changed its domain, or gone. */
static __always_inline enum copy judge_port(const struct decision *out, const struct flood *flood, __u32 index,
					    const struct vtep_port *port)
{
	bool ours = port->bd == out->bd && (port->flags & VTEP_PORT_ENABLED);

	if (!ours || index == 0 || index == out->port)
		return COPY_NONE;
	if (flood->isolated && (port->flags & VTEP_PORT_ISOLATED))
		return COPY_NONE;
	if (out->port == 0 && port->segment) {
		enum copy judged = judge_segment(out, port->segment);
		if (judged != COPY_SENT)
			return judged;
	}
	return out->longest - ETH_HLEN > port->mtu_bytes ? COPY_TOO_BIG : COPY_SENT;
}

/* False where the list is just being changed. */
__attribute__((noinline)) int vtep_judge_ports(const struct decision *out, struct flood *flood, __u32 part)
{
	if (!out || !flood)
		return false;
	const struct vtep_flood *list = part_of_list(out, part);
	if (!list)
		return false;
	for (int at = 0; at < VTEP_FLOOD_MEMBERS; at++) {
		__u32 index = list->member[at];
		struct vtep_port *port = lookup(&vtep1_port, index);
		if (port && index)
			flood->copies[judge_port(out, flood, index, port) & (COPY_KINDS - 1)]++;
	}
	return true;
}

static __always_inline bool judge_all_ports(const struct decision *out, struct flood *flood, __u32 parts)
{
	for (__u32 part = 0; part < FLOOD_PORT_PARTS && part < parts; part++) {
		if (!vtep_judge_ports(out, flood, part))
			return false;
	}
	return true;
}

/* When no copy leaves, the whole frame is one drop, not one per copy. */
static __always_inline __u32 reason_for_no_copy(const struct flood *flood)
{
	if (flood->copies[COPY_TOO_BIG])
		return VTEP_DROP_MTU_EXCEEDED;
	if (flood->copies[COPY_UNREACHABLE])
		return VTEP_DROP_UNDERLAY_UNRESOLVED;
	if (flood->copies[COPY_UNDESIGNATED])
		return VTEP_DROP_NOT_DESIGNATED_FORWARDER;
	return flood->copies[COPY_REFLECTED] ? VTEP_DROP_SPLIT_HORIZON : VTEP_DROP_NO_FLOOD_PEER;
}

/* Once all are judged; `known`: the lists were whole. If not, what becomes of the frame stands in `out`: a punt, unless refused here. */
static __always_inline bool may_replicate(const struct packet *p, struct decision *out, struct flood *flood, bool known)
{
	/* Segments differ in length, and what is lost is counted by segment. */
	bool whole = !p->gso_bytes || !flood->copies[COPY_TOO_BIG];

	out->verdict = VERDICT_PUNT;
	if (!known || !whole || flood->copies[COPY_ENGINE])
		return false;
	flood->left = flood->copies[COPY_SENT];
	return flood->left != 0 || refuse(out, reason_for_no_copy(flood));
}

#endif
