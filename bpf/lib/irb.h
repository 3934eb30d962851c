/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Routing between bridge domains (RFC 9135): where a packet for the gateway's MAC,
 * or one that came by an L3 VNI, goes next. A host is one hash lookup; only what is
 * no host is looked up by prefix. What earns an answer, or has to wait for a
 * neighbour, is the engine's. TWIN: src/engine/route.ts.
 */
#ifndef VTEP_IRB_H
#define VTEP_IRB_H

#include "lib/address.h"
#include "lib/bridge.h"
#include "lib/decision.h"
#include "lib/flowhash.h"
#include "lib/ip_check.h"
#include "lib/maps.h"
#include "lib/packet.h"
#include "lib/recent_host.h"

/* Of a whole address, behind the 32 bits of the VRF. */
#define HOST_PREFIX_LENGTH (32 + 128)

_Static_assert(sizeof(struct vtep_prefix_key) == __builtin_offsetof(struct vtep_prefix_key, vrf) + sizeof(struct vtep_host_key),
	       "a prefix key ends with a host key");

/* What the packet says of itself, beside its destination. */
struct journey {
	__u32 ttl;
	bool on_link; /* it is for this link only, */
	bool to_link; /* and so is its destination */
};

static __always_inline __u64 word_of(const __u8 *bytes)
{
	const __u32 *halves = (const __u32 *)bytes;

	return halves[0] | (__u64)halves[1] << 32;
}

/* False where the packet may not be routed here. */
static __always_inline bool read_destination(const struct packet *p, struct decision *out, struct vtep_prefix_key *key,
					     struct journey *journey)
{
	struct iphdr *ip4 = p->layer3;
	struct ipv6hdr *ip6 = (void *)ip4;
	__u32 *words = (__u32 *)key->address;

	if (out->ether_type == bpf_htons(ETH_P_IP)) {
		if (!check_ipv4(p, out, ip4))
			return false;
		words[2] = bpf_htonl(IPV4_MAPPED_WORD);
		words[3] = ip4->daddr;
		journey->ttl = ip4->ttl;
		return true;
	}
	if (out->ether_type != bpf_htons(ETH_P_IPV6))
		return refuse(out, VTEP_DROP_IP_INVALID);
	if (!check_ipv6(p, out, ip6))
		return false;
	__builtin_memcpy(key->address, &ip6->daddr, sizeof(key->address));
	journey->ttl = ip6->hop_limit;
	journey->on_link = stays_on_link(ip6);
	journey->to_link = is_link_local(&ip6->daddr);
	return true;
}

static __always_inline void rewrite(struct decision *out, __u32 bd, __u64 to, __u64 from)
{
	out->bd = bd;
	out->destination = fdb_key(bd, to);
	out->source = fdb_key(bd, from);
	out->routed = true;
}

/* The host's domain is here: its MAC, the domain's gateway as source, then as any frame of that domain. */
static __always_inline bool to_mac(struct decision *out, __u32 domain, const __u8 *mac)
{
	struct vtep_bd *bd = lookup(&vtep1_bd, domain);

	if (!bd)
		return punt(out, VTEP_PUNT_EXCEPTION);
	rewrite(out, domain, mac_at(mac), mac_at(bd->gateway_mac));
	out->vni = bd->vni;
	return true;
}

/* SPEC: RFC 9135 §5.2: by the L3 VNI, from our router MAC to that of the VTEP. */
static __always_inline bool to_router(struct decision *out, const struct vtep_path *path)
{
	struct vtep_vrf *vrf = lookup(&vtep1_vrf, out->vrf);

	if (!vrf)
		return punt(out, VTEP_PUNT_EXCEPTION);
	/* no_vni_for_dst_subnet, of which the sender hears. */
	if (!(vrf->flags & VTEP_VRF_SYMMETRIC))
		return punt(out, VTEP_PUNT_EXCEPTION);
	rewrite(out, 0, mac_at(path->router_mac), mac_at(vrf->router_mac));
	out->vni = vrf->l3_vni;
	out->kind = VTEP_FDB_REMOTE;
	out->target = path->vtep;
	return true;
}

