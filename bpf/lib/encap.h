/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Pushes outer Ethernet, IP, UDP and VXLAN in front of an inner frame; the constant
 * part is a template kept with each VTEP. Over IPv4 without UDP checksum a
 * super-packet stays one. A routed packet that came through a tunnel gets the new
 * header in the place of the former. Refuses what needs a checksum that it cannot
 * compute.
 * TWIN: src/engine/encap.ts.
 */
#ifndef VTEP_ENCAP_H
#define VTEP_ENCAP_H

#include "lib/address.h"
#include "lib/checksum.h"
#include "lib/decision.h"
#include "lib/maps.h"
#include "lib/packet.h"
#include "lib/rewrite.h"

#define DEFAULT_TTL 64
#define IPV4_MAX_BYTES 65535

/* What the outer header takes from the inner one: read before the bytes move. */
struct outer_fields {
	__u32 class;
	__u32 ttl;
	__u32 fragment;
};

static __always_inline __u32 outer_bytes(const struct vtep_config *config)
{
	return config->family == VTEP_IPV6 ? OUTER6_BYTES : OUTER4_BYTES;
}

static __always_inline bool needs_udp_checksum(const struct vtep_config *config)
{
	return config->family == VTEP_IPV6 || (config->flags & VTEP_CONFIG_UDP_CHECKSUM);
}

/* Whether this program can write the outer header exactly, for every segment of the frame. */
static __always_inline bool may_encapsulate(const struct packet *p, const struct vtep_config *config, struct decision *out)
{
	if (out->inner_length + OUTER6_BYTES > IPV4_MAX_BYTES)
		return false;
	/* In tc a header is only replaced in place, and what the kernel knows of the former one's checksum stays. */
	if (!p->xdp && out->inner_offset)
		return !out->outer_checksum && !needs_udp_checksum(config);
	if (!needs_udp_checksum(config))
		return true;
	if (out->packets != 1)
		return false;
	enum checksum_state state = checksum_state(p, out);
	if (state == CHECKSUM_FINAL)
		return out->inner_length + OUTER6_BYTES <= CHECKSUM_MAX_BYTES;
	return state == CHECKSUM_OPEN;
}

static __always_inline void read_fields(const struct packet *p, const struct vtep_config *config,
					const struct decision *out, struct outer_fields *fields)
{
	void *layer3 = p->layer3;
	struct iphdr *ip4 = layer3;
	struct ipv6hdr *ip6 = layer3;
	bool linux_profile = config->flags & VTEP_CONFIG_PROFILE_LINUX;
	__u32 inner_class, inner_ttl;
	bool dont_fragment;

	fields->class = config->tos;
	fields->ttl = config->flags & VTEP_CONFIG_TTL_INHERIT ? DEFAULT_TTL : config->ttl;
	fields->fragment = config->df == VTEP_DF_SET ? IPV4_DF : 0;
	if (out->ether_type == bpf_htons(ETH_P_IP) && (void *)(ip4 + 1) <= p->end) {
		inner_class = ipv4_class(ip4);
		inner_ttl = ip4->ttl;
		dont_fragment = ip4->frag_off & bpf_htons(IPV4_DF);
	} else if (out->ether_type == bpf_htons(ETH_P_IPV6) && (void *)(ip6 + 1) <= p->end) {
		inner_class = ipv6_class(ip6);
		inner_ttl = ip6->hop_limit;
		/* Routers never fragment IPv6, so an IPv6 sender expects what DF means (RFC 8200 §4.5). */
		dont_fragment = true;
	} else
		return;
	/* The inner header is rewritten only once there is room for the outer one. */
	if (out->inner_class >= 0)
		inner_class = out->inner_class;
	inner_ttl -= out->routed;
	__u32 dscp = config->flags & VTEP_CONFIG_TOS_INHERIT ? inner_class & ~ECN_MASK : config->tos;
	fields->class = dscp | encapsulated_ecn(inner_class & ECN_MASK, linux_profile);
	/* An inner TTL of 0 would make the outer packet undeliverable. */
	if ((config->flags & VTEP_CONFIG_TTL_INHERIT) && inner_ttl)
		fields->ttl = inner_ttl;
	if (config->df == VTEP_DF_INHERIT)
		fields->fragment = dont_fragment ? IPV4_DF : 0;
}

