/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Per-CPU counters with the meaning of src/engine/effects.ts (arrivals and drops)
 * and execute.ts (departures). Bytes are those of the inner, untagged frame. A super-packet counts as the frames it becomes. A
 * punted frame is counted by the engine, not here.
 */
#ifndef VTEP_COUNTERS_H
#define VTEP_COUNTERS_H

#include "lib/decision.h"
#include "lib/maps.h"

static __always_inline void count_receive(void *map, __u32 index, const struct decision *out)
{
	struct vtep_traffic *traffic = lookup(map, index);
	if (!traffic)
		return;
	traffic->rx_packets += out->packets;
	traffic->rx_bytes += out->bytes;
}

static __always_inline void count_transmit(void *map, __u32 index, const struct decision *out)
{
	struct vtep_traffic *traffic = lookup(map, index);
	if (!traffic)
		return;
	traffic->tx_packets += out->packets;
	traffic->tx_bytes += out->bytes;
}

static __always_inline void account_arrival(const struct decision *out)
{
	if (out->port)
		count_receive(&vtep1_c_port, out->port, out);
	if (!out->vtep)
		return;
	count_receive(&vtep1_c_vtep, out->vtep, out);
	if (out->ingress_bd)
		count_receive(&vtep1_c_bd, out->ingress_bd, out);
}

/* Of `copies` of the frame. */
static __always_inline void count_drops(__u32 reason, const struct decision *out, __u32 copies)
{
	struct vtep_drop_key key = { .reason = reason, .slot = out->slot, .bd = out->ingress_bd };
	__u64 *drops = bpf_map_lookup_elem(&vtep1_drop, &key);

	if (!drops) {
		__u64 none = 0;
		bpf_map_update_elem(&vtep1_drop, &key, &none, BPF_NOEXIST);
		drops = bpf_map_lookup_elem(&vtep1_drop, &key);
	}
	if (drops)
		*drops += (__u64)out->packets * copies;
}

static __always_inline void count_drop(__u32 reason, const struct decision *out)
{
	count_drops(reason, out, 1);
}

#endif
