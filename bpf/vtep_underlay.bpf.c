/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A packet from the underlay: VXLAN for us from a VTEP we know -> inner frame to a
 * local port, or routed, and then perhaps into another tunnel. What is not VXLAN for us stays the kernel's, untouched; what is ours
 * but no plain case goes to the engine. TWIN: processUnderlay in src/engine/pipeline.ts.
 */
#include "lib/carry.h"
#include "lib/decap.h"
#include "lib/join.h"
#include "lib/replicate.h"
#include "lib/security.h"
#include "lib/verdict.h"

char vtep_license[] SEC("license") = "Dual BSD/GPL";

/* SPEC: RFC 9135 §5.2: behind an L3 VNI only what is addressed to our router MAC is routed, and nothing is bridged. */
static __always_inline bool enter_vrf(struct decision *out)
{
	struct vtep_vrf *vrf = lookup(&vtep1_vrf, out->vrf);

	if (!vrf || mac_of(out->destination) != mac_at(vrf->router_mac))
		return refuse(out, VTEP_DROP_ROUTER_MAC_MISMATCH);
	out->routing = true;
	return true;
}

/* What the tables say of the pair of addresses is remembered. */
static __always_inline bool enter_bridge(const struct packet *p, struct decision *out, const struct parsed *parsed)
{
	struct vtep_bd *bd = lookup(&vtep1_bd, out->bd);

	if (!bd || !admit_remote(out, bd) || !enter_domain(p, out, bd))
		return false;
	if (!out->routing && !find_destination(p, out))
		return false;
	remember(&parsed->recall, p, &parsed->outer.sender, vni_of(p, &parsed->outer), out, minds_neighbors(bd));
	return true;
}

static __always_inline bool enter(const struct packet *p, struct decision *out, const struct parsed *parsed)
{
	if (!out->vrf)
		return enter_bridge(p, out, parsed);
	if (!enter_vrf(out))
		return false;
	remember(&parsed->recall, p, &parsed->outer.sender, vni_of(p, &parsed->outer), out, false);
	return true;
}

static __always_inline bool decide_underlay(struct packet *p, const struct vtep_config *config, struct decision *out)
{
	struct parsed parsed = {};

	if (!parse_underlay(p, config, out, &parsed))
		return false;
	return parsed.known ? apply_recent(p, parsed.recall.entry, out) : enter(p, out, &parsed);
}

/* To local ports only (RFC 7432 §11.2, RFC 8365 §5.1). False: the verdict says what becomes of the frame. */
__attribute__((noinline)) int vtep_flood_tc(struct __sk_buff *context, struct decision *out)
{
	struct flood flood = {};
	struct packet p;

	if (!out)
		return false;
	struct vtep_bd *bd = lookup(&vtep1_bd, out->bd);
	__u32 parts = bd ? bd->flood_port_parts : 0;
	packet_open_tc(&p, context);
	bool known = parts && judge_all_ports(out, &flood, parts);
	if (!may_replicate(&p, out, &flood, known) || !arrange_tc(&p, out, 0))
		return false;
	copy_to_all_ports(context, out, &flood, parts);
	end_replication(&p, out, &flood);
	return true;
}

static __always_inline int handle_underlay(struct packet *p)
{
	struct decision out = { .inner_class = -1 };
	struct vtep_config *config = lookup(&vtep1_config, 0);

	if (!config)
		return kernel_keeps(p);
	if (decide_underlay(p, config, &out))
		out.verdict = VERDICT_OPEN;
	if (!p->xdp && out.verdict == VERDICT_FLOOD && vtep_flood_tc(skb_of(p), &out))
		return out.action;
	return carry_on(p, &out);
}

/* Of what is not UDP no more is made readable than tells so: it costs other traffic nothing. */
static __always_inline bool pull_headers(struct packet *p)
{
	if (!packet_pull(p, ETH_HLEN + IPV6_HEADER_BYTES))
		return false;
	struct ethhdr *eth = p->data;
	struct iphdr *ip4 = (void *)(eth + 1);
	struct ipv6hdr *ip6 = (void *)(eth + 1);
	if ((void *)(ip4 + 1) > p->end)
		return true;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return ip4->protocol != IPPROTO_UDP || packet_pull_frame(p, ETH_HLEN + OUTER4_BYTES);
	return ip6->nexthdr != IPPROTO_UDP || packet_pull_frame(p, ETH_HLEN + OUTER6_BYTES);
}

SEC("xdp")
int vtep_uplink_xdp(struct xdp_md *context)
{
	struct packet p;

	packet_open_xdp(&p, context);
	return handle_underlay(&p);
}

/* Kernel >= 5.18: takes frames of any length, and with them any MTU. */
SEC("xdp.frags")
int vtep_uplink_sg(struct xdp_md *context)
{
	struct packet p;

	packet_open_xdp(&p, context);
	p.may_be_pieces = true;
	return handle_underlay(&p);
}

/* A packet that came round is as if its uplink had joined it. */
SEC("tc")
int vtep_uplink_tc(struct __sk_buff *context)
{
	struct vtep_config *config = lookup(&vtep1_config, 0);
	__u32 ifindex = context->ifindex;
	struct packet p;

	if (config && ifindex == config->joined_ifindex)
		ifindex = come_round(context);
	else if (config && config->join_ifindex && vtep_joins(context))
		return bpf_redirect(config->join_ifindex, 0);
	packet_open_tc(&p, context);
	p.ifindex = ifindex;
	if (!pull_headers(&p))
		return kernel_keeps(&p);
	return handle_underlay(&p);
}
