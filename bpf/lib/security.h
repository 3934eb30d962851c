/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Admission of source addresses. Only sources that stand in the FDB at the right
 * place pass here; whether another may enter is the engine's to say, because
 * admission and learning are one step. TWIN: src/engine/security.ts.
 */
#ifndef VTEP_SECURITY_H
#define VTEP_SECURITY_H

#include "lib/address.h"
#include "lib/decision.h"
#include "lib/doubt.h"
#include "lib/maps.h"
#include "lib/tick.h"

static __always_inline bool is_gateway_mac(const struct vtep_bd *bd, __u64 key)
{
	return (bd->flags & VTEP_BD_GATEWAY) && mac_of(key) == mac_at(bd->gateway_mac);
}

/* Writes ten times a second at most, so that the entry's cache line stays shared between CPUs. */
static __always_inline void refresh(struct vtep_fdb_value *entry)
{
	__u32 tick = tick_now();
	if (entry->last_seen_tick != tick)
		entry->last_seen_tick = tick;
}

static __always_inline bool admit_local(struct decision *out, const struct vtep_bd *bd, __u32 port_flags)
{
	/* The gateway's MAC is the same on every VTEP: from a host it would draw everybody's traffic. */
	if (is_gateway_mac(bd, out->source))
		return refuse(out, VTEP_DROP_SOURCE_INVALID);
	struct vtep_fdb_value *entry = fdb_find(out->source);
	if (entry && entry->kind == VTEP_FDB_LOCAL && entry->target == out->port) {
		refresh(entry);
		return true;
	}
	if (!entry && !(port_flags & (VTEP_PORT_LEARNING | VTEP_PORT_SECURED)))
		return true;
	if (!entry && (port_flags & VTEP_PORT_SHUTS))
		doubt(out->port);
	return punt(out, VTEP_PUNT_LEARN);
}

/* Tunnels teach MACs only in flood-and-learn domains (RFC 7348 §4.1); a sender that nobody named is news there too. */
static __always_inline bool admit_remote(struct decision *out, const struct vtep_bd *bd)
{
	if (!(bd->flags & VTEP_BD_LEARN_REMOTE))
		return true;
	/* Another VTEP's gateway asks for a host: as valid as ours, and nowhere in particular (RFC 9135 §6.1). */
	if (is_gateway_mac(bd, out->source))
		return true;
	if (out->vtep == 0)
		return punt(out, VTEP_PUNT_LEARN);
	struct vtep_fdb_value *entry = fdb_find(out->source);
	if (entry && entry->kind == VTEP_FDB_REMOTE && entry->target == out->vtep) {
		refresh(entry);
		return true;
	}
	return punt(out, VTEP_PUNT_LEARN);
}

#endif
