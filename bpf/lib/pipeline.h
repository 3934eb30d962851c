/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The way of an admitted frame, whichever side it came from: answered, routed or
 * bridged. TWIN: decideInDomain in src/engine/pipeline.ts.
 */
#ifndef VTEP_PIPELINE_H
#define VTEP_PIPELINE_H

#include "lib/bridge.h"
#include "lib/decision.h"
#include "lib/irb.h"
#include "lib/neighbors.h"
#include "lib/security.h"

/* Of a frame that is in a bridge domain. */
static __always_inline bool enter_domain(const struct packet *p, struct decision *out, const struct vtep_bd *bd)
{
	if (concerns_neighbors(p, bd, out))
		return punt(out, VTEP_PUNT_NEIGHBOR);
	out->vni = bd->vni;
	out->vrf = bd->vrf;
	out->routing = is_gateway_mac(bd, out->destination);
	return true;
}

static __always_inline bool forward(const struct packet *p, const struct vtep_config *config, struct decision *out)
{
	if (out->routing && !route(p, out))
		return false;
	return decide_destination(p, config, out);
}

#endif
