/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Repairs frames whose Ethertype is that of the other IP version, counts what it
 * saw, and drops nothing. Alone it hands every frame on to the kernel; in front of
 * a VTEP's own program it hands them on to that, by a tail call.
 */
#include "lib/ethertype_fix.h"
#include <linux/pkt_cls.h>

char vtep_license[] SEC("license") = "Dual BSD/GPL";

const volatile struct vtep_fixer vtep1_fixer = {};

/* The one entry is per CPU: counting costs no atomic. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vtep_fix_counts);
} vtep1_fixed SEC(".maps");

/* The program behind this one; none where the fixer stands alone. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} vtep1_behind SEC(".maps");

static __always_inline void count_frame(__u32 kind)
{
	__u32 only = 0;
	struct vtep_fix_counts *counts = bpf_map_lookup_elem(&vtep1_fixed, &only);

	if (counts && kind < VTEP_FIX_KINDS)
		counts->frames[kind]++;
}

static __always_inline bool fixes_ipv6(void)
{
	return vtep1_fixer.flags & VTEP_FIXER_IPV6;
}

/* Bytes of a frame that came in pieces are counted only for those few that may be broken. */
static __always_inline __u32 length_of(struct xdp_md *context, bool pieces)
{
	return pieces ? bpf_xdp_get_buff_len(context) : context->data_end - context->data;
}

static __always_inline void fix_xdp(struct xdp_md *context, bool pieces)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__be16 *type = find_type(data, end, MOST_TAGS);
	__u32 kind = VTEP_FIX_PASSED;

	if (type && !type_fits(type)) {
		kind = judge_type(type, end, length_of(context, pieces) - ((void *)(type + 1) - data), fixes_ipv6());
		if (is_fixed(kind))
			*type = fixed_type(kind);
	}
	count_frame(kind);
}

SEC("xdp")
int ethertype_xdp(struct xdp_md *context)
{
	fix_xdp(context, false);
	bpf_tail_call_static(context, &vtep1_behind, 0);
	return XDP_PASS;
}

/* Kernel >= 5.18: frames of several buffers, and so any MTU. The kernel lets it hand on only to one that takes them too. */
SEC("xdp.frags")
int ethertype_frags(struct xdp_md *context)
{
	fix_xdp(context, true);
	bpf_tail_call_static(context, &vtep1_behind, 0);
	return XDP_PASS;
}

/*
 * The kernel noted the type before tc ran and reads the bytes again only when a tag comes out of them. So, with the
 * bytes in order, a tag goes in and comes out. One that lies beside the bytes is put back where it was.
 */
static __always_inline bool renew_protocol(struct __sk_buff *skb)
{
	bool beside = skb->vlan_present;

	if (!beside && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 0))
		return false;
	if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 0)) {
		if (!beside)
			bpf_skb_vlan_pop(skb);
		return false;
	}
	if (bpf_skb_vlan_pop(skb))
		return false;
	return beside || !bpf_skb_vlan_pop(skb);
}

/* All of it, or nothing: where the kernel has no memory for the tag, the frame stays as it came. */
static __always_inline bool write_type(struct __sk_buff *skb, __u32 at, __be16 type, __be16 before)
{
	if (bpf_skb_store_bytes(skb, at, &type, sizeof(type), 0))
		return false;
	if (at != VLAN_TAG_AT || renew_protocol(skb))
		return true;
	bpf_skb_store_bytes(skb, at, &before, sizeof(before), 0);
	return false;
}

/* What is readable is enough to see that nothing is wrong, but for frames whose head holds next to nothing. */
static __always_inline bool read_enough(struct __sk_buff *skb)
{
	__u32 wanted = skb->len < FIX_BYTES ? skb->len : FIX_BYTES;

	return skb->data_end - skb->data >= wanted || !bpf_skb_pull_data(skb, wanted);
}

static __always_inline __u32 fix_tc(struct __sk_buff *skb)
{
	if (!read_enough(skb))
		return VTEP_FIX_PASSED;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__be16 *type = skb->vlan_present ? find_type(data, end, MOST_TAGS - 1) : find_type(data, end, MOST_TAGS);

	if (!type || type_fits(type))
		return VTEP_FIX_PASSED;
	__u32 at = (void *)type - data;
	__be16 before = *type;
	__u32 kind = judge_type(type, end, skb->len - at - sizeof(*type), fixes_ipv6());
	if (is_fixed(kind) && !write_type(skb, at, fixed_type(kind), before))
		return VTEP_FIX_SUSPICIOUS;
	return kind;
}

/* TC_ACT_UNSPEC lets the programs behind this one look, under clsact and TCX alike. */
SEC("tc")
int ethertype_tc(struct __sk_buff *skb)
{
	count_frame(fix_tc(skb));
	bpf_tail_call_static(skb, &vtep1_behind, 0);
	return TC_ACT_UNSPEC;
}