/* No path: the sender hears so. A connected subnet: the host has yet to be asked for (glean). */
static __always_inline bool along_route(const struct packet *p, struct decision *out, __u32 index)
{
	struct vtep_route *route = lookup(&vtep1_route, index);

	need_flow_hash(p, out);
	__u32 next = route ? route->path[out->way->flow_hash & (VTEP_ROUTE_BUCKETS - 1)] : 0;
	struct vtep_path *path = lookup(&vtep1_path, next);
	if (!path || next == 0)
		return punt(out, VTEP_PUNT_EXCEPTION);
	if (path->kind == VTEP_PATH_VTEP)
		return to_router(out, path);
	if (path->kind == VTEP_PATH_GATEWAY && mac_at(path->router_mac) != 0)
		return to_mac(out, path->bd, path->router_mac);
	return punt(out, path->kind == VTEP_PATH_CONNECTED ? VTEP_PUNT_GLEAN : VTEP_PUNT_EXCEPTION);
}

/*
 * What is for the gateway itself is answered, and so is the end of a packet's life. Which link-local addresses
 * are the gateway's, only the engine knows: they are a domain's, and hosts here a VRF's.
 */
static __always_inline bool may_go_on(struct decision *out, const struct journey *journey, __u32 kind)
{
	if (kind == VTEP_HOST_LOCAL || (journey->to_link && out->bd != 0))
		return punt(out, VTEP_PUNT_GATEWAY);
	if (journey->on_link)
		return refuse(out, VTEP_DROP_IP_INVALID);
	return journey->ttl > 1 || punt(out, VTEP_PUNT_EXCEPTION);
}

/* By the tables, as far as the destination alone tells: that is remembered. 0 in `*index`: no route is involved. */
static __always_inline bool look_up_host(const struct packet *p, struct decision *out, const struct vtep_prefix_key *key,
					 const struct journey *journey, const struct host_recall *recall, __u32 *index)
{
	struct vtep_host *host = bpf_map_lookup_elem(&vtep1_host, &key->vrf);
	__u32 kind = host ? host->kind : VTEP_HOST_NONE;
	const __u64 address[2] = { word_of(key->address), word_of(key->address + 8) };

	if (!may_go_on(out, journey, kind))
		return false;
	if (kind == VTEP_HOST_NEIGHBOR) {
		if (!to_mac(out, host->target, host->mac) || !find_destination(p, out))
			return false;
		remember_neighbor(recall, address, key->vrf, out);
		return true;
	}
	if (kind == VTEP_HOST_ROUTE)
		*index = host->target;
	else {
		__u32 *found = bpf_map_lookup_elem(&vtep1_prefix, key);
		if (!found)
			return punt(out, VTEP_PUNT_EXCEPTION);
		*index = *found;
	}
	remember_route(recall, address, key->vrf, *index);
	return true;
}

/* In out->vrf. On success the addresses are rewritten, and decide_destination can do the rest. */
static __always_inline bool route(const struct packet *p, struct decision *out)
{
	struct vtep_prefix_key key = { .length = HOST_PREFIX_LENGTH, .vrf = out->vrf };
	struct journey journey = {};
	struct host_recall recall = {};
	__u32 index = 0;

	if (!read_destination(p, out, &key, &journey))
		return false;
	const __u64 address[2] = { word_of(key.address), word_of(key.address + 8) };
	/* In tc there is no room on the stack, and next to the socket buffer nothing to gain. */
	if (!p->xdp || !find_recent_host(address, key.vrf, &recall)) {
		if (!look_up_host(p, out, &key, &journey, &recall, &index))
			return false;
	} else {
		if (!may_go_on(out, &journey, recall.entry->host_kind))
			return false;
		if (recall.entry->host_kind == VTEP_HOST_NEIGHBOR)
			apply_neighbor(recall.entry, out);
		else
			index = recall.entry->route;
	}
	return out->routed || along_route(p, out, index);
}

#endif
