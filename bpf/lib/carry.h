/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The second half of each program: from what is known of an admitted frame to where
 * it goes, and there. A function that the verifier walks once, with nothing known of
 * its arguments, and not once for each way in which a frame may have been admitted.
 */
#ifndef VTEP_CARRY_H
#define VTEP_CARRY_H

#include "lib/decision.h"
#include "lib/pipeline.h"
#include "lib/verdict.h"

static __always_inline int carry(struct packet *p, const struct decision *found)
{
	struct decision out = *found;
	struct way way = {};
	struct vtep_config *config = lookup(&vtep1_config, 0);

	if (!config)
		return kernel_keeps(p);
	out.way = &way;
	packet_enter(p, out.inner_offset);
	if (out.verdict == VERDICT_OPEN)
		forward(p, config, &out);
	else if (out.verdict != VERDICT_DROP)
		out.verdict = VERDICT_PUNT; /* and the verifier knows that no other step is meant */
	return execute(p, config, &out);
}

__attribute__((noinline)) int vtep_carry_xdp(struct xdp_md *context, struct decision *found)
{
	struct packet p;

	if (!found)
		return XDP_ABORTED;
	packet_open_xdp(&p, context);
	return carry(&p, found);
}

__attribute__((noinline)) int vtep_carry_tc(struct __sk_buff *context, struct decision *found)
{
	struct packet p;

	if (!found)
		return TC_ACT_SHOT;
	packet_open_tc(&p, context);
	return carry(&p, found);
}

/* Nothing is counted yet, and nothing changed: what was found out about a frame in pieces is forgotten. */
static __always_inline int carry_on(const struct packet *p, struct decision *out)
{
	if (out->verdict == VERDICT_PASS || is_in_pieces(p))
		return kernel_keeps(p);
	return p->xdp ? vtep_carry_xdp(xdp_of(p), out) : vtep_carry_tc(skb_of(p), out);
}

#endif
