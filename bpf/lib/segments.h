/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * tc only: how many frames a super-packet stands for, how long the longest is and
 * what they weigh together, so that MTU verdicts and counters are those of the
 * frames that reach the wire. Refuses what is neither TCP nor UDP behind a plain
 * IP header: such a super-packet goes to the engine in segments.
 */
#ifndef VTEP_SEGMENTS_H
#define VTEP_SEGMENTS_H

#include <linux/tcp.h>
#include "lib/decision.h"
#include "lib/packet.h"

/* SCTP's mark that its segments are not of one size. */
#define GSO_BY_FRAGMENTS 0xffff

/* Bytes of the transport header at `at`; 0 where it is not one that is cut into equal parts. */
static __always_inline __u32 transport_header_bytes(const struct packet *p, void *at, __u32 protocol)
{
	if (protocol == IPPROTO_UDP)
		return UDP_HEADER_BYTES;
	struct tcphdr *tcp = at;
	if (protocol != IPPROTO_TCP || (void *)(tcp + 1) > p->end)
		return 0;
	return tcp->doff * 4;
}

/* Ethernet, IP and transport header of the inner frame; 0 where not understood. */
static __always_inline __u32 repeated_header_bytes(const struct packet *p)
{
	struct ethhdr *eth = p->layer3 - ETH_HLEN;
	struct iphdr *ip4 = (void *)(eth + 1);
	struct ipv6hdr *ip6 = (void *)(eth + 1);
	__u32 ip_bytes, transport;

	if ((void *)(ip4 + 1) > p->end)
		return 0;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		ip_bytes = ip4->ihl * 4;
		transport = transport_header_bytes(p, (void *)ip4 + ip_bytes, ip4->protocol);
	} else if (eth->h_proto == bpf_htons(ETH_P_IPV6) && (void *)(ip6 + 1) <= p->end) {
		ip_bytes = IPV6_HEADER_BYTES;
		transport = transport_header_bytes(p, ip6 + 1, ip6->nexthdr);
	} else
		return 0;
	return transport ? ETH_HLEN + ip_bytes + transport : 0;
}

/* Fills packets, bytes and longest; needs layer3 and inner_length. False where not understood. */
static __always_inline bool measure(const struct packet *p, struct decision *out)
{
	out->packets = 1;
	out->bytes = out->inner_length;
	out->longest = out->inner_length;
	if (p->xdp || p->gso_bytes == 0)
		return true;
	__u32 header = repeated_header_bytes(p);
	if (header == 0 || out->inner_length <= header || p->gso_bytes == GSO_BY_FRAGMENTS)
		return false;
	out->packets = (out->inner_length - header + p->gso_bytes - 1) / p->gso_bytes;
	out->bytes = out->inner_length + (out->packets - 1) * header;
	out->longest = header + p->gso_bytes;
	return true;
}

#endif
