/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What this CPU found out about the last destinations of routed packets: the longest
 * match, and of a host in a subnet of ours the way to it. Sound for the reasons that
 * recent.h gives. Without time limit: nothing here is stamped.
 */
#ifndef VTEP_RECENT_HOST_H
#define VTEP_RECENT_HOST_H

#include "lib/decision.h"
#include "lib/maps.h"

struct recent_host {
	__u64 address[2];
	__u64 destination; /* of a neighbour: what struct decision says of it */
	__u64 source;
	__u32 vrf;         /* 0 = nothing is remembered */
	__u32 generation;
	__u32 vni;
	__u16 route;       /* of all others */
	__u16 bd;
	__u16 target;
	__u8 host_kind;    /* enum vtep_host_kind */
	__u8 kind;         /* enum vtep_fdb_kind */
	__u64 pad;
};

/* As vtep1_recent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VTEP_RECENT_HOSTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct recent_host);
} vtep1_rec_host SEC(".maps");

struct host_recall {
	struct recent_host *entry; /* NULL where nothing can be remembered */
	__u32 generation;
};

static __always_inline __u32 recent_host_index(const __u64 *address, __u32 vrf)
{
	__u64 mixed = (address[0] + vrf) * 0x9e3779b97f4a7c15ULL;

	mixed = (mixed ^ mixed >> 32 ^ address[1]) * 0xd6e8feb86659fd93ULL;
	return bpf_get_smp_processor_id() * VTEP_RECENT_HOSTS + (mixed >> 40 & (VTEP_RECENT_HOSTS - 1));
}

/* True: `recall->entry` is about this destination. */
static __always_inline bool find_recent_host(const __u64 *address, __u32 vrf, struct host_recall *recall)
{
	__u32 *generation = lookup(&vtep1_generation, 0);
	struct recent_host *entry = lookup(&vtep1_rec_host, recent_host_index(address, vrf));

	if (!vtep1_remembers || !generation || !entry)
		return false;
	recall->entry = entry;
	recall->generation = *(volatile __u32 *)generation;
	if (entry->vrf == vrf && entry->address[0] == address[0] && entry->address[1] == address[1] &&
	    entry->generation == recall->generation)
		return true;
	read_generation_first(&entry->generation);
	return false;
}

/* The key, with nothing said yet. */
static __always_inline void begin_host(const struct host_recall *recall, const __u64 *address, __u32 vrf, __u32 host_kind)
{
	struct recent_host *entry = recall->entry;

	entry->address[0] = address[0];
	entry->address[1] = address[1];
	entry->vrf = vrf;
	entry->generation = recall->generation;
	entry->host_kind = host_kind;
}

static __always_inline void remember_route(const struct host_recall *recall, const __u64 *address, __u32 vrf, __u32 route)
{
	if (!recall->entry)
		return;
	begin_host(recall, address, vrf, VTEP_HOST_ROUTE);
	recall->entry->route = route;
}

/* Once its MAC address was found in its domain. */
static __always_inline void remember_neighbor(const struct host_recall *recall, const __u64 *address, __u32 vrf,
					      const struct decision *out)
{
	struct recent_host *entry = recall->entry;

	if (!entry || out->kind == VTEP_FDB_HELD)
		return;
	begin_host(recall, address, vrf, VTEP_HOST_NEIGHBOR);
	entry->destination = out->destination;
	entry->source = out->source;
	entry->vni = out->vni;
	entry->bd = out->bd;
	entry->target = out->target;
	entry->kind = out->kind;
}

static __always_inline void apply_neighbor(const struct recent_host *entry, struct decision *out)
{
	out->bd = entry->bd;
	out->destination = entry->destination;
	out->source = entry->source;
	out->routed = true;
	out->vni = entry->vni;
	out->kind = entry->kind;
	out->target = entry->target;
}

#endif
