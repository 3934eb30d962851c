/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One frame as either hook sees it. XDP has one stretch of bytes with its tag in
 * them. tc has a socket buffer: only its head is readable, the kernel keeps the
 * tag beside the bytes, and it may be a super-packet that is yet to be segmented.
 * Everything above asks here and does not know the hook but by `p->xdp`.
 */
#ifndef VTEP_PACKET_H
#define VTEP_PACKET_H

#include <linux/bpf.h>
#include "lib/ip.h"

/* The most that any step reads: outer IPv6 with an inner IPv4 header of 60 bytes and ports behind it. */
#define PARSE_BYTES 176

struct packet {
	bool xdp;
	bool may_be_pieces; /* the program takes frames in several buffers */
	void *context;
	void *data;
	void *end;    /* of the readable bytes */
	void *layer3; /* what the inner frame carries: from packet_enter() on, until bytes are moved */
	__u32 length; /* of the frame, without the tag beside it */
	__u32 ifindex;
	__u32 gso_bytes;   /* payload of each segment of a super-packet; 0 = plain frame */
	__be16 beside;     /* type of the tag that tc keeps beside the bytes; 0 = none */
	__u16 beside_tci;
};

static __always_inline struct xdp_md *xdp_of(const struct packet *p)
{
	return p->context;
}

static __always_inline struct __sk_buff *skb_of(const struct packet *p)
{
	return p->context;
}

/* Every helper that may move the bytes makes the former pointers void. */
static __always_inline void packet_reload(struct packet *p)
{
	if (p->xdp) {
		p->data = (void *)(long)xdp_of(p)->data;
		p->end = (void *)(long)xdp_of(p)->data_end;
	} else {
		p->data = (void *)(long)skb_of(p)->data;
		p->end = (void *)(long)skb_of(p)->data_end;
	}
}

/* More than the longest outer header: the verifier wants to know that an offset has a limit. */
#define INNER_OFFSET_MASK 127

/* The inner frame begins at `offset`. */
static __always_inline void packet_enter(struct packet *p, __u32 offset)
{
	p->layer3 = p->data + (offset & INNER_OFFSET_MASK) + ETH_HLEN;
	/* To the verifier, the same sum made twice is two pointers, and what is known of one it does not know of the other. */
	barrier_var(p->layer3);
}

/*
 * In several buffers, of which only the first is readable here. Such a frame is for the tc program behind, which takes
 * any: few devices could be sent one by redirect, and long frames are the few.
 */
static __always_inline bool is_in_pieces(const struct packet *p)
{
	return p->may_be_pieces && bpf_xdp_get_buff_len(xdp_of(p)) != p->length;
}

static __always_inline void packet_open_xdp(struct packet *p, struct xdp_md *context)
{
	*p = (struct packet){ .xdp = true, .context = context, .ifindex = context->ingress_ifindex };
	packet_reload(p);
	p->length = p->end - p->data;
}

/*
 * The kernel takes tags out of the bytes before tc; where a driver or a test left one
 * in, do so now. Not where a second follows: no port takes such a frame.
 */
static __always_inline bool packet_lift_tag(struct packet *p)
{
	struct vlan_tag *tag = p->data + VLAN_TAG_AT;

	if ((void *)(tag + 1) > p->end || tag->tpid != bpf_htons(ETH_P_8021Q) || is_vlan(tag->ether_type))
		return true;
	__u16 tci = bpf_ntohs(tag->tci);
	if (bpf_skb_vlan_pop(skb_of(p)) || bpf_skb_vlan_push(skb_of(p), bpf_htons(ETH_P_8021Q), tci))
		return false;
	p->beside = bpf_htons(ETH_P_8021Q);
	p->beside_tci = tci;
	p->length -= VLAN_TAG_BYTES;
	packet_reload(p);
	return true;
}

static __always_inline void packet_open_tc(struct packet *p, struct __sk_buff *context)
{
	*p = (struct packet){ .context = context, .ifindex = context->ifindex, .length = context->len };
	p->gso_bytes = context->gso_size;
	if (context->vlan_present) {
		p->beside = (__be16)context->vlan_proto;
		p->beside_tci = context->vlan_tci;
	}
	packet_reload(p);
}

/* Makes the first `wanted` bytes readable, or all if there are fewer. False where the kernel has no memory. */
static __always_inline bool packet_pull(struct packet *p, __u32 wanted)
{
	if (p->length < wanted)
		wanted = p->length;
	if (p->xdp || (__u32)(p->end - p->data) >= wanted)
		return true;
	if (bpf_skb_pull_data(skb_of(p), wanted))
		return false;
	packet_reload(p);
	return true;
}

/* Are the headers of the frame that begins at `from` readable, as far as those of a super-packet go? */
static __always_inline bool headers_are_readable(const struct packet *p, __u32 from)
{
	struct ethhdr *eth = p->data + from;
	struct iphdr *ip4 = (void *)(eth + 1);
	struct ipv6hdr *ip6 = (void *)(eth + 1);

	if ((void *)(ip4 + 1) > p->end)
		return false;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return (void *)ip4 + ip4->ihl * 4 + TCP_HEADER_BYTES <= p->end;
	return eth->h_proto == bpf_htons(ETH_P_IPV6) && (void *)(ip6 + 1) + TCP_HEADER_BYTES <= p->end;
}

/*
 * Makes readable what any step reads of the frame that begins at `from`. PERF: not of a super-packet whose headers
 * are: its payload would begin with some bytes in the head and go on behind a page's beginning. Row tcp: 2 % of medians.
 */
static __always_inline bool packet_pull_frame(struct packet *p, __u32 from)
{
	return (p->gso_bytes && headers_are_readable(p, from)) || packet_pull(p, PARSE_BYTES);
}

#endif
