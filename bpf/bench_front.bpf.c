/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the Ethertype fixer of bench/ is held against: a program that does
 * nothing. Like the fixer it hands frames on to the sink by a tail call, where
 * there is one.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} behind_front SEC(".maps");

SEC("xdp")
int bench_front_xdp(struct xdp_md *ctx)
{
	bpf_tail_call_static(ctx, &behind_front, 0);
	return XDP_PASS;
}

SEC("tc")
int bench_front_tc(struct __sk_buff *skb)
{
	bpf_tail_call_static(skb, &behind_front, 0);
	return TC_ACT_UNSPEC;
}

/* Alone: nothing at all. */
SEC("xdp")
int bench_nothing(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
