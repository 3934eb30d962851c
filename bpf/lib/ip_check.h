/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Whether a router may look at a packet at all, and pass it on (RFC 1812 §5.2.2,
 * §5.3.7; RFC 8200 §3): the engine's checks with the engine's outcome. Packets with IPv4 options go there.
 * TWIN: src/engine/ip_check.ts.
 */
#ifndef VTEP_IP_CHECK_H
#define VTEP_IP_CHECK_H

#include "lib/checksum.h"
#include "lib/decision.h"
#include "lib/packet.h"

/* 0/8, loopback, multicast and beyond are nobody's source and no single destination. `address` in wire order. */
static __always_inline bool is_unicast4(__be32 address)
{
	__u32 first = *(const __u8 *)&address;
	return first != 0 && first != 127 && first < 224;
}

static __always_inline bool header_sum_holds(const struct iphdr *ip)
{
	const __u32 *words = (const __u32 *)ip;
	return fold_sum((__u64)words[0] + words[1] + words[2] + words[3] + words[4]) == 0xffff;
}

/* A super-packet of more than 64 KiB does not know its length: its segments will. */
static __always_inline bool check_total(const struct packet *p, struct decision *out, __u32 total)
{
	__u32 room = out->inner_length - ETH_HLEN;

	if (p->gso_bytes)
		return total == room || punt(out, VTEP_PUNT_SEGMENT);
	return total <= room || refuse(out, VTEP_DROP_IP_INVALID);
}

static __always_inline bool check_ipv4(const struct packet *p, struct decision *out, const struct iphdr *ip)
{
	if (out->inner_length < ETH_HLEN + IPV4_HEADER_BYTES || (const void *)(ip + 1) > p->end)
		return refuse(out, VTEP_DROP_IP_INVALID);
	if (ip->version != 4 || ip->ihl < 5)
		return refuse(out, VTEP_DROP_IP_INVALID);
	if (ip->ihl > 5)
		return punt(out, VTEP_PUNT_EXCEPTION);
	if (!check_total(p, out, bpf_ntohs(ip->tot_len)))
		return false;
	if (bpf_ntohs(ip->tot_len) < IPV4_HEADER_BYTES || !header_sum_holds(ip))
		return refuse(out, VTEP_DROP_IP_INVALID);
	return (is_unicast4(ip->saddr) && is_unicast4(ip->daddr)) || refuse(out, VTEP_DROP_IP_INVALID);
}

/* Not multicast, not :: or ::1, not IPv4 in disguise. */
static __always_inline bool is_unicast6(const struct in6_addr *address)
{
	const __be32 *words = (const __be32 *)address;

	if (*(const __u8 *)address == 0xff)
		return false;
	if (words[0] | words[1])
		return true;
	return words[2] ? words[2] != bpf_htonl(IPV4_MAPPED_WORD) : bpf_ntohl(words[3]) > 1;
}

static __always_inline bool is_link_local(const struct in6_addr *address)
{
	return (*(const __be16 *)address & bpf_htons(0xffc0)) == bpf_htons(0xfe80);
}

/* SPEC: RFC 4291 §2.5.6: an IPv6 packet that has a link-local source or destination is for this link only. */
static __always_inline bool stays_on_link(const struct ipv6hdr *ip)
{
	return is_link_local(&ip->saddr) || is_link_local(&ip->daddr);
}

static __always_inline bool check_ipv6(const struct packet *p, struct decision *out, const struct ipv6hdr *ip)
{
	if (out->inner_length < ETH_HLEN + IPV6_HEADER_BYTES || (const void *)(ip + 1) > p->end || ip->version != 6)
		return refuse(out, VTEP_DROP_IP_INVALID);
	if (!check_total(p, out, IPV6_HEADER_BYTES + bpf_ntohs(ip->payload_len)))
		return false;
	return (is_unicast6(&ip->saddr) && is_unicast6(&ip->daddr)) || refuse(out, VTEP_DROP_IP_INVALID);
}

#endif
