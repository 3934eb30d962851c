/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The least that a data path of bench/ can do: every frame out of one
 * interface, untouched. What generator, interfaces and sink cost is measured
 * with it, and what a VTEP costs is what comes on top. For floods: every frame
 * as many times as there are VTEPs, untouched too.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#define MAX_COPIES 512

const volatile __u32 egress_ifindex;
const volatile __u32 copies;

SEC("xdp")
int bench_redirect_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return bpf_redirect(egress_ifindex, 0);
}

SEC("tc")
int bench_redirect_tc(struct __sk_buff *skb)
{
	(void)skb;
	return bpf_redirect(egress_ifindex, 0);
}

SEC("tc")
int bench_clone_tc(struct __sk_buff *skb)
{
	for (__u32 clone = 1; clone < MAX_COPIES && clone < copies; clone++)
		bpf_clone_redirect(skb, egress_ifindex, 0);
	return bpf_redirect(egress_ifindex, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
