/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The VTEPs of a flood from an access port, head-end replication (RFC 8365 §5.1.3): the
 * outer header is pushed once, and for each VTEP only what is the VTEP's own is written
 * again. Refuses what needs another header, or another frame, for each of them.
 * TWIN: addVteps in src/engine/flood.ts.
 */
#ifndef VTEP_FLOOD_VTEPS_H
#define VTEP_FLOOD_VTEPS_H

#include "lib/bridge.h"
#include "lib/encap.h"
#include "lib/flood.h"
#include "lib/replicate.h"

/* Fills both, where the answer is COPY_SENT. */
static __always_inline enum copy judge_vtep(const struct flood *flood, __u32 vtep, struct vtep_remote **remote,
					    struct vtep_adjacency **adjacency)
{
	*remote = lookup(&vtep1_remote, vtep);
	if (!*remote || vtep == 0)
		return COPY_NONE;
	if ((*remote)->group == 0)
		return COPY_UNREACHABLE;
	struct vtep_group *group = lookup(&vtep1_group, (*remote)->group);
	__u32 hop = group ? group->adjacency[flood->flow_hash & (VTEP_GROUP_BUCKETS - 1)] : 0;
	*adjacency = lookup(&vtep1_adjacency, hop);
	if (!*adjacency || hop == 0 || (*adjacency)->ifindex == 0)
		return COPY_ENGINE;
	return flood->outer_length > outer_mtu(*remote, *adjacency) ? COPY_TOO_BIG : COPY_SENT;
}

__attribute__((noinline)) int vtep_judge_vteps(const struct decision *out, struct flood *flood, __u32 part)
{
	struct vtep_remote *remote;
	struct vtep_adjacency *adjacency;

	if (!out || !flood)
		return false;
	const struct vtep_flood *list = part_of_list(out, VTEP_FLOOD_PART_FIRST_VTEP + part);
	if (!list)
		return false;
	for (int at = 0; at < VTEP_FLOOD_MEMBERS; at++) {
		__u32 vtep = list->member[at];
		enum copy judged = judge_vtep(flood, vtep, &remote, &adjacency);
		flood->copies[judged & (COPY_KINDS - 1)]++;
		if (judged != COPY_SENT)
			continue;
		flood->vteps++;
		flood->first_vtep = vtep;
	}
	return true;
}

static __always_inline bool judge_all_vteps(const struct decision *out, struct flood *flood, __u32 parts)
{
	for (__u32 part = 0; part < FLOOD_VTEP_PARTS && part < parts; part++) {
		if (!vtep_judge_vteps(out, flood, part))
			return false;
	}
	return true;
}

/* Whether one header will do for all VTEPs. `behind_others`: copies are sent before it is pushed. */
__attribute__((noinline)) int vtep_may_push(struct __sk_buff *skb, const struct decision *found, __u32 behind_others)
{
	struct vtep_config *config = lookup(&vtep1_config, 0);
	struct packet p;
	struct way way = {};

	if (!found || !config)
		return false;
	struct decision out = *found;
	out.way = &way;
	packet_open_tc(&p, skb);
	packet_enter(&p, 0);
	/* The kernel may refuse to encapsulate a super-packet, and then no copy must be out yet. */
	if (p.gso_bytes && behind_others)
		return false;
	/* Each VTEP has an MSS of its own. */
	if ((config->flags & VTEP_CONFIG_MSS_CLAMP) && opens_tcp(&p, &out))
		return false;
	return may_encapsulate(&p, config, &out);
}

static __always_inline __u32 sum_of_address(const void *address, bool ipv6)
{
	return add_words(0, address, ipv6 ? 8 : 2);
}

/* What stays the same of the checksums, however the destination changes. */
static __always_inline bool note_sums4(const struct packet *p, struct flood *flood)
{
	struct iphdr *ip = p->data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > p->end)
		return false;
	flood->own_id = !(ip->frag_off & bpf_htons(IPV4_DF));
	flood->outer_sum = ip->tos + bpf_ntohs(ip->tot_len) + bpf_ntohs(ip->frag_off) + (ip->ttl << 8);
	if (udp->check)
		flood->udp_sum = fold_sum((__u32)(~udp->check & 0xffff) + (~fold_sum(sum_of_address(&ip->daddr, false)) & 0xffff));
	return true;
}

static __always_inline bool note_sums6(const struct packet *p, struct flood *flood)
{
	struct ipv6hdr *ip = p->data + ETH_HLEN;
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > p->end)
		return false;
	flood->udp_sum = fold_sum((__u32)(~udp->check & 0xffff) + (~fold_sum(sum_of_address(&ip->daddr, true)) & 0xffff));
	return true;
}

