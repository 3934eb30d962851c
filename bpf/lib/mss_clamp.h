/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Which packets have an MSS that may be too large for the tunnel: those are rare, and
 * the engine lowers it. TWIN: src/engine/mss_clamp.ts.
 */
#ifndef VTEP_MSS_CLAMP_H
#define VTEP_MSS_CLAMP_H

#include <linux/tcp.h>
#include "lib/decision.h"
#include "lib/packet.h"

/* A TCP segment with SYN. The engine leaves some of them as they are, but none besides is its to change. */
static __always_inline bool opens_tcp(const struct packet *p, const struct decision *out)
{
	void *layer3 = p->layer3;
	struct iphdr *ip4 = layer3;
	struct ipv6hdr *ip6 = layer3;
	struct tcphdr *tcp;

	if (out->ether_type == bpf_htons(ETH_P_IP) && (void *)(ip4 + 1) <= p->end && ip4->protocol == IPPROTO_TCP)
		tcp = layer3 + ip4->ihl * 4;
	else if (out->ether_type == bpf_htons(ETH_P_IPV6) && (void *)(ip6 + 1) <= p->end && ip6->nexthdr == IPPROTO_TCP)
		tcp = (void *)(ip6 + 1);
	else
		return false;
	return (void *)(tcp + 1) <= p->end && tcp->syn;
}

#endif
