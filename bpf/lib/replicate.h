/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Makes the copies of a flooded frame in tc. Each is a clone, and the kernel gives the
 * frame a head of its own before the program changes it again, so no copy sees what the
 * next one needs; the last copy is the frame itself.
 * TWIN: src/engine/execute.ts.
 */
#ifndef VTEP_REPLICATE_H
#define VTEP_REPLICATE_H

#include <linux/pkt_cls.h>
#include "lib/counters.h"
#include "lib/flood.h"
#include "lib/verdict.h"

/* The frame as it is now, out of an interface. */
static __always_inline void send_copy(struct __sk_buff *skb, struct flood *flood, __u32 ifindex)
{
	flood->left--;
	if (flood->left == 0) {
		flood->last_ifindex = ifindex;
		return;
	}
	/* A queue that says no more than "congested" has dropped this frame, or another for it. */
	if (clone_redirect(skb, ifindex))
		flood->failed++;
}

/* What is left cannot be sent. */
static __always_inline void lose_copies(struct flood *flood)
{
	flood->failed += flood->left;
	flood->left = 0;
}

static __always_inline void copy_to_port(struct __sk_buff *skb, const struct decision *out, struct flood *flood,
					 __u32 index)
{
	struct vtep_port *port = lookup(&vtep1_port, index);

	if (!port || index == 0 || flood->left == 0 || judge_port(out, flood, index, port) != COPY_SENT)
		return;
	count_transmit(&vtep1_c_port, index, out);
	if (port->vlan)
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), port->vlan);
	send_copy(skb, flood, port->ifindex);
	if (port->vlan && flood->left)
		bpf_skb_vlan_pop(skb);
}

__attribute__((noinline)) int vtep_copy_to_ports(struct __sk_buff *skb, const struct decision *out, struct flood *flood,
						 __u32 part)
{
	if (!out || !flood)
		return false;
	const struct vtep_flood *list = part_of_list(out, part);
	if (!list)
		return false;
	for (int at = 0; at < VTEP_FLOOD_MEMBERS; at++)
		copy_to_port(skb, out, flood, list->member[at]);
	return true;
}

/* `skb`: the inner frame, without tag. */
static __always_inline void copy_to_all_ports(struct __sk_buff *skb, const struct decision *out, struct flood *flood,
					      __u32 parts)
{
	for (__u32 part = 0; part < FLOOD_PORT_PARTS && part < parts && flood->left; part++) {
		if (!vtep_copy_to_ports(skb, out, flood, part))
			return;
	}
}

static __always_inline void count_lost(const struct decision *out, __u32 reason, __u32 copies)
{
	if (copies)
		count_drops(reason, out, copies);
}

/* Counts what became of it, and sends the frame itself, unless a list has become shorter meanwhile. */
static __always_inline void end_replication(const struct packet *p, struct decision *out, const struct flood *flood)
{
	account_arrival(out);
	count_lost(out, VTEP_DROP_MTU_EXCEEDED, flood->copies[COPY_TOO_BIG]);
	count_lost(out, VTEP_DROP_UNDERLAY_UNRESOLVED, flood->copies[COPY_UNREACHABLE]);
	count_lost(out, VTEP_DROP_SPLIT_HORIZON, flood->copies[COPY_REFLECTED]);
	count_lost(out, VTEP_DROP_NOT_DESIGNATED_FORWARDER, flood->copies[COPY_UNDESIGNATED]);
	count_lost(out, VTEP_DROP_TRANSMIT_FAILED, flood->failed);
	out->action = flood->last_ifindex ? redirect(p, out, flood->last_ifindex) : TC_ACT_SHOT;
}

#endif