/* Once the header stands. */
__attribute__((noinline)) int vtep_note_sums(struct __sk_buff *skb, struct flood *flood)
{
	struct packet p;

	if (!flood)
		return false;
	packet_open_tc(&p, skb);
	struct ethhdr *eth = p.data;
	if ((void *)(eth + 1) > p.end)
		return false;
	return eth->h_proto == bpf_htons(ETH_P_IPV6) ? note_sums6(&p, flood) : note_sums4(&p, flood);
}

/* Of any of them; every copy brings its own. False with the frame as it was. */
__attribute__((noinline)) int vtep_push_flood(struct __sk_buff *skb, const struct decision *found, const struct flood *flood)
{
	struct vtep_config *config = lookup(&vtep1_config, 0);
	struct packet p;
	struct way way = {};

	if (!found || !flood || !config)
		return false;
	struct decision out = *found;
	way.flow_hash = flood->flow_hash;
	way.remote = lookup(&vtep1_remote, flood->first_vtep);
	way.next_hop = lookup(&vtep1_adjacency, 0);
	if (!way.remote || !way.next_hop)
		return false;
	out.way = &way;
	out.target = flood->first_vtep;
	packet_open_tc(&p, skb);
	packet_enter(&p, 0);
	return may_encapsulate(&p, config, &out) && encapsulate(&p, config, &out);
}

static __always_inline __be16 udp_checksum_to(const struct flood *flood, const void *destination, bool ipv6)
{
	__u16 checksum = ~fold_sum(flood->udp_sum + sum_of_address(destination, ipv6));

	return checksum ? checksum : 0xffff;
}

/* A device's sum over all bytes covers the checksum, and nothing makes up for its change as the address does over IPv6. */
static __always_inline void address_ipv4(struct __sk_buff *skb, struct iphdr *ip, const struct vtep_remote *remote,
					 const struct flood *flood, __u32 vtep)
{
	struct udphdr *udp = (void *)(ip + 1);
	__u32 id = flood->own_id ? next_id(vtep) : 0;

	ip->daddr = *(const __be32 *)(remote->outer + 16);
	ip->id = bpf_htons(id);
	ip->check = bpf_htons(~fold_sum(remote->checksum_base + flood->outer_sum + id));
	if (!flood->udp_sum)
		return;
	__u16 before = udp->check, after = udp_checksum_to(flood, remote->outer + 16, false);
	udp->check = after;
	bpf_csum_update(skb, fold_sum((~before & 0xffff) + after));
}

static __always_inline void address_ipv6(struct ipv6hdr *ip, const struct vtep_remote *remote, const struct flood *flood)
{
	struct udphdr *udp = (void *)(ip + 1);

	copy_words((__u32 *)&ip->daddr, (const __u32 *)(remote->outer + 24), 4);
	udp->check = udp_checksum_to(flood, remote->outer + 24, true);
}

/* What is the VTEP's own in the header. */
static __always_inline bool address_packet(struct __sk_buff *skb, const struct vtep_remote *remote,
					   const struct vtep_adjacency *adjacency, const struct flood *flood, __u32 vtep)
{
	void *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = (void *)(long)skb->data;
	void *ip = eth + 1;

	if (ip + OUTER4_BYTES > end)
		return false;
	copy_words((__u32 *)eth, (const __u32 *)adjacency->destination_mac, 3);
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		address_ipv4(skb, ip, remote, flood, vtep);
		return true;
	}
	if (ip + OUTER6_BYTES > end)
		return false;
	address_ipv6(ip, remote, flood);
	return true;
}

static __always_inline void copy_to_vtep(struct __sk_buff *skb, const struct decision *out, struct flood *flood, __u32 vtep)
{
	struct vtep_remote *remote;
	struct vtep_adjacency *adjacency;

	if (flood->left == 0 || judge_vtep(flood, vtep, &remote, &adjacency) != COPY_SENT)
		return;
	if (!address_packet(skb, remote, adjacency, flood, vtep))
		return;
	count_transmit(&vtep1_c_vtep, vtep, out);
	count_transmit(&vtep1_c_bd, out->bd, out);
	send_copy(skb, flood, adjacency->ifindex);
}

__attribute__((noinline)) int vtep_copy_to_vteps(struct __sk_buff *skb, const struct decision *out, struct flood *flood,
						 __u32 part)
{
	if (!out || !flood)
		return false;
	const struct vtep_flood *list = part_of_list(out, VTEP_FLOOD_PART_FIRST_VTEP + part);
	if (!list)
		return false;
	for (int at = 0; at < VTEP_FLOOD_MEMBERS; at++)
		copy_to_vtep(skb, out, flood, list->member[at]);
	return true;
}

/* `skb`: the frame in the header of one of them. */
static __always_inline void copy_to_all_vteps(struct __sk_buff *skb, const struct decision *out, struct flood *flood,
					      __u32 parts)
{
	if (!vtep_note_sums(skb, flood))
		return;
	for (__u32 part = 0; part < FLOOD_VTEP_PARTS && part < parts && flood->left; part++) {
		if (!vtep_copy_to_vteps(skb, out, flood, part))
			return;
	}
}

#endif
