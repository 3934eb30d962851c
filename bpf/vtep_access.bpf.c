/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A frame from an access port: port and VLAN -> bridge domain, source admitted,
 * routed if it is for the gateway, destination known -> out of a local port or into
 * the tunnel. Everything else goes to the engine. TWIN: processAccess in src/engine/pipeline.ts.
 */
#include "lib/carry.h"
#include "lib/flood_vteps.h"
#include "lib/parse.h"
#include "lib/recent.h"
#include "lib/replicate.h"
#include "lib/security.h"
#include "lib/verdict.h"

char vtep_license[] SEC("license") = "Dual BSD/GPL";

static const struct sender nobody = {};

/* By the tables. What they say of the pair of addresses is remembered. */
static __always_inline bool look_up(const struct packet *p, struct decision *out, const struct vtep_tag_key *key,
				    bool understood, const struct recall *recall)
{
	__u32 port_flags = 0;

	if (!classify_access(p, out, key, understood, &port_flags))
		return false;
	struct vtep_bd *bd = lookup(&vtep1_bd, out->bd);
	if (!bd || !admit_local(out, bd, port_flags) || !enter_domain(p, out, bd))
		return false;
	if (!out->routing && !find_destination(p, out))
		return false;
	remember(recall, p, &nobody, RECENT_ACCESS | key->vlan, out, minds_neighbors(bd));
	return true;
}

static __always_inline bool decide_access(struct packet *p, struct decision *out)
{
	struct vtep_tag_key key = { .ifindex = p->ifindex };
	struct recall recall = {};
	bool whole = find_tag(p, out, &key.vlan);

	packet_enter(p, out->inner_offset);
	bool understood = measure(p, out);

	if (!whole)
		return refuse_unclassified(p, out, VTEP_DROP_RUNT);
	bool plain = understood && !is_vlan(out->ether_type) && p->data + ETH_HLEN <= p->end;
	if (!plain || !find_recent(p, p->data, &nobody, RECENT_ACCESS | key.vlan, &recall))
		return look_up(p, out, &key, understood, &recall);
	out->port = recall.entry->origin;
	out->slot = recall.entry->slot;
	place_recent(recall.entry, out);
	read_addresses(p->data, out);
	return apply_recent(p, recall.entry, out);
}

/* Storm control is the engine's, which holds the tokens. */
static __always_inline __u32 storm_flag(const struct decision *out)
{
	if (!is_group(out->destination))
		return VTEP_PORT_STORM_UNKNOWN_UNICAST;
	return mac_of(out->destination) == BROADCAST_MAC ? VTEP_PORT_STORM_BROADCAST : VTEP_PORT_STORM_MULTICAST;
}

/* Fills `flood`, and tells whether eBPF makes all copies; if not, what becomes of the frame stands in `out`. */
static __always_inline bool judge_flood(const struct packet *p, const struct vtep_config *config, struct decision *out,
					struct flood *flood, const struct vtep_bd *bd)
{
	struct vtep_port *port = lookup(&vtep1_port, out->port);

	out->verdict = VERDICT_PUNT; /* unless refused below */
	if (!port || (port->flags & storm_flag(out)) || !bd->flood_port_parts)
		return false;
	flood->isolated = port->flags & VTEP_PORT_ISOLATED;
	flood->flow_hash = flow_hash(p, out);
	flood->outer_length = out->longest + outer_bytes(config);
	bool known = judge_all_ports(out, flood, bd->flood_port_parts) && judge_all_vteps(out, flood, bd->flood_vtep_parts);
	return may_replicate(p, out, flood, known);
}

/* Ports first: behind the outer header the frame is theirs no more. False: the verdict says what becomes of the frame. */
__attribute__((noinline)) int vtep_flood_tc(struct __sk_buff *context, struct decision *out)
{
	struct vtep_config *config = lookup(&vtep1_config, 0);
	struct flood flood = {};
	struct packet p;

	if (!out || !config)
		return false;
	struct vtep_bd *bd = lookup(&vtep1_bd, out->bd);
	packet_open_tc(&p, context);
	packet_enter(&p, 0);
	if (!bd || !judge_flood(&p, config, out, &flood, bd))
		return false;
	bool to_ports = flood.copies[COPY_SENT] != flood.vteps;
	if (flood.vteps && !vtep_may_push(context, out, to_ports))
		return false;
	if (to_ports) {
		if (p.beside)
			bpf_skb_vlan_pop(context);
		copy_to_all_ports(context, out, &flood, bd->flood_port_parts);
	}
	if (flood.vteps && flood.left) {
		if (vtep_push_flood(context, out, &flood))
			copy_to_all_vteps(context, out, &flood, bd->flood_vtep_parts);
		else if (to_ports)
			lose_copies(&flood);
		else
			return false;
	}
	end_replication(&p, out, &flood);
	return true;
}

static __always_inline int handle_access(struct packet *p)
{
	struct decision out = { .inner_class = -1 };

	if (decide_access(p, &out))
		out.verdict = VERDICT_OPEN;
	if (!p->xdp && out.verdict == VERDICT_FLOOD && vtep_flood_tc(skb_of(p), &out))
		return out.action;
	return carry_on(p, &out);
}

/* The kernel has no memory to make the frame readable. */
static __always_inline int lose(const struct packet *p)
{
	struct decision out = { .packets = 1 };
	struct vtep_interface *interface = lookup(&vtep1_interface, p->ifindex);

	if (interface)
		out.slot = interface->slot;
	return drop(p, &out, VTEP_DROP_RECEIVE_OVERRUN);
}

SEC("xdp")
int vtep_access_xdp(struct xdp_md *context)
{
	struct packet p;

	packet_open_xdp(&p, context);
	return handle_access(&p);
}

/* Kernel >= 5.18: takes frames of any length, and with them any MTU. */
SEC("xdp.frags")
int vtep_access_sg(struct xdp_md *context)
{
	struct packet p;

	packet_open_xdp(&p, context);
	p.may_be_pieces = true;
	return handle_access(&p);
}

SEC("tc")
int vtep_access_tc(struct __sk_buff *context)
{
	struct packet p;

	packet_open_tc(&p, context);
	if (!packet_pull_frame(&p, 0) || (!p.beside && !packet_lift_tag(&p)))
		return lose(&p);
	return handle_access(&p);
}
