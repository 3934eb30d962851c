/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One 32-bit number per inner flow, for the outer source port (RFC 7348 §5) and the
 * equal-cost next hop. The mixing steps are MurmurHash3's. TWIN: src/wire/flowhash.ts.
 */
#ifndef VTEP_FLOWHASH_H
#define VTEP_FLOWHASH_H

#include "lib/decision.h"
#include "lib/packet.h"

#define FLOW_HASH_SEED 0x76746570

static __always_inline __u32 hash_mix(__u32 hash, __u32 word)
{
	__u32 mixed = hash ^ word * 0xcc9e2d51;
	return (mixed << 13 | mixed >> 19) * 5 + 0xe6546b64;
}

static __always_inline __u32 hash_finish(__u32 hash)
{
	hash = (hash ^ hash >> 16) * 0x85ebca6b;
	hash = (hash ^ hash >> 13) * 0xc2b2ae35;
	return hash ^ hash >> 16;
}

static __always_inline bool has_ports(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

/* Both port numbers as one word, if the readable bytes reach that far. */
static __always_inline __u32 hash_ports(const struct packet *p, __u32 hash, __be32 *ports)
{
	return (void *)(ports + 1) > p->end ? hash : hash_mix(hash, bpf_ntohl(*ports));
}

/* Fragments and packets with options hash by addresses and protocol only, so that no part of a flow strays. */
static __always_inline __u32 hash_ipv4(const struct packet *p, struct iphdr *ip)
{
	__u32 hash = hash_mix(FLOW_HASH_SEED, bpf_ntohl(ip->saddr));
	hash = hash_mix(hash, bpf_ntohl(ip->daddr));
	hash = hash_mix(hash, ip->protocol);
	bool whole = *(__u8 *)ip == IPV4_NO_OPTIONS && !(ip->frag_off & bpf_htons(IPV4_FRAGMENT_MASK));
	if (whole && has_ports(ip->protocol))
		hash = hash_ports(p, hash, (__be32 *)(ip + 1));
	return hash_finish(hash);
}

static __always_inline __u32 hash_ipv6(const struct packet *p, struct ipv6hdr *ip)
{
	__u32 hash = FLOW_HASH_SEED;
	__be32 *words = (__be32 *)&ip->saddr;

#pragma unroll
	for (int word = 0; word < 8; word++)
		hash = hash_mix(hash, bpf_ntohl(words[word]));
	hash = hash_mix(hash, ip->nexthdr);
	if (has_ports(ip->nexthdr))
		hash = hash_ports(p, hash, (__be32 *)(ip + 1));
	return hash_finish(hash);
}

/* `words`: destination and source MAC as three words of the wire. */
static __always_inline __u32 hash_addresses(__be32 *words, __be16 ether_type)
{
	__u32 hash = hash_mix(FLOW_HASH_SEED, bpf_ntohl(words[0]));
	hash = hash_mix(hash, bpf_ntohl(words[1]));
	hash = hash_mix(hash, bpf_ntohl(words[2]));
	return hash_finish(hash_mix(hash, bpf_ntohs(ether_type)));
}

/* Hash of a routed packet, or of the inner frame of an access port; its MAC addresses stand at the start of the bytes, tagged or not. */
static __always_inline __u32 flow_hash(const struct packet *p, const struct decision *out)
{
	void *layer3 = p->layer3;

	if (out->ether_type == bpf_htons(ETH_P_IP) && layer3 + IPV4_HEADER_BYTES <= p->end)
		return hash_ipv4(p, layer3);
	if (out->ether_type == bpf_htons(ETH_P_IPV6) && layer3 + IPV6_HEADER_BYTES <= p->end)
		return hash_ipv6(p, layer3);
	return p->data + ETH_HLEN <= p->end ? hash_addresses(p->data, out->ether_type) : 0;
}

/* Once for each frame. A hash of zero is made again, which is as right. */
static __always_inline void need_flow_hash(const struct packet *p, struct decision *out)
{
	if (out->way->flow_hash == 0)
		out->way->flow_hash = flow_hash(p, out);
}

#endif
