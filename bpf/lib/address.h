/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * MAC addresses as numbers. An FDB key is one 64-bit word: bridge domain in the low
 * 16 bits, then the six bytes of the address, first byte lowest, which is how
 * struct vtep_fdb_key lies in memory.
 */
#ifndef VTEP_ADDRESS_H
#define VTEP_ADDRESS_H

#include "lib/ip.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "keys and token buckets are laid out for little-endian machines"
#endif

/* 01:80:c2:00:00:00 to :0f */
#define RESERVED_MULTICAST_MASK 0xf0ffffffffffULL
#define RESERVED_MULTICAST 0x000000c28001ULL

#define BROADCAST_MAC 0xffffffffffffULL

static __always_inline __u64 fdb_key(__u32 bd, __u64 mac)
{
	return mac << 16 | bd;
}

static __always_inline __u64 mac_of(__u64 key)
{
	return key >> 16;
}

/* The six bytes of an address in a map value. */
static __always_inline __u64 mac_at(const __u8 *bytes)
{
	const __u16 *words = (const __u16 *)bytes;

	return words[0] | (__u64)words[1] << 16 | (__u64)words[2] << 32;
}

static __always_inline bool is_group(__u64 key)
{
	return mac_of(key) & 1;
}

/* Destination and source as the first twelve bytes of a frame. */
static __always_inline void write_addresses(void *at, __u64 destination, __u64 source)
{
	__u32 *words = at;

	words[0] = mac_of(destination);
	words[1] = mac_of(destination) >> 32 | mac_of(source) << 16;
	words[2] = mac_of(source) >> 16;
}

#endif
