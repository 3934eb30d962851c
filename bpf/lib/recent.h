/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What this CPU found out about the last pairs of addresses: where such a frame comes
 * from, that its source is admitted, and where its destination is. The next frame of
 * the pair then costs one look into an array in place of three or four hash lookups.
 *
 * Sound because nothing is remembered but what depends on the key alone, and the driver
 * changes the generation after each change of a table (src/dataplane/ebpf/apply.ts). It
 * is read before the tables are: what they said meanwhile is remembered as outdated.
 */
#ifndef VTEP_RECENT_H
#define VTEP_RECENT_H

#include "lib/address.h"
#include "lib/decision.h"
#include "lib/maps.h"
#include "lib/neighbors.h"
#include "lib/packet.h"

/* In `number`, which otherwise is a VNI of 24 bits. */
#define RECENT_ACCESS (1U << 31)

/*
 * After so many jiffies the FDB is asked again, and with that the source's time stamp is
 * renewed: 32 to 320 ms, by the kernel's HZ. PERF: the coarse clock and its division by
 * 100 ms cost 8 ns a frame, jiffies one load.
 */
#define RECENT_JIFFIES 32

enum recent_flag {
	RECENT_ROUTED = 1,    /* to be routed in `vrf`: no target */
	RECENT_NEIGHBORS = 2, /* ARP and ND of the domain are the engine's */
};

/*
 * What all tables said of a pair of addresses at one place, as long as none of them has changed.
 * The first members are the key, `generation` and `since` say how long it is worth something.
 */
struct recent {
	__u64 sender[2];    /* address of the sending VTEP; 0 on an access port */
	__u32 addresses[3]; /* destination and source as they stand in the inner frame */
	__u32 ifindex;      /* 0 = nothing is remembered */
	__u32 number;       /* VNI, or RECENT_ACCESS and the port's VLAN */
	__u32 generation;
	__u32 since;        /* jiffies */
	__u32 vni;
	__u16 origin;       /* ingress port, or VTEP */
	__u16 slot;
	__u16 bd;
	__u16 vrf;
	__u16 target;
	__u8 kind;          /* enum vtep_fdb_kind */
	__u8 flags;
	__u32 pad;
};

/*
 * VTEP_RECENT_PAIRS for each CPU, which the driver multiplies. Not per CPU by type, which
 * costs another load for each lookup; mapped memory begins with a cache line, an entry is one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VTEP_RECENT_PAIRS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct recent);
} vtep1_recent SEC(".maps");

/* Of the VTEP that sent it; nobody's on an access port. */
struct sender {
	__u64 address[2]; /* as struct vtep_address lies in memory */
};

struct recall {
	struct recent *entry; /* where the pair is, or goes; NULL where nothing can be remembered */
	__u32 generation;
};

static __always_inline __u32 recent_index(const __u32 *words, __u32 ifindex, __u32 number)
{
	__u64 mixed = ((__u64)words[2] << 32 | words[0]) * 0x9e3779b97f4a7c15ULL;

	mixed ^= mixed >> 32;
	mixed += words[1] + ((__u64)number << 32 | ifindex);
	mixed *= 0xd6e8feb86659fd93ULL;
	return bpf_get_smp_processor_id() * VTEP_RECENT_PAIRS + (mixed >> 32 & (VTEP_RECENT_PAIRS - 1));
}

/* `eth`: addresses of the inner frame, which are readable. True: `recall->entry` is about this pair. */
static __always_inline bool find_recent(const struct packet *p, const void *eth, const struct sender *sender, __u32 number,
					struct recall *recall)
{
	const __u32 *words = eth;
	__u32 *generation = lookup(&vtep1_generation, 0);
	struct recent *entry = lookup(&vtep1_recent, recent_index(words, p->ifindex, number));

	if (!vtep1_remembers || !generation || !entry)
		return false;
	recall->entry = entry;
	recall->generation = *(volatile __u32 *)generation;
	bool same = entry->addresses[0] == words[0] && entry->addresses[1] == words[1] && entry->addresses[2] == words[2];
	if (same && entry->ifindex == p->ifindex && entry->number == number && entry->sender[0] == sender->address[0] &&
	    entry->sender[1] == sender->address[1] && entry->generation == recall->generation &&
	    (__u32)bpf_jiffies64() - entry->since < RECENT_JIFFIES)
		return true;
	read_generation_first(&entry->since);
	return false;
}

/* Where the frame came in. */
static __always_inline void place_recent(const struct recent *entry, struct decision *out)
{
	out->bd = entry->bd;
	out->ingress_bd = entry->bd;
	out->vrf = entry->vrf;
}

/* What the tables would say of its addresses. False where the engine is to have the frame. */
static __always_inline bool apply_recent(const struct packet *p, const struct recent *entry, struct decision *out)
{
	out->vni = entry->vni;
	out->kind = entry->kind;
	out->target = entry->target;
	out->routing = entry->flags & RECENT_ROUTED;
	if ((entry->flags & RECENT_NEIGHBORS) && is_neighbor_protocol(p, out))
		return punt(out, VTEP_PUNT_NEIGHBOR);
	return true;
}

/* Of a frame that is admitted, with its way known as far as its addresses tell. */
static __always_inline void remember(const struct recall *recall, const struct packet *p, const struct sender *sender,
				     __u32 number, const struct decision *out, bool minds_neighbors)
{
	struct recent *entry = recall->entry;

	if (!entry || out->kind == VTEP_FDB_HELD)
		return;
	write_addresses(entry->addresses, out->destination, out->source);
	entry->sender[0] = sender->address[0];
	entry->sender[1] = sender->address[1];
	entry->ifindex = p->ifindex;
	entry->number = number;
	entry->generation = recall->generation;
	entry->since = bpf_jiffies64();
	entry->vni = out->vni;
	entry->origin = out->port ? out->port : out->vtep;
	entry->slot = out->slot;
	entry->bd = out->bd;
	entry->vrf = out->vrf;
	entry->target = out->target;
	entry->kind = out->kind;
	entry->flags = (minds_neighbors ? RECENT_NEIGHBORS : 0) | (out->routing ? RECENT_ROUTED : 0);
}

#endif
