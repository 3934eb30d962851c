/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Constants of Ethernet, IP, UDP and VXLAN headers, and the ECN rules of tunnels
 * (RFC 6040). TWIN: src/wire/ethernet.ts, ip.ts, vxlan.ts.
 */
#ifndef VTEP_IP_H
#define VTEP_IP_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef _Bool bool;
#define true 1
#define false 0

#define VLAN_TAG_BYTES 4
#define VLAN_ID_MASK 0x0fff
#define MAC_BYTES 6

#define IPV4_HEADER_BYTES 20
#define IPV4_NO_OPTIONS 0x45
#define IPV4_DF 0x4000
#define IPV4_OFFSET_MASK 0x1fff
/* More-fragments bit and offset: non-zero in every fragment. */
#define IPV4_FRAGMENT_MASK 0x3fff
#define IPV6_HEADER_BYTES 40
/* Third word of ::ffff:a.b.c.d, which is how keys hold IPv4. */
#define IPV4_MAPPED_WORD 0xffff

#define TCP_HEADER_BYTES 20 /* without options */
#define UDP_HEADER_BYTES 8
#define VXLAN_HEADER_BYTES 8
#define TUNNEL_BYTES (UDP_HEADER_BYTES + VXLAN_HEADER_BYTES)
#define OUTER4_BYTES (IPV4_HEADER_BYTES + TUNNEL_BYTES)
#define OUTER6_BYTES (IPV6_HEADER_BYTES + TUNNEL_BYTES)

#define VXLAN_FLAG_VNI 0x08000000
#define VXLAN_FIRST_RESERVED 0xf7ffffff
#define VXLAN_SECOND_RESERVED 0x000000ff

#define ECN_NOT_ECT 0
#define ECN_ECT1 1
#define ECN_ECT0 2
#define ECN_CE 3
#define ECN_MASK 3

/* Stands in front of the frame's type. */
struct vlan_tag {
	__be16 tpid;
	__be16 tci;
	__be16 ether_type;
};

#define VLAN_TAG_AT (2 * MAC_BYTES)

struct vxlan_header {
	__be32 first;
	__be32 second;
};

static __always_inline bool is_vlan(__be16 ether_type)
{
	return ether_type == bpf_htons(ETH_P_8021Q) || ether_type == bpf_htons(ETH_P_8021AD);
}

/* 4, 6, or 0 where a frame of this type and layer-3 length carries no whole IP header. */
static __always_inline __u32 ip_version_of(__be16 ether_type, __u32 layer3_bytes)
{
	if (ether_type == bpf_htons(ETH_P_IP) && layer3_bytes >= IPV4_HEADER_BYTES)
		return 4;
	return ether_type == bpf_htons(ETH_P_IPV6) && layer3_bytes >= IPV6_HEADER_BYTES ? 6 : 0;
}

static __always_inline __u32 ipv4_class(const struct iphdr *ip)
{
	return ip->tos;
}

static __always_inline __u32 ipv6_class(const struct ipv6hdr *ip)
{
	return bpf_ntohs(*(const __be16 *)ip) >> 4 & 0xff;
}

/*
 * SPEC: RFC 6040 §4.1 normal mode copies all four code points.
 * DIVERGES: Linux sends inner CE as outer ECT(0); profile `linux` does too.
 */
static __always_inline __u32 encapsulated_ecn(__u32 inner, bool linux_profile)
{
	return linux_profile && inner == ECN_CE ? ECN_ECT0 : inner;
}

/* ECN of the forwarded inner header, or -1: drop. SPEC: RFC 6040 §4.2, figure 4. */
static __always_inline int decapsulated_ecn(__u32 inner, __u32 outer)
{
	if (inner == ECN_NOT_ECT)
		return outer == ECN_CE ? -1 : ECN_NOT_ECT;
	if (outer == ECN_CE)
		return ECN_CE;
	if (inner == ECN_ECT0 && outer == ECN_ECT1)
		return ECN_ECT1;
	return inner;
}

#endif
