/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * ARP and ND in a domain that answers for its gateway or for known hosts: all of it
 * is the engine's, which answers, learns bindings and refuses; here it is only
 * recognised. TWIN: src/engine/neighbors.ts.
 */
#ifndef VTEP_NEIGHBORS_H
#define VTEP_NEIGHBORS_H

#include "lib/decision.h"
#include "lib/packet.h"

#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ICMPV6_HEADER_BYTES 4

static __always_inline bool is_neighbor_message(const struct packet *p, const struct decision *out)
{
	struct ipv6hdr *ip = p->layer3;
	__u8 *type = (__u8 *)(ip + 1);

	if (out->inner_length < ETH_HLEN + IPV6_HEADER_BYTES + ICMPV6_HEADER_BYTES || (void *)(type + 1) > p->end)
		return false;
	return ip->nexthdr == IPPROTO_ICMPV6 && (*type == ND_SOLICITATION || *type == ND_ADVERTISEMENT);
}

static __always_inline bool is_neighbor_protocol(const struct packet *p, const struct decision *out)
{
	if (out->ether_type == bpf_htons(ETH_P_ARP))
		return true;
	return out->ether_type == bpf_htons(ETH_P_IPV6) && is_neighbor_message(p, out);
}

/* Whether the domain's ARP and ND are the engine's. */
static __always_inline bool minds_neighbors(const struct vtep_bd *bd)
{
	return bd->flags & (VTEP_BD_GATEWAY | VTEP_BD_ARP_SUPPRESSION);
}

static __always_inline bool concerns_neighbors(const struct packet *p, const struct vtep_bd *bd, const struct decision *out)
{
	return minds_neighbors(bd) && is_neighbor_protocol(p, out);
}

#endif
