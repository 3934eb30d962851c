/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The maps of both objects: what src/tables holds, as the programs read it. The
 * driver (src/dataplane/ebpf/maps.ts) writes them; programs write only time
 * stamps, counters and token buckets. Names carry the ABI major.
 */
#ifndef VTEP_MAPS_H
#define VTEP_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "abi/vtep_abi.h"

#define VTEP_ARRAY(name, entries, value_type)          \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);      \
		__uint(max_entries, entries);          \
		__type(key, __u32);                    \
		__type(value, value_type);             \
	} name SEC(".maps")

#define VTEP_PER_CPU(name, entries, value_type)        \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, entries);          \
		__type(key, __u32);                    \
		__type(value, value_type);             \
	} name SEC(".maps")

#define VTEP_HASH(name, entries, key_type, value_type) \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_HASH);       \
		__uint(max_entries, entries);          \
		__uint(map_flags, BPF_F_NO_PREALLOC);  \
		__type(key, key_type);                 \
		__type(value, value_type);             \
	} name SEC(".maps")

VTEP_ARRAY(vtep1_config, 1, struct vtep_config);

/* key: ifindex */
VTEP_HASH(vtep1_interface, VTEP_MAX_INTERFACES, __u32, struct vtep_interface);
/* value: port. No entries for interfaces that the engine carries, so that a miss leads to vtep1_interface. */
VTEP_HASH(vtep1_tag, VTEP_MAX_PORTS, struct vtep_tag_key, __u32);
VTEP_ARRAY(vtep1_port, VTEP_MAX_PORTS, struct vtep_port);
/* By port, the programs' own: the tick in which a source came that shuts it; 0 = none has (lib/doubt.h). */
VTEP_ARRAY(vtep1_doubt, VTEP_MAX_PORTS, __u32);

VTEP_ARRAY(vtep1_bd, VTEP_MAX_BDS, struct vtep_bd);
/* Every domain may have an L2 VNI, every VRF an L3 VNI. */
VTEP_HASH(vtep1_vni, VTEP_MAX_BDS + VTEP_MAX_VRFS, __u32, struct vtep_vni);

VTEP_HASH(vtep1_flood, VTEP_MAX_FLOOD_PARTS, struct vtep_flood_key, struct vtep_flood);

VTEP_HASH(vtep1_fdb, VTEP_MAX_FDB, struct vtep_fdb_key, struct vtep_fdb_value);

/* Address of a remote VTEP -> its index */
VTEP_HASH(vtep1_address, VTEP_MAX_VTEPS, struct vtep_address, __u32);
VTEP_ARRAY(vtep1_remote, VTEP_MAX_VTEPS, struct vtep_remote);
VTEP_ARRAY(vtep1_segment, VTEP_MAX_SEGMENTS, struct vtep_segment);
VTEP_ARRAY(vtep1_group, VTEP_MAX_GROUPS, struct vtep_group);
VTEP_ARRAY(vtep1_adjacency, VTEP_MAX_ADJACENCIES, struct vtep_adjacency);

/* Changes whenever an entry of these tables has: then nothing that was remembered holds. */
VTEP_ARRAY(vtep1_generation, 1, __u32);

/*
 * Whether a CPU may remember what the tables said. Not where one program can interrupt
 * another on its CPU (PREEMPT_RT): what is remembered has no lock, and a frame would be
 * sent where another one's entry said. A constant, so that it costs nothing.
 */
const volatile __u32 vtep1_remembers = 1;

VTEP_ARRAY(vtep1_vrf, VTEP_MAX_VRFS, struct vtep_vrf);
VTEP_HASH(vtep1_host, VTEP_MAX_HOSTS, struct vtep_host_key, struct vtep_host);
VTEP_ARRAY(vtep1_route, VTEP_MAX_ROUTES, struct vtep_route);
VTEP_ARRAY(vtep1_path, VTEP_MAX_PATHS, struct vtep_path);

/* Prefix -> route */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, VTEP_MAX_PREFIXES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vtep_prefix_key);
	__type(value, __u32);
} vtep1_prefix SEC(".maps");

/* Interfaces that XDP may send to, by ifindex. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, VTEP_MAX_INTERFACES);
	__type(key, __u32);
	__type(value, __u32);
} vtep1_devmap SEC(".maps");

VTEP_PER_CPU(vtep1_c_port, VTEP_MAX_PORTS, struct vtep_traffic);
VTEP_PER_CPU(vtep1_c_vtep, VTEP_MAX_VTEPS, struct vtep_traffic);
VTEP_PER_CPU(vtep1_c_bd, VTEP_MAX_BDS, struct vtep_traffic);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, VTEP_MAX_DROP_COUNTERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct vtep_drop_key);
	__type(value, __u64);
} vtep1_drop SEC(".maps");

/* By punt class. */
VTEP_PER_CPU(vtep1_punts, VTEP_PUNT_CLASSES, __u64);
VTEP_ARRAY(vtep1_punt_rate, VTEP_PUNT_CLASSES, struct vtep_punt_rate);
/* slot * VTEP_PUNT_CLASSES + class -> struct vtep_punt_bucket, as one word so that it can be swapped atomically */
VTEP_ARRAY(vtep1_bucket, VTEP_MAX_INTERFACES * VTEP_PUNT_CLASSES, __u64);

/*
 * Lookups by number go through here: a key must be in memory, and were it a member
 * of struct packet or decision, the compiler would have to keep all of that there.
 */
static __always_inline void *lookup(void *map, __u32 index)
{
	return bpf_map_lookup_elem(map, &index);
}

/*
 * No table is read until the generation was: on machines that reorder loads, this keeps
 * them apart. `own` is this CPU's, so that it costs no other CPU a cache line.
 */
static __always_inline void read_generation_first(__u32 *own)
{
	__u32 before = __sync_fetch_and_add(own, 0);

	asm volatile("" : : "r"(before));
}

static __always_inline struct vtep_fdb_value *fdb_find(__u64 key)
{
	return bpf_map_lookup_elem(&vtep1_fdb, &key);
}

#endif
