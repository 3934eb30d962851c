/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Where a frame goes inside its bridge domain, or a routed one by what routing found.
 * XDP leaves a frame alone that is flooded, or whose egress does not take redirected frames:
 * the tc program behind it does the work. TWIN: src/engine/bridge.ts.
 */
#ifndef VTEP_BRIDGE_H
#define VTEP_BRIDGE_H

#include "lib/decision.h"
#include "lib/encap.h"
#include "lib/flowhash.h"
#include "lib/kernel_tunnel.h"
#include "lib/maps.h"
#include "lib/mss_clamp.h"
#include "lib/packet.h"
#include "lib/parse.h"

static __always_inline bool both_isolated(__u32 from, __u32 to_flags)
{
	if (!(to_flags & VTEP_PORT_ISOLATED) || from == 0)
		return false;
	struct vtep_port *port = lookup(&vtep1_port, from);
	return port && (port->flags & VTEP_PORT_ISOLATED);
}

static __always_inline bool to_port(const struct packet *p, struct decision *out)
{
	struct vtep_port *port = lookup(&vtep1_port, out->target);

	__u32 from = out->routed ? 0 : out->port;

	if (!port)
		return punt(out, VTEP_PUNT_EXCEPTION);
	if (out->target == from)
		return refuse(out, VTEP_DROP_HAIRPIN);
	if (!(port->flags & VTEP_PORT_ENABLED))
		return refuse(out, VTEP_DROP_PORT_DISABLED);
	if (both_isolated(from, port->flags))
		return refuse(out, VTEP_DROP_ISOLATED);
	if (p->xdp && !(port->flags & VTEP_PORT_XDP_TX))
		return pass(out);
	if (out->longest - ETH_HLEN > port->mtu_bytes)
		return punt(out, VTEP_PUNT_TOO_BIG);
	out->way->egress = port;
	out->verdict = VERDICT_TO_PORT;
	return true;
}

/* Of the outer IP packet: what the link takes, or less where a router on the way has said so. */
static __always_inline __u32 outer_mtu(const struct vtep_remote *remote, const struct vtep_adjacency *adjacency)
{
	__u32 path = remote->path_mtu_bytes, link = adjacency->mtu_bytes;
	return path && path < link ? path : link;
}

/* The sender of a routed packet hears of it. */
static __always_inline bool no_way(struct decision *out)
{
	return out->routed ? punt(out, VTEP_PUNT_EXCEPTION) : refuse(out, VTEP_DROP_UNDERLAY_UNRESOLVED);
}

/* A frame that came through a tunnel never leaves through one unless routed (RFC 7432 §11.2, RFC 8365 §5.1). */
static __always_inline bool to_vtep(const struct packet *p, const struct vtep_config *config, struct decision *out)
{
	if (out->port == 0 && !out->routed)
		return refuse(out, VTEP_DROP_SPLIT_HORIZON);
	struct vtep_remote *remote = lookup(&vtep1_remote, out->target);
	if (!remote)
		return punt(out, VTEP_PUNT_EXCEPTION);
	if (remote->group == 0)
		return no_way(out);
	need_flow_hash(p, out);
	struct vtep_group *group = lookup(&vtep1_group, remote->group);
	__u32 hop = group ? group->adjacency[out->way->flow_hash & (VTEP_GROUP_BUCKETS - 1)] : 0;
	struct vtep_adjacency *adjacency = lookup(&vtep1_adjacency, hop);
	if (!adjacency || hop == 0 || adjacency->ifindex == 0)
		return punt(out, VTEP_PUNT_UNRESOLVED);
	if (p->xdp && !(adjacency->flags & VTEP_ADJACENCY_XDP_TX))
		return pass(out);
	if (out->longest + outer_bytes(config) > outer_mtu(remote, adjacency))
		return punt(out, VTEP_PUNT_TOO_BIG);
	if ((config->flags & VTEP_CONFIG_MSS_CLAMP) && opens_tcp(p, out))
		return punt(out, VTEP_PUNT_EXCEPTION);
	out->way->remote = remote;
	out->way->next_hop = adjacency;
	out->verdict = VERDICT_TO_VTEP;
	if (may_encapsulate(p, config, out))
		return true;
	if (!may_use_kernel_tunnel(p, config, out))
		return punt(out, VTEP_PUNT_SEGMENT);
	out->verdict = VERDICT_TO_KERNEL_TUNNEL;
	return true;
}

/* What routing has addressed is rewritten before it is flooded: the engine's. */
static __always_inline bool for_everybody(const struct packet *p, struct decision *out, __u32 class)
{
	if (out->routed)
		return punt(out, class);
	return p->xdp ? pass(out) : flood_by_tc(out, class);
}

static __always_inline bool unknown_unicast(const struct packet *p, struct decision *out)
{
	struct vtep_bd *bd = lookup(&vtep1_bd, out->bd);
	if (bd && (bd->flags & VTEP_BD_UNKNOWN_UNICAST_DROP))
		return refuse(out, VTEP_DROP_UNKNOWN_UNICAST_DROP);
	return for_everybody(p, out, VTEP_PUNT_UNKNOWN_UNICAST);
}

static __always_inline bool find_destination(const struct packet *p, struct decision *out)
{
	if (is_group(out->destination))
		return for_everybody(p, out, VTEP_PUNT_BROADCAST);
	struct vtep_fdb_value *entry = fdb_find(out->destination);
	if (!entry)
		return unknown_unicast(p, out);
	out->target = entry->target;
	out->kind = entry->kind;
	return true;
}

/* One of its VTEPs, always the same for a flow; none left is as good as no route. */
static __always_inline bool choose_of_segment(const struct packet *p, struct decision *out)
{
	struct vtep_segment *segment = lookup(&vtep1_segment, out->target);

	if (out->port == 0 && !out->routed)
		return refuse(out, VTEP_DROP_SPLIT_HORIZON);
	need_flow_hash(p, out);
	out->target = segment ? segment->vtep[out->way->flow_hash & (VTEP_SEGMENT_BUCKETS - 1)] : 0;
	out->kind = VTEP_FDB_REMOTE;
	return out->target != 0 || no_way(out);
}

static __always_inline bool decide_destination(const struct packet *p, const struct vtep_config *config, struct decision *out)
{
	if (out->kind == VTEP_FDB_NONE && !find_destination(p, out))
		return false;
	if (out->kind == VTEP_FDB_SEGMENT && !choose_of_segment(p, out))
		return false;
	if (out->kind == VTEP_FDB_LOCAL)
		return to_port(p, out);
	if (out->kind == VTEP_FDB_REMOTE)
		return to_vtep(p, config, out);
	return refuse(out, VTEP_DROP_UNKNOWN_UNICAST_HOLD);
}

#endif
