/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Takes the outer header off in tc. Refuses frames whose socket buffer the kernel
 * cannot shrink: they go to the engine.
 */
#ifndef VTEP_STRIP_H
#define VTEP_STRIP_H

#include "lib/decision.h"
#include "lib/packet.h"

/* Not in the headers of every build machine; kernel >= 6.3. */
#define ROOM_DECAP_IPV4 (1ULL << 7)
#define ROOM_DECAP_IPV6 (1ULL << 8)

/*
 * NO_CSUM_RESET and the level say what the kernel's own decapsulation says: the
 * outer checksum is spent, what a device verified of the inner one holds.
 */
static __always_inline bool strip_tc(const struct packet *p, const struct decision *out)
{
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET;
	bool outer6 = out->inner_offset == ETH_HLEN + OUTER6_BYTES;

	if (outer6 && out->ether_type != bpf_htons(ETH_P_IPV6))
		flags |= ROOM_DECAP_IPV4;
	if (!outer6 && out->ether_type == bpf_htons(ETH_P_IPV6))
		flags |= ROOM_DECAP_IPV6;
	if (bpf_skb_adjust_room(skb_of(p), -(int)out->inner_offset, BPF_ADJ_ROOM_MAC, flags))
		return false;
	bpf_csum_level(skb_of(p), BPF_CSUM_LEVEL_DEC);
	return true;
}

#endif