/*
 * Room for `room` bytes in front of the frame of a socket buffer. bpf_skb_adjust_room
 * tells the kernel what the headers are, so that a super-packet and an open checksum
 * stay usable, but it refuses what is not IP and what was encapsulated before.
 */
static __always_inline bool push_room_tc(const struct packet *p, const struct vtep_config *config, __u32 room)
{
	struct __sk_buff *skb = skb_of(p);
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN) |
		      BPF_F_ADJ_ROOM_ENCAP_L2_ETH;

	flags |= config->family == VTEP_IPV6 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;
	bool ip = skb->protocol == bpf_htons(ETH_P_IP) || skb->protocol == bpf_htons(ETH_P_IPV6);
	if (ip && !bpf_skb_adjust_room(skb, room, BPF_ADJ_ROOM_MAC, flags))
		return true;
	return p->gso_bytes == 0 && !bpf_skb_change_head(skb, room, 0);
}

/* False with the frame as it was. */
static __always_inline bool push_room(struct packet *p, const struct vtep_config *config, const struct decision *out)
{
	__u32 room = ETH_HLEN + outer_bytes(config);

	if (p->xdp) {
		if (bpf_xdp_adjust_head(xdp_of(p), (int)out->inner_offset - (int)room))
			return false;
	} else if (out->inner_offset) {
		return out->inner_offset == room;
	} else {
		/* The sum of all bytes reads every one. */
		if (needs_udp_checksum(config) && !out->way->open_at && bpf_skb_pull_data(skb_of(p), p->length))
			return false;
		if (!push_room_tc(p, config, room))
			return false;
		if (p->beside)
			bpf_skb_vlan_pop(skb_of(p));
	}
	packet_reload(p);
	return true;
}

static __always_inline void copy_words(__u32 *to, const __u32 *from, int count)
{
#pragma unroll
	for (int word = 0; word < count; word++)
		to[word] = from[word];
}

/* An atomic datagram may carry any ID (RFC 6864 §4.1); one that routers may cut needs its own. */
static __always_inline __u32 next_id(__u32 vtep)
{
	struct vtep_traffic *traffic = lookup(&vtep1_c_vtep, vtep);
	__u32 cpu = bpf_get_smp_processor_id();
	/* CPUs count for themselves: each starts in another part of the ID space. */
	__u32 start = (cpu & 1) << 15 | (cpu & 2) << 13 | (cpu & 4) << 11 | (cpu & 8) << 9;
	return traffic ? (traffic->tx_packets + start) & 0xffff : start;
}

static __always_inline void write_ipv4(struct iphdr *ip, const struct decision *out, const struct outer_fields *fields)
{
	__u32 total = out->inner_length + OUTER4_BYTES;
	__u32 id = fields->fragment ? 0 : next_id(out->target);
	__u32 sum = out->way->remote->checksum_base + fields->class + total + id + fields->fragment + (fields->ttl << 8);

	copy_words((__u32 *)ip, (const __u32 *)out->way->remote->outer, OUTER4_BYTES / 4);
	ip->tos = fields->class;
	ip->tot_len = bpf_htons(total);
	ip->id = bpf_htons(id);
	ip->frag_off = bpf_htons(fields->fragment);
	ip->ttl = fields->ttl;
	ip->check = bpf_htons(~fold_sum(sum));
}

static __always_inline void write_ipv6(struct ipv6hdr *ip, const struct decision *out, const struct outer_fields *fields)
{
	copy_words((__u32 *)ip, (const __u32 *)out->way->remote->outer, OUTER6_BYTES / 4);
	*(__be16 *)ip = bpf_htons(0x6000 | fields->class << 4);
	ip->payload_len = bpf_htons(out->inner_length + TUNNEL_BYTES);
	ip->hop_limit = fields->ttl;
}

/* SPEC: RFC 7348 §5: the source port from a hash of the inner frame, in the configured range. */
static __always_inline void write_udp(struct udphdr *udp, const struct vtep_config *config, const struct decision *out)
{
	struct vxlan_header *vxlan = (void *)(udp + 1);
	__u32 spread = (out->way->flow_hash >> 16) * config->source_port_count >> 16;

	udp->source = bpf_htons(config->source_port_min + spread);
	udp->len = bpf_htons(out->inner_length + TUNNEL_BYTES);
	vxlan->second = bpf_htonl(out->vni << 8);
}

