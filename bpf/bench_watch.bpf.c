/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The two eyes of the control plane rows of bench/. Both look at the kernel's
 * own clock, in the moment it happens: how late somebody hears of it does not
 * matter.
 *
 * bench_netlink is the filter of a netlink socket: it sees each notification
 * when the kernel sends it, and keeps all of them, so nobody has to read.
 * bench_arrival is the end of the data path: it says which frame came when, and
 * for which of two VTEPs.
 *
 * MACs are numbered; every `stride`th one is a probe. TWIN of the structs:
 * bench/control/watch.mjs.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_BRIDGE 7
#define PROBES 256
#define VTEPS  2
#define NONE   0xffffffff

enum message {
	BRIDGE_ADDED,
	BRIDGE_GONE,
	DEVICE_ADDED,
	DEVICE_GONE,
	ROUTE_ADDED,
	ROUTE_GONE,
	MESSAGES,
};

struct span {
	__u64 count;
	__u64 first_ns;
	__u64 last_ns;
};

struct watch {
	__u32 mac_prefix; /* the upper three bytes of the MACs that count */
	__u32 stride;
	__u32 probes;
	__u32 pad;
};

const volatile struct watch watch;

#define SHARED(name, entries, value_type)              \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);      \
		__uint(map_flags, BPF_F_MMAPABLE);     \
		__uint(max_entries, entries);          \
		__type(key, __u32);                    \
		__type(value, value_type);             \
	} name SEC(".maps")

SHARED(watch_messages, MESSAGES, struct span);
/* When the kernel first said something of the MAC of each probe. */
SHARED(watch_told, PROBES, __u64);
SHARED(watch_arrivals, VTEPS * PROBES, struct span);

static __always_inline void note(struct span *span, __u64 now)
{
	if (__sync_fetch_and_add(&span->count, 1) == 0)
		span->first_ns = now;
	span->last_ns = now;
}

/* The number of one of our MACs, or NONE. */
static __always_inline __u32 number_of(const __u8 mac[ETH_ALEN])
{
	__u32 prefix = mac[0] << 16 | mac[1] << 8 | mac[2];

	return prefix == watch.mac_prefix ? mac[3] << 16 | mac[4] << 8 | mac[5] : NONE;
}

static __always_inline __u32 probe_of(__u32 number)
{
	__u32 probe = number / watch.stride;

	return number % watch.stride == 0 && probe < watch.probes ? probe : NONE;
}

static __always_inline void count(__u32 message, __u64 now)
{
	struct span *span = bpf_map_lookup_elem(&watch_messages, &message);

	if (span)
		note(span, now);
}

/*
 * The first attribute of a forwarding entry is its MAC; in front of it there
 * may be the namespace that a vxlan device has its socket in.
 */
static __always_inline int read_mac(struct __sk_buff *skb, __u8 mac[ETH_ALEN])
{
	__u32 at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct ndmsg));
	struct nlattr attribute;

	if (bpf_skb_load_bytes(skb, at, &attribute, sizeof(attribute)))
		return -1;
	if (attribute.nla_type == NDA_LINK_NETNSID) {
		at += NLA_HDRLEN + sizeof(__s32);
		if (bpf_skb_load_bytes(skb, at, &attribute, sizeof(attribute)))
			return -1;
	}
	if (attribute.nla_type != NDA_LLADDR || attribute.nla_len != NLA_HDRLEN + ETH_ALEN)
		return -1;
	return bpf_skb_load_bytes(skb, at + NLA_HDRLEN, mac, ETH_ALEN);
}

static __always_inline void take_entry(struct __sk_buff *skb, __u32 gone, __u64 now)
{
	struct ndmsg entry;
	__u8 mac[ETH_ALEN];
	__u32 probe;
	__u64 *told;

	if (bpf_skb_load_bytes(skb, NLMSG_HDRLEN, &entry, sizeof(entry)) || entry.ndm_family != AF_BRIDGE)
		return;
	if (read_mac(skb, mac) || number_of(mac) == NONE)
		return;
	count((entry.ndm_flags & NTF_SELF ? DEVICE_ADDED : BRIDGE_ADDED) + gone, now);
	probe = probe_of(number_of(mac));
	told = bpf_map_lookup_elem(&watch_told, &probe);
	if (told && *told == 0)
		*told = now;
}

SEC("socket")
int bench_netlink(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	struct nlmsghdr header;

	if (bpf_skb_load_bytes(skb, 0, &header, sizeof(header)))
		return 0;
	switch (header.nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		take_entry(skb, header.nlmsg_type == RTM_DELNEIGH, now);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		count(header.nlmsg_type == RTM_DELROUTE ? ROUTE_GONE : ROUTE_ADDED, now);
		break;
	}
	return 0;
}

/* Offsets in a VXLAN packet over IPv4: the last byte of the VTEP's address, and the inner destination. */
#define VTEP_AT  (ETH_HLEN + 19)
#define INNER_AT (ETH_HLEN + 20 + 8 + 8)

SEC("tc")
int bench_arrival(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	__u8 mac[ETH_ALEN], vtep;
	struct span *span;
	__u32 probe;

	if (bpf_skb_load_bytes(skb, VTEP_AT, &vtep, sizeof(vtep)) ||
	    bpf_skb_load_bytes(skb, INNER_AT, mac, sizeof(mac)) || number_of(mac) == NONE)
		return TC_ACT_OK;
	probe = probe_of(number_of(mac));
	if (probe == NONE)
		return TC_ACT_OK;
	probe += (vtep & 1) * PROBES;
	span = bpf_map_lookup_elem(&watch_arrivals, &probe);
	if (span)
		note(span, now);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
