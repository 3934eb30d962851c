/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A packet from the underlay: is it VXLAN for us, from whom, for which domain, and
 * is the frame inside fit to be forwarded? What is not for us is left to the kernel,
 * untouched. TWIN: src/engine/decap.ts, in the same order and with the same reasons.
 */
#ifndef VTEP_DECAP_H
#define VTEP_DECAP_H

#include "lib/decision.h"
#include "lib/maps.h"
#include "lib/packet.h"
#include "lib/parse.h"
#include "lib/recent.h"
#include "lib/segments.h"

/* The outer header, once it is known to be ours and to have no options. */
struct outer {
	struct udphdr *udp;
	__u32 ip_bytes; /* header and payload, as the header says */
	__u32 class;
	__be16 fragment;
	struct sender sender;
};

struct parsed {
	struct outer outer;
	struct recall recall;
	bool known; /* `recall` has what the tables would say of sender, VNI and inner addresses */
};

/* With options the ports lie further behind: the engine decapsulates. */
static __always_inline bool find_behind_options(const struct packet *p, const struct vtep_config *config, struct decision *out,
						struct iphdr *ip)
{
	struct udphdr *udp = (void *)ip + ip->ihl * 4;

	if (ip->ihl < 5 || (void *)(udp + 1) > p->end || udp->dest != bpf_htons(config->udp_port))
		return pass(out);
	return punt(out, VTEP_PUNT_EXCEPTION);
}

/* Later fragments bear no port: not ours. */
static __always_inline bool find_udp4(const struct packet *p, const struct vtep_config *config, struct decision *out,
				      struct outer *outer)
{
	struct iphdr *ip = p->data + ETH_HLEN;

	if ((void *)(ip + 1) > p->end || ip->version != 4 || ip->protocol != IPPROTO_UDP)
		return pass(out);
	if (ip->frag_off & bpf_htons(IPV4_OFFSET_MASK))
		return pass(out);
	if (ip->daddr != *(const __be32 *)&config->local_address[12])
		return pass(out);
	if (ip->ihl != 5)
		return find_behind_options(p, config, out, ip);
	outer->udp = (void *)(ip + 1);
	if ((void *)(outer->udp + 1) > p->end || outer->udp->dest != bpf_htons(config->udp_port))
		return pass(out);
	outer->ip_bytes = bpf_ntohs(ip->tot_len);
	outer->class = ipv4_class(ip);
	outer->fragment = ip->frag_off & bpf_htons(IPV4_FRAGMENT_MASK);
	outer->sender.address[0] = 0;
	outer->sender.address[1] = (__u64)ip->saddr << 32 | bpf_htonl(0xffff);
	return true;
}

/* Extension headers are not looked through: no VTEP sends them (RFC 7348 §5). */
static __always_inline bool find_udp6(const struct packet *p, const struct vtep_config *config, struct decision *out,
				      struct outer *outer)
{
	struct ipv6hdr *ip = p->data + ETH_HLEN;
	const __be32 *own = (const __be32 *)config->local_address;

	outer->udp = (void *)(ip + 1);
	if ((void *)(outer->udp + 1) > p->end || ip->version != 6 || ip->nexthdr != IPPROTO_UDP)
		return pass(out);
	const __be32 *to = (const __be32 *)&ip->daddr;
	if (to[0] != own[0] || to[1] != own[1] || to[2] != own[2] || to[3] != own[3])
		return pass(out);
	if (outer->udp->dest != bpf_htons(config->udp_port))
		return pass(out);
	outer->ip_bytes = IPV6_HEADER_BYTES + bpf_ntohs(ip->payload_len);
	outer->class = ipv6_class(ip);
	outer->fragment = 0;
	const __u32 *from = (const __u32 *)&ip->saddr;
	outer->sender.address[0] = from[0] | (__u64)from[1] << 32;
	outer->sender.address[1] = from[2] | (__u64)from[3] << 32;
	return true;
}

/* The interface that a packet for us came in on. */
static __always_inline bool identify_uplink(const struct packet *p, struct decision *out)
{
	struct vtep_interface *interface = lookup(&vtep1_interface, p->ifindex);
	if (!interface)
		return pass(out);
	out->slot = interface->slot;
	return interface->flags & VTEP_INTERFACE_ENGINE ? punt(out, VTEP_PUNT_ALL) : true;
}

