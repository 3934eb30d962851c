/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Is the Ethertype of this frame that of the other IP version, and is what follows
 * a whole packet of that version? Reads only; the hooks write the two bytes.
 * TWIN: src/wire/ethertype_fix.ts, which is the specification.
 */
#ifndef VTEP_ETHERTYPE_FIX_H
#define VTEP_ETHERTYPE_FIX_H

#include <linux/bpf.h>
#include "abi/vtep_abi.h"
#include "lib/ip.h"

/* Tags that are looked through, in the bytes or beside them. */
#define MOST_TAGS 2

/* Ethernet, two tags and the longer IP header: all that is ever read. */
#define FIX_BYTES (ETH_HLEN + MOST_TAGS * VLAN_TAG_BYTES + IPV6_HEADER_BYTES)

/* Where the innermost type stands, if it is one of IP and a byte follows it; else NULL. `tags`: constant. */
static __always_inline __be16 *find_type(void *data, const void *end, int tags)
{
	__be16 *at = data + VLAN_TAG_AT;

#pragma unroll
	for (int tag = 0; tag <= MOST_TAGS; tag++) {
		if ((void *)(at + 1) + 1 > end)
			return NULL;
		if (*at == bpf_htons(ETH_P_IP) || *at == bpf_htons(ETH_P_IPV6))
			return at;
		if (tag >= tags || (*at != bpf_htons(ETH_P_8021Q) && *at != bpf_htons(ETH_P_8021AD)))
			return NULL;
		at += VLAN_TAG_BYTES / sizeof(*at);
	}
	return NULL;
}

/* PERF: most frames end here, after one compare of a nibble (bench ethertype-fix). */
static __always_inline bool type_fits(const __be16 *type)
{
	__u8 version = *(const __u8 *)(type + 1) >> 4;

	return version == (*type == bpf_htons(ETH_P_IPV6) ? 6 : 4);
}

/* `room`: bytes of the frame from the IP header on, of which those up to `end` are readable. */
static __always_inline bool is_whole_ipv4(const void *header, const void *end, __u32 room)
{
	const struct iphdr *ip = header;

	if ((const void *)(ip + 1) > end || ip->ihl * 4 < IPV4_HEADER_BYTES)
		return false;
	__u32 total = bpf_ntohs(ip->tot_len);
	return total >= ip->ihl * 4 && total <= room;
}

static __always_inline bool is_whole_ipv6(const void *header, const void *end, __u32 room)
{
	const struct ipv6hdr *ip = header;

	return (const void *)(ip + 1) <= end && IPV6_HEADER_BYTES + bpf_ntohs(ip->payload_len) <= room;
}

/* For a type that does not fit. enum vtep_fix_kind; FIXED4 and FIXED6 say what is to be done. */
static __always_inline __u32 judge_type(const __be16 *type, const void *end, __u32 room, bool fix_ipv6)
{
	const __u8 *ip = (const void *)(type + 1);
	__u8 version = *ip >> 4;

	if (*type == bpf_htons(ETH_P_IPV6))
		return version == 4 && is_whole_ipv4(ip, end, room) ? VTEP_FIX_FIXED4 : VTEP_FIX_SUSPICIOUS;
	return fix_ipv6 && version == 6 && is_whole_ipv6(ip, end, room) ? VTEP_FIX_FIXED6 : VTEP_FIX_SUSPICIOUS;
}

static __always_inline bool is_fixed(__u32 kind)
{
	return kind == VTEP_FIX_FIXED4 || kind == VTEP_FIX_FIXED6;
}

static __always_inline __be16 fixed_type(__u32 kind)
{
	return kind == VTEP_FIX_FIXED4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
}

#endif
