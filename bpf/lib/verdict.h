/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Carries out a decision: changes the bytes, counts, and returns what the hook
 * wants to hear. TWIN: src/engine/execute.ts.
 */
#ifndef VTEP_VERDICT_H
#define VTEP_VERDICT_H

#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include "lib/counters.h"
#include "lib/decision.h"
#include "lib/encap.h"
#include "lib/maps.h"
#include "lib/packet.h"
#include "lib/punt.h"
#include "lib/rewrite.h"
#include "lib/strip.h"
#include "lib/test_record.h"

/* TC_ACT_UNSPEC lets programs behind this one look, under clsact and TCX alike. */
static __always_inline int kernel_keeps(const struct packet *p)
{
	return p->xdp ? XDP_PASS : TC_ACT_UNSPEC;
}

static __always_inline int drop(const struct packet *p, const struct decision *out, __u32 reason)
{
	account_arrival(out);
	count_drop(reason, out);
	return p->xdp ? XDP_DROP : TC_ACT_SHOT;
}

/* The arrival is counted. Out of an interface that XDP cannot reach after all, the frame is lost. */
static __always_inline int redirect(const struct packet *p, const struct decision *out, __u32 ifindex)
{
	test_record(p, ifindex, false);
	if (!p->xdp)
		return bpf_redirect(ifindex, 0);
	int action = redirect_xdp(ifindex);
	if (action != XDP_REDIRECT)
		count_drop(VTEP_DROP_TRANSMIT_FAILED, out);
	return action;
}

static __always_inline int hand_to_engine(struct packet *p, const struct vtep_config *config, const struct decision *out)
{
	if (config->punt_ifindex == 0 || !take_tokens(out))
		return drop(p, out, VTEP_DROP_PUNT_RATE_LIMITED);
	if (!push_punt_tag(p, out->reason << PUNT_CLASS_SHIFT | (out->slot & VLAN_ID_MASK)))
		return drop(p, out, VTEP_DROP_TRANSMIT_FAILED);
	count_punt(out);
	return redirect(p, out, config->punt_ifindex);
}

/* In XDP: the inner frame from where it is to the front, with the port's tag. */
static __always_inline bool arrange_xdp(struct packet *p, const struct decision *out, __u16 vlan)
{
	__u32 tag_bytes = vlan ? VLAN_TAG_BYTES : 0;
	int shift = out->inner_offset - tag_bytes;

	if (shift != 0 && bpf_xdp_adjust_head(xdp_of(p), shift))
		return false;
	packet_reload(p);
	void *frame = p->data;
	if (frame + ETH_HLEN > p->end)
		return false;
	/* Behind a tag that goes, or comes, they are not in place yet. */
	if (out->port || out->routed || vlan)
		write_addresses(frame, out->destination, out->source);
	if (!vlan) {
		rewrite_inner(p, out, ETH_HLEN);
		return true;
	}
	struct vlan_tag *tag = frame + VLAN_TAG_AT;
	if ((void *)(tag + 1) > p->end)
		return false;
	tag->tpid = bpf_htons(ETH_P_8021Q);
	tag->tci = bpf_htons(vlan);
	rewrite_inner(p, out, ETH_HLEN + VLAN_TAG_BYTES);
	return true;
}

/* In tc: outer header off, tag off, the port's tag on. False with the frame as it was. */
static __always_inline bool arrange_tc(struct packet *p, const struct decision *out, __u16 vlan)
{
	if (out->inner_offset && !strip_tc(p, out))
		return false;
	packet_reload(p);
	struct ethhdr *eth = p->data;
	/* A frame that is bridged from port to port has them in place. */
	if ((out->inner_offset || out->routed) && (void *)(eth + 1) <= p->end) {
		write_addresses(eth, out->destination, out->source);
		eth->h_proto = out->ether_type;
		rewrite_inner(p, out, ETH_HLEN);
	}
	if (p->beside)
		bpf_skb_vlan_pop(skb_of(p));
	if (vlan)
		bpf_skb_vlan_push(skb_of(p), bpf_htons(ETH_P_8021Q), vlan);
	return true;
}

/*
 * The kernel hands on what it knows of the frame as it is. Its protocol is that of the outer header still where the inner
 * frame is no IP: then the way through the queue, at whose end the kernel looks again.
 */
static __always_inline bool may_go_to_peer(const struct packet *p, const struct decision *out)
{
	return !p->xdp && (out->way->egress->flags & VTEP_PORT_TO_PEER) && (__be16)skb_of(p)->protocol == out->ether_type;
}

/* What a veth takes off a frame that leaves the namespace; the kernel does so only in part, and only since 6.15. */
static __always_inline int hand_to_peer(const struct packet *p, __u32 ifindex)
{
	struct __sk_buff *skb = skb_of(p);

	skb->mark = 0;
	skb->priority = 0;
	/* A frame from another port was for somebody else when it came in. */
	if (skb->pkt_type != PACKET_HOST)
		bpf_skb_change_type(skb, PACKET_HOST);
	test_record(p, ifindex, true);
	return bpf_redirect_peer(ifindex, 0);
}

static __always_inline int send_to_port(struct packet *p, const struct vtep_config *config, struct decision *out)
{
	__u16 vlan = out->way->egress->vlan;

	if (!(p->xdp ? arrange_xdp(p, out, vlan) : arrange_tc(p, out, vlan))) {
		punt(out, VTEP_PUNT_EXCEPTION);
		return p->xdp ? XDP_PASS : hand_to_engine(p, config, out);
	}
	account_arrival(out);
	count_transmit(&vtep1_c_port, out->target, out);
	if (may_go_to_peer(p, out))
		return hand_to_peer(p, out->way->egress->ifindex);
	return redirect(p, out, out->way->egress->ifindex);
}

static __always_inline void count_tunnel(const struct decision *out)
{
	account_arrival(out);
	count_transmit(&vtep1_c_vtep, out->target, out);
	if (out->bd)
		count_transmit(&vtep1_c_bd, out->bd, out);
}

static __always_inline int send_to_kernel_tunnel(struct packet *p, const struct vtep_config *config, struct decision *out)
{
	if (!set_tunnel_key(p, config, out) || !arrange_tc(p, out, 0)) {
		punt(out, VTEP_PUNT_SEGMENT);
		return hand_to_engine(p, config, out);
	}
	count_tunnel(out);
	return redirect(p, out, config->tunnel_ifindex);
}

static __always_inline int send_to_vtep(struct packet *p, const struct vtep_config *config, struct decision *out)
{
	if (!encapsulate(p, config, out)) {
		punt(out, VTEP_PUNT_SEGMENT);
		return p->xdp ? XDP_PASS : hand_to_engine(p, config, out);
	}
	count_tunnel(out);
	return redirect(p, out, out->way->next_hop->ifindex);
}

static __always_inline int execute(struct packet *p, const struct vtep_config *config, struct decision *out)
{
	switch (out->verdict) {
	case VERDICT_DROP:
		return drop(p, out, out->reason);
	case VERDICT_PUNT:
		return hand_to_engine(p, config, out);
	case VERDICT_TO_PORT:
		return send_to_port(p, config, out);
	case VERDICT_TO_VTEP:
		return send_to_vtep(p, config, out);
	case VERDICT_TO_KERNEL_TUNNEL:
		return send_to_kernel_tunnel(p, config, out);
	default:
		return kernel_keeps(p);
	}
}

#endif