/* Lengths, fragments and the zero checksum. */
static __always_inline bool check_lengths(struct packet *p, struct decision *out, const struct outer *outer, bool ipv6)
{
	__u32 ip_header = ipv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
	__u32 udp_bytes = bpf_ntohs(outer->udp->len);
	bool exact = outer->ip_bytes + ETH_HLEN == p->length && ip_header + udp_bytes == outer->ip_bytes;

	/* Above 64 KiB a super-packet's length fields say nothing. */
	if (p->gso_bytes && !exact)
		return punt(out, VTEP_PUNT_SEGMENT);
	if (outer->fragment)
		return refuse(out, VTEP_DROP_OUTER_FRAGMENT);
	bool truncated = ip_header + udp_bytes > outer->ip_bytes || outer->ip_bytes + ETH_HLEN > p->length;
	if (truncated || udp_bytes < TUNNEL_BYTES)
		return refuse(out, VTEP_DROP_OUTER_MALFORMED);
	/* SPEC: RFC 6935 §5: over IPv6 a zero checksum is only for tunnels that were told to accept it. */
	if (ipv6 && outer->udp->check == 0)
		return refuse(out, VTEP_DROP_UDP_ZERO_CHECKSUM);
	out->outer_checksum = outer->udp->check != 0;
	out->inner_offset = ETH_HLEN + ip_header + TUNNEL_BYTES;
	out->inner_length = udp_bytes - TUNNEL_BYTES;
	packet_enter(p, out->inner_offset);
	return measure(p, out) || punt(out, VTEP_PUNT_SEGMENT);
}

static __always_inline bool check_sender(const struct vtep_config *config, struct decision *out, const struct outer *outer)
{
	const __u64 *own = (const __u64 *)config->local_address;
	__u64 key[2] = { outer->sender.address[0], outer->sender.address[1] };

	if (key[0] == own[0] && key[1] == own[1])
		return refuse(out, VTEP_DROP_REFLECTED);
	__u32 *vtep = bpf_map_lookup_elem(&vtep1_address, key);
	if (!(config->flags & VTEP_CONFIG_KNOWN_VTEPS_ONLY)) {
		out->vtep = vtep ? *vtep : 0;
		return true;
	}
	struct vtep_remote *remote = vtep ? lookup(&vtep1_remote, *vtep) : 0;
	if (!remote || !(remote->flags & VTEP_REMOTE_KNOWN))
		return refuse(out, VTEP_DROP_UNKNOWN_VTEP);
	out->vtep = *vtep;
	return true;
}

/* An L2 VNI leads to a bridge domain, an L3 VNI to a VRF (RFC 9135 §4). */
static __always_inline bool check_vni(struct decision *out, __u32 number)
{
	struct vtep_vni *vni = lookup(&vtep1_vni, number);

	if (!vni || (vni->bd == 0 && vni->vrf == 0))
		return refuse(out, VTEP_DROP_UNKNOWN_VNI);
	out->bd = vni->bd;
	out->ingress_bd = vni->bd;
	out->vrf = vni->bd ? 0 : vni->vrf;
	return true;
}

/* 0 where the header is cut off. */
static __always_inline __u32 vni_of(const struct packet *p, const struct outer *outer)
{
	const struct vxlan_header *vxlan = (void *)(outer->udp + 1);

	return (void *)(vxlan + 1) > p->end ? 0 : bpf_ntohl(vxlan->second) >> 8;
}

static __always_inline bool check_vxlan(const struct packet *p, const struct vtep_config *config, struct decision *out,
					const struct outer *outer)
{
	struct vxlan_header *vxlan = (void *)(outer->udp + 1);

	if ((void *)(vxlan + 1) > p->end)
		return refuse(out, VTEP_DROP_OUTER_MALFORMED);
	__u32 first = bpf_ntohl(vxlan->first), second = bpf_ntohl(vxlan->second);
	if (!(first & VXLAN_FLAG_VNI))
		return refuse(out, VTEP_DROP_VXLAN_NO_I_FLAG);
	/* DIVERGES: RFC 7348 §5 says reserved bits are ignored; Linux drops them, and so does profile `linux`. */
	bool reserved = (first & VXLAN_FIRST_RESERVED) || (second & VXLAN_SECOND_RESERVED);
	if ((config->flags & VTEP_CONFIG_PROFILE_LINUX) && reserved)
		return refuse(out, VTEP_DROP_VXLAN_RESERVED_BITS);
	return true;
}

