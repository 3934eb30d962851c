/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What a program cannot encapsulate because each segment needs an outer UDP checksum of
 * its own (a super-packet over IPv6, a checksum still open), the kernel's vxlan device
 * can: it is told VNI, addresses, TTL and traffic class, and does the rest behind its
 * segmentation. Without it such a frame goes to the engine.
 *
 * DIVERGES: the device picks the source port by a hash of its own, in our range, routes
 * by the kernel's tables, and gives an inner CE the outer ECT(0), whatever the profile.
 */
#ifndef VTEP_KERNEL_TUNNEL_H
#define VTEP_KERNEL_TUNNEL_H

#include <linux/bpf.h>
#include "lib/decision.h"
#include "lib/encap.h"
#include "lib/maps.h"
#include "lib/packet.h"

/* A frame from the underlay that goes back is still in its outer header: the engine's. */
static __always_inline bool may_use_kernel_tunnel(const struct packet *p, const struct vtep_config *config,
						  const struct decision *out)
{
	bool fits = out->inner_length + OUTER6_BYTES <= IPV4_MAX_BYTES;
	return !p->xdp && config->tunnel_ifindex && out->inner_offset == 0 && fits && needs_udp_checksum(config);
}

/* Not on the stack, which programs and what they call share: before Linux 6.8 its parts count by 32 bytes. */
VTEP_PER_CPU(vtep1_tunnel_key, 1, struct bpf_tunnel_key);

/* The template has the addresses in network order; the helper wants IPv4 in host order. */
static __always_inline bool set_tunnel_key(const struct packet *p, const struct vtep_config *config,
					   const struct decision *out)
{
	struct bpf_tunnel_key *key = lookup(&vtep1_tunnel_key, 0);
	struct outer_fields fields;
	const __u8 *outer = out->way->remote->outer;
	__u64 flags = 0;

	if (!key)
		return false;
	__builtin_memset(key, 0, sizeof(*key));
	key->tunnel_id = out->vni;
	read_fields(p, config, out, &fields);
	key->tunnel_tos = fields.class;
	key->tunnel_ttl = fields.ttl;
	if (config->family == VTEP_IPV6) {
		__builtin_memcpy(key->local_ipv6, outer + 8, 16);
		__builtin_memcpy(key->remote_ipv6, outer + 24, 16);
		flags = BPF_F_TUNINFO_IPV6;
	} else {
		key->local_ipv4 = bpf_ntohl(*(const __be32 *)(outer + 12));
		key->remote_ipv4 = bpf_ntohl(*(const __be32 *)(outer + 16));
		if (fields.fragment)
			flags = BPF_F_DONT_FRAGMENT;
	}
	return !bpf_skb_set_tunnel_key(skb_of(p), key, sizeof(*key), flags);
}

#endif
