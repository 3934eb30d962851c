/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A port that has all the sources it may, and is shut by one more: from the frame of
 * such a source on, everything that comes in there is for the engine to judge. It sees
 * the frames in their order, so it shuts the port before it sees what hosts sent
 * afterwards that had been admitted, however long its turn is in coming.
 */
#ifndef VTEP_DOUBT_H
#define VTEP_DOUBT_H

#include "lib/decision.h"
#include "lib/maps.h"
#include "lib/tick.h"

/* The engine has judged by then, or has lost the frame, and hears of the next. */
#define DOUBT_TICKS 10

static __always_inline bool is_doubted(const struct vtep_port *port, __u32 index)
{
	if (!(port->flags & VTEP_PORT_SHUTS))
		return false;
	__u32 *since = lookup(&vtep1_doubt, index);

	return since && *since && tick_now() - *since < DOUBT_TICKS;
}

/* What is remembered of the port's hosts holds no longer either. */
static __always_inline void doubt(__u32 index)
{
	__u32 *since = lookup(&vtep1_doubt, index), *generation = lookup(&vtep1_generation, 0);

	if (!since || !generation)
		return;
	*since = tick_now();
	__sync_fetch_and_add(generation, 1);
}

#endif