static __always_inline bool check_ecn(const struct packet *p, struct decision *out, __u32 outer_class)
{
	void *layer3 = p->layer3;
	__u32 version = ip_version_of(out->ether_type, out->inner_length - ETH_HLEN), inner;

	if (version == 4 && layer3 + IPV4_HEADER_BYTES <= p->end)
		inner = ipv4_class(layer3);
	else if (version == 6 && layer3 + IPV6_HEADER_BYTES <= p->end)
		inner = ipv6_class(layer3);
	else
		return true;
	int ecn = decapsulated_ecn(inner & ECN_MASK, outer_class & ECN_MASK);
	if (ecn < 0)
		return refuse(out, VTEP_DROP_ECN_ILLEGAL);
	if (ecn != (inner & ECN_MASK))
		out->inner_class = (inner & ~ECN_MASK) | ecn;
	return true;
}

static __always_inline bool check_inner(const struct packet *p, struct decision *out, const struct parsed *parsed)
{
	struct ethhdr *eth = p->layer3 - ETH_HLEN;

	if (out->inner_length < ETH_HLEN || (void *)(eth + 1) > p->end)
		return refuse(out, VTEP_DROP_RUNT);
	read_addresses(eth, out);
	out->ether_type = eth->h_proto;
	/* SPEC: RFC 7348 §6.1: a tagged inner frame is discarded unless configured otherwise. */
	if (is_vlan(out->ether_type))
		return refuse(out, VTEP_DROP_INNER_VLAN);
	if (!parsed->known && !check_addresses(out))
		return false;
	return check_ecn(p, out, parsed->outer.class);
}

static __always_inline bool check_outer(const struct packet *p, const struct vtep_config *config, struct decision *out,
					const struct parsed *parsed)
{
	if (!parsed->known && !check_sender(config, out, &parsed->outer))
		return false;
	if (!check_vxlan(p, config, out, &parsed->outer))
		return false;
	if (parsed->known)
		place_recent(parsed->recall.entry, out);
	else if (!check_vni(out, vni_of(p, &parsed->outer)))
		return false;
	if (!check_inner(p, out, parsed))
		return false;
	/* Bytes behind the packet must not become part of the frame. */
	if (out->inner_offset + out->inner_length != p->length)
		return punt(out, VTEP_PUNT_EXCEPTION);
	return true;
}

static __always_inline bool recall_underlay(const struct packet *p, struct decision *out, struct parsed *parsed)
{
	void *inner = p->layer3 - ETH_HLEN;

	if (inner + ETH_HLEN > p->end || !find_recent(p, inner, &parsed->outer.sender, vni_of(p, &parsed->outer), &parsed->recall))
		return false;
	out->slot = parsed->recall.entry->slot;
	out->vtep = parsed->recall.entry->origin;
	parsed->known = true;
	return true;
}

/* A packet for us, without options. What is remembered came in by an interface that is no engine's. */
static __always_inline bool open_packet(struct packet *p, const struct vtep_config *config, struct decision *out,
					struct parsed *parsed, bool ipv6)
{
	bool fits = check_lengths(p, out, &parsed->outer, ipv6);

	if (!fits || !recall_underlay(p, out, parsed)) {
		if (!identify_uplink(p, out))
			return false;
	}
	return fits && check_outer(p, config, out, parsed);
}

static __always_inline bool parse_underlay(struct packet *p, const struct vtep_config *config, struct decision *out,
					   struct parsed *parsed)
{
	struct ethhdr *eth = p->data;

	out->packets = 1;
	if ((void *)(eth + 1) > p->end)
		return identify_uplink(p, out) && refuse(out, VTEP_DROP_RUNT);
	/* A tagged packet belongs to the VLAN interface above this one. */
	if (p->beside)
		return pass(out);
	if (config->family == VTEP_IPV6) {
		if (eth->h_proto != bpf_htons(ETH_P_IPV6))
			return pass(out);
		bool found = find_udp6(p, config, out, &parsed->outer);
		return found && open_packet(p, config, out, parsed, true);
	}
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return pass(out);
	if (!find_udp4(p, config, out, &parsed->outer))
		return out->verdict == VERDICT_PUNT ? identify_uplink(p, out) && punt(out, VTEP_PUNT_EXCEPTION) : false;
	return open_packet(p, config, out, parsed, false);
}

#endif