/*
 * Sum of everything behind the outer IP header. Where the transport checksum is
 * open, the bytes it covers will sum up to the complement of its pseudo header, so
 * the payload need not be read; a frame that was damaged before it came here is
 * then found out at the far VTEP.
 */
static __always_inline __u32 sum_of_datagram(const struct packet *p, const struct decision *out, __u32 udp_at)
{
	if (p->xdp)
		return vtep_sum_xdp(xdp_of(p), udp_at);
	if (!out->way->open_at)
		return vtep_sum_tc(skb_of(p), udp_at);
	return sum_headers(p->data + udp_at, TUNNEL_BYTES + out->way->open_at, p->end) + (~out->way->open_sum & 0xffff);
}

/* The checksum field is zero, as the template has it. */
static __always_inline void write_udp_checksum(struct packet *p, const struct decision *out, bool ipv6)
{
	__u32 udp_at = ETH_HLEN + (ipv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES);
	__u32 sum = sum_of_datagram(p, out, udp_at);
	__u32 length = out->inner_length + TUNNEL_BYTES;

	packet_reload(p);
	struct udphdr *udp = p->data + udp_at;
	if ((void *)(udp + 1) > p->end)
		return;
	if (ipv6)
		sum += pseudo_sum((void *)udp - 32, 16, IPPROTO_UDP, length);
	else
		sum += pseudo_sum((void *)udp - 8, 4, IPPROTO_UDP, length);
	__u32 checksum = ~fold_sum(sum) & 0xffff;
	udp->check = checksum ? checksum : 0xffff;
}

/*
 * A device may have given the sum of all bytes; the header just written is not in it,
 * or the former one still is. Left so, a receiver on the same machine would report a
 * broken checksum unit.
 */
static __always_inline void correct_device_sum(struct packet *p, bool ipv6, bool added)
{
	void *from = p->data + ETH_HLEN;

	if ((__s64)bpf_csum_update(skb_of(p), 0) < 0)
		return;
	__u32 bytes = (ipv6 ? OUTER6_BYTES : OUTER4_BYTES) + ETH_HLEN;
	if (from + bytes > p->end)
		return;
	__u64 sum = *(__u16 *)(from + bytes - 2);
	sum += (__u32)(ipv6 ? bpf_csum_diff(0, 0, from, OUTER6_BYTES + 12, 0) : bpf_csum_diff(0, 0, from, OUTER4_BYTES + 12, 0));
	__u32 folded = fold_sum(sum);
	bpf_csum_update(skb_of(p), added ? folded : ~folded);
}

static __always_inline bool write_headers(struct packet *p, const struct vtep_config *config, const struct decision *out,
					  const struct outer_fields *fields, bool ipv6)
{
	__u32 inner_at = ETH_HLEN + (ipv6 ? OUTER6_BYTES : OUTER4_BYTES);

	if (!p->xdp && out->inner_offset)
		correct_device_sum(p, ipv6, false);
	rewrite_inner(p, out, inner_at + ETH_HLEN);
	struct ethhdr *eth = p->data;
	void *inner = p->data + inner_at;
	if (inner + ETH_HLEN > p->end)
		return false;
	copy_words((__u32 *)eth, (const __u32 *)out->way->next_hop->destination_mac, 3);
	eth->h_proto = ipv6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP);
	if (ipv6)
		write_ipv6((void *)(eth + 1), out, fields);
	else
		write_ipv4((void *)(eth + 1), out, fields);
	write_udp(inner - TUNNEL_BYTES, config, out);
	/* Room, or a tag, took the place of the former ones. */
	if (!p->xdp || out->inner_offset || out->routed)
		write_addresses(inner, out->destination, out->source);
	if (!p->xdp)
		((struct ethhdr *)inner)->h_proto = out->ether_type;
	if (needs_udp_checksum(config))
		write_udp_checksum(p, out, ipv6);
	if (!p->xdp)
		correct_device_sum(p, ipv6, true);
	return true;
}

/* False with the frame as it was: then another way must be taken. */
static __always_inline bool encapsulate(struct packet *p, const struct vtep_config *config, const struct decision *out)
{
	struct outer_fields fields;

	read_fields(p, config, out, &fields);
	if (!push_room(p, config, out))
		return false;
	if (config->family == VTEP_IPV6)
		return write_headers(p, config, out, &fields, true);
	return write_headers(p, config, out, &fields, false);
}

#endif
