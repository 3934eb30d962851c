/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Keeps the kernel's own stack away from the frames of an access port that the
 * userspace data path reads by AF_PACKET. A packet socket only gets a copy: the
 * original would go on, and the stack would answer ARP for the VTEP's addresses
 * or take a tenant's router advertisement for its own. Packet sockets see a
 * frame before tc ingress does, so dropping here costs them nothing.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int vtep_guard(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
