/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * tc only: streams of TCP segments that an underlay without GRO delivers one by one take a way round, through a
 * device of ours whose receiving side joins them as a network card's driver would; the same program then finds a
 * super-packet there, and decides once for some forty segments. Without it every segment would go up the receiver's
 * stack alone, where the kernel's vxlan device joins what it has decapsulated.
 *
 * Decides nothing about a frame but its way, so it has no twin. A stream keeps its order: it goes round as a whole,
 * whatever the size of a segment, until it has paused, or until nothing is left on the way. Requests and answers,
 * acknowledgements, slow streams and what comes as super-packets anyway go straight on.
 */
#ifndef VTEP_JOIN_H
#define VTEP_JOIN_H

#include "lib/decap.h"

#define JOIN_STREAMS 4096 /* told apart by each CPU; a power of two */
/* That many segments in a row, and fewer than two jiffies for half of them, are a stream. */
#define JOIN_AFTER 16
/* Shorter packets may bear nothing but an acknowledgement: there is nothing to join. */
#define JOIN_LEAST_BYTES 256
/* After so many jiffies nothing of a stream can still be on the way round, which ends in the same softirq. */
#define JOIN_PAUSE_JIFFIES 2

struct stream {
	__u32 seen; /* jiffies */
	__u16 singles;
	__u16 joins;
};

/*
 * Of each CPU, as is the queue of the device that it fills and drains. Without a lock: where programs interrupt one
 * another (PREEMPT_RT), at worst a stream changes its way while segments of it are on the other.
 */
VTEP_PER_CPU(vtep1_stream, JOIN_STREAMS, struct stream);

/* Segments on the way round. */
struct round_way {
	__u32 segments;
	__u32 entered; /* jiffies */
};

VTEP_PER_CPU(vtep1_round_way, 1, struct round_way);

/* Slot, which is all that a socket buffer takes along -> ifindex of the uplink that sent a segment round. */
VTEP_ARRAY(vtep1_sent_round, VTEP_MAX_INTERFACES, __u32);

static __always_inline __u32 segments_of(const struct __sk_buff *context)
{
	return context->gso_segs ? context->gso_segs : 1;
}

/*
 * No more is pulled than tells that it is TCP: what reaches into the payload could only be joined by copies.
 * Not without DF: since Linux 6.18 a super-packet whose outer headers all had one ID is cut, once these are off, into
 * frames of one ID too. That is nothing to packets that are never fragmented (RFC 6864 §4.1), and wrong for others.
 */
static __always_inline bool may_be_joined(struct packet *p, __u32 outer_bytes)
{
	__u32 inner = ETH_HLEN + outer_bytes;

	if (!packet_pull(p, inner + ETH_HLEN + IPV4_HEADER_BYTES))
		return false;
	struct ethhdr *eth = p->data + inner;
	struct iphdr *ip4 = (void *)(eth + 1);
	if ((void *)(ip4 + 1) > p->end)
		return false;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return ip4->protocol == IPPROTO_TCP && (ip4->frag_off & bpf_htons(IPV4_DF));
	return eth->h_proto == bpf_htons(ETH_P_IPV6) && *((__u8 *)ip4 + 6) == IPPROTO_TCP;
}

/* The sender made its source port of the inner addresses and ports (RFC 7348 §5). False where it is nothing to join. */
static __always_inline bool find_stream(struct packet *p, const struct vtep_config *config, __u32 *index)
{
	struct ethhdr *eth = p->data;
	struct decision unused = {};
	struct outer outer;
	bool ipv6 = config->family == VTEP_IPV6;

	if ((void *)(eth + 1) > p->end || p->beside)
		return false;
	if (eth->h_proto != (ipv6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP)))
		return false;
	if (!(ipv6 ? find_udp6(p, config, &unused, &outer) : find_udp4(p, config, &unused, &outer)) || outer.fragment)
		return false;
	*index = (bpf_ntohs(outer.udp->source) ^ outer.sender.address[1] >> 52) & (JOIN_STREAMS - 1);
	return may_be_joined(p, ipv6 ? OUTER6_BYTES : OUTER4_BYTES);
}

static __always_inline bool is_way_empty(__u32 now)
{
	struct round_way *way = lookup(&vtep1_round_way, 0);

	return way && (way->segments == 0 || now - way->entered >= JOIN_PAUSE_JIFFIES);
}

/* Super-packets of a stream that goes round are cut for it, as long as some of its segments are on the way. */
static __always_inline bool goes_round(const struct packet *p, struct stream *stream)
{
	__u32 now = bpf_jiffies64(), pause = now - stream->seen;

	if (pause >= JOIN_PAUSE_JIFFIES) {
		stream->singles = 0;
		stream->joins = false;
	} else if (pause)
		stream->singles /= 2;
	stream->seen = now;
	if (p->gso_bytes) {
		stream->singles = 0;
		if (stream->joins && is_way_empty(now))
			stream->joins = false;
	} else if (!stream->joins && p->length >= JOIN_LEAST_BYTES) {
		stream->singles++;
		stream->joins = stream->singles >= JOIN_AFTER;
	}
	return stream->joins;
}

static __always_inline bool enter_way(const struct packet *p, __u16 slot)
{
	struct round_way *way = lookup(&vtep1_round_way, 0);
	__u32 *ifindex = lookup(&vtep1_sent_round, slot);
	__u32 now = bpf_jiffies64();

	if (!way || !ifindex)
		return false;
	if (*ifindex != p->ifindex)
		*ifindex = p->ifindex;
	if (now - way->entered >= JOIN_PAUSE_JIFFIES)
		way->segments = 0;
	way->segments += segments_of(skb_of(p));
	way->entered = now;
	skb_of(p)->tc_index = slot;
	skb_of(p)->queue_mapping = bpf_get_smp_processor_id() + 1;
	return true;
}

static __always_inline bool joins(struct packet *p, const struct vtep_config *config)
{
	struct stream *stream;
	__u32 index;

	if (!find_stream(p, config, &index))
		return false;
	stream = lookup(&vtep1_stream, index);
	if (!stream || !goes_round(p, stream))
		return false;
	struct vtep_interface *interface = lookup(&vtep1_interface, p->ifindex);
	return interface && (interface->flags & VTEP_INTERFACE_JOIN) && enter_way(p, interface->slot);
}

/* Not 0: it is to be sent out of config->join_ifindex. A function, so that its stack is free again for what follows. */
__attribute__((noinline)) int vtep_joins(struct __sk_buff *context)
{
	struct vtep_config *config = lookup(&vtep1_config, 0);
	struct packet p;

	if (!config)
		return 0;
	packet_open_tc(&p, context);
	return joins(&p, config);
}

/* The uplink's ifindex; 0 where it is nothing of ours, since nobody else sends anything round. */
static __always_inline __u32 come_round(struct __sk_buff *context)
{
	struct round_way *way = lookup(&vtep1_round_way, 0);
	__u32 *ifindex = lookup(&vtep1_sent_round, context->tc_index);
	__u32 segments = segments_of(context);

	if (way)
		way->segments -= segments < way->segments ? segments : way->segments;
	context->tc_index = 0;
	return ifindex ? *ifindex : 0;
}

#endif
