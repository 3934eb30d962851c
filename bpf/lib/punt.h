/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Hands a frame to the engine: an 802.1ad tag in front (VID = interface slot, PCP and
 * DEI = punt class), and out of the TAP that leads there. A token bucket per interface
 * and class keeps a flood from starving other ports, and other kinds of frames.
 */
#ifndef VTEP_PUNT_H
#define VTEP_PUNT_H

#include "lib/counters.h"
#include "lib/decision.h"
#include "lib/maps.h"
#include "lib/packet.h"
#include "lib/tick.h"

#define PUNT_CLASS_SHIFT 12
_Static_assert(VTEP_PUNT_CLASSES <= 16, "a punt class has four bits of the tag");

/* Another CPU changed the bucket meanwhile: so often is it tried again. */
#define BUCKET_ATTEMPTS 4

/* What the bucket holds now. The clock of another CPU may be one tick ahead. */
static __always_inline __u64 tokens_at(__u64 bucket, __u32 now, const struct vtep_punt_rate *rate)
{
	int elapsed = now - (__u32)bucket;
	__u64 tokens = (bucket >> 32) + (elapsed > 0 ? (__u64)elapsed * rate->per_tick : 0);
	return tokens < rate->burst ? tokens : rate->burst;
}

/* Takes a token per frame; the last ones let a whole super-packet through. */
static __always_inline bool take_tokens(const struct decision *out)
{
	__u32 class = out->reason, index = out->slot * VTEP_PUNT_CLASSES + class, now = tick_now();
	struct vtep_punt_rate *rate = lookup(&vtep1_punt_rate, class);
	__u64 *bucket = lookup(&vtep1_bucket, index);

	if (!rate || !bucket)
		return false;
#pragma unroll
	for (int attempt = 0; attempt < BUCKET_ATTEMPTS; attempt++) {
		__u64 before = *(volatile __u64 *)bucket, tokens = tokens_at(before, now, rate);
		if (tokens == 0)
			return false;
		__u64 left = tokens > out->packets ? tokens - out->packets : 0;
		if (__sync_val_compare_and_swap(bucket, before, left << 32 | now) == before)
			return true;
	}
	return false;
}

static __always_inline bool push_punt_tag(struct packet *p, __u16 tci)
{
	if (!p->xdp)
		return !bpf_skb_vlan_push(skb_of(p), bpf_htons(ETH_P_8021AD), tci);
	if (bpf_xdp_adjust_head(xdp_of(p), -VLAN_TAG_BYTES))
		return false;
	packet_reload(p);
	__u32 *words = p->data;
	if ((void *)(words + 4) > p->end)
		return false;
	words[0] = words[1];
	words[1] = words[2];
	words[2] = words[3];
	words[3] = bpf_htonl((__u32)ETH_P_8021AD << 16 | tci);
	return true;
}

static __always_inline void count_punt(const struct decision *out)
{
	__u64 *punts = lookup(&vtep1_punts, out->reason);
	if (punts)
		*punts += out->packets;
}

#endif
