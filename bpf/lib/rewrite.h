/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What forwarding changes in the inner packet: the traffic class that decapsulation
 * gives it (RFC 6040), and the TTL of a routed one, down by one for each step
 * (RFC 1812 §5.3.1, RFC 8200 §3). A super-packet's segments inherit both.
 * TWIN: writeInnerTrafficClass and countDownTtl in src/engine/execute.ts.
 */
#ifndef VTEP_REWRITE_H
#define VTEP_REWRITE_H

#include "lib/checksum.h"
#include "lib/decision.h"
#include "lib/packet.h"

#define IPV4_TTL_AT 8
#define IPV6_HOP_LIMIT_WORD_AT 6

/* SPEC: RFC 1624 §3, equation 3. `value` in host order. */
static __always_inline void replace_word(struct iphdr *ip, __be16 *word, __u32 value)
{
	__u32 sum = (~bpf_ntohs(ip->check) & 0xffff) + (~bpf_ntohs(*word) & 0xffff) + value;

	*word = bpf_htons(value);
	ip->check = bpf_htons(~fold_sum(sum));
}

static __always_inline void rewrite_ipv4(const struct decision *out, struct iphdr *ip)
{
	__be16 *first = (__be16 *)ip, *ttl = (void *)ip + IPV4_TTL_AT;

	if (out->inner_class >= 0)
		replace_word(ip, first, (bpf_ntohs(*first) & 0xff00) | out->inner_class);
	if (out->routed)
		replace_word(ip, ttl, bpf_ntohs(*ttl) - 0x0100);
}

/* In tc by the helper, because a device's sum over the whole packet covers this word, and nothing makes up for it. */
static __always_inline void store_word(const struct packet *p, __u32 at, __be16 word)
{
	bpf_skb_store_bytes(skb_of(p), at, &word, sizeof(word), BPF_F_RECOMPUTE_CSUM);
}

static __always_inline void rewrite_ipv6(const struct packet *p, const struct decision *out, struct ipv6hdr *ip, __u32 ip_at)
{
	__be16 *first = (__be16 *)ip, *hops = (void *)ip + IPV6_HOP_LIMIT_WORD_AT;
	__be16 class_word = bpf_htons(0x6000 | out->inner_class << 4 | (bpf_ntohs(*first) & 0xf));
	__be16 hops_word = bpf_htons(bpf_ntohs(*hops) - 1);

	if (p->xdp) {
		if (out->inner_class >= 0)
			*first = class_word;
		if (out->routed)
			*hops = hops_word;
		return;
	}
	if (out->inner_class >= 0)
		store_word(p, ip_at, class_word);
	if (out->routed)
		store_word(p, ip_at + IPV6_HOP_LIMIT_WORD_AT, hops_word);
}

/* The inner IP header is at `ip_at` now, which is known when compiled on each path. Pointers into the bytes are void then. */
static __always_inline void rewrite_inner(struct packet *p, const struct decision *out, __u32 ip_at)
{
	struct iphdr *ip4 = p->data + ip_at;
	struct ipv6hdr *ip6 = (void *)ip4;

	if (out->inner_class < 0 && !out->routed)
		return;
	if (out->ether_type == bpf_htons(ETH_P_IPV6)) {
		if ((void *)(ip6 + 1) <= p->end)
			rewrite_ipv6(p, out, ip6, ip_at);
	} else if ((void *)(ip4 + 1) <= p->end) {
		rewrite_ipv4(out, ip4);
	}
	packet_reload(p);
}

#endif
