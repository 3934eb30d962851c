/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Takes the outer header off in tc, and gives the inner IP header the congestion
 * mark of the outer one (RFC 6040). Refuses frames whose socket buffer the kernel
 * cannot shrink: they go to the engine.
 */
#ifndef VTEP_STRIP_H
#define VTEP_STRIP_H

#include "lib/checksum.h"
#include "lib/decision.h"
#include "lib/packet.h"

/* Not in the headers of every build machine; kernel >= 6.3. */
#define ROOM_DECAP_IPV4 (1ULL << 7)
#define ROOM_DECAP_IPV6 (1ULL << 8)

/*
 * NO_CSUM_RESET and the level say what the kernel's own decapsulation says: the
 * outer checksum is spent, what a device verified of the inner one holds.
 */
static __always_inline bool strip_tc(const struct packet *p, const struct decision *out)
{
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET;
	bool outer6 = out->inner_offset == ETH_HLEN + OUTER6_BYTES;

	if (outer6 && out->ether_type != bpf_htons(ETH_P_IPV6))
		flags |= ROOM_DECAP_IPV4;
	if (!outer6 && out->ether_type == bpf_htons(ETH_P_IPV6))
		flags |= ROOM_DECAP_IPV6;
	if (bpf_skb_adjust_room(skb_of(p), -(int)out->inner_offset, BPF_ADJ_ROOM_MAC, flags))
		return false;
	bpf_csum_level(skb_of(p), BPF_CSUM_LEVEL_DEC);
	return true;
}

static __always_inline void write_ipv4_class(struct iphdr *ip, __u32 class)
{
	__u32 word = bpf_ntohs(*(__be16 *)ip);
	/* SPEC: RFC 1624 §3, equation 3. */
	__u32 sum = (~bpf_ntohs(ip->check) & 0xffff) + (~word & 0xffff) + ((word & 0xff00) | class);

	ip->tos = class;
	ip->check = bpf_htons(~fold_sum(sum));
}

/* By the helper, because a device's sum over the whole packet covers this word, and nothing makes up for it. */
static __always_inline void write_ipv6_class(const struct packet *p, __be16 *first, __u32 layer3_at, __u32 class)
{
	__be16 word = bpf_htons(0x6000 | class << 4 | (bpf_ntohs(*first) & 0xf));

	if (p->xdp)
		*first = word;
	else
		bpf_skb_store_bytes(skb_of(p), layer3_at, &word, sizeof(word), BPF_F_RECOMPUTE_CSUM);
}

/* `layer3_at` is known when compiled on each path. */
static __always_inline void write_inner_class(struct packet *p, const struct decision *out, __u32 layer3_at)
{
	void *layer3 = p->data + layer3_at;

	if (out->inner_class < 0 || layer3 + IPV4_HEADER_BYTES > p->end)
		return;
	if (out->ether_type == bpf_htons(ETH_P_IPV6))
		write_ipv6_class(p, layer3, layer3_at, out->inner_class);
	else
		write_ipv4_class(layer3, out->inner_class);
}

#endif
