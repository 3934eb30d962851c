/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Sends what comes in by a device of ours out of another interface, as it is:
 * the userspace data path writes super-packets of the tunnel into a TAP device,
 * because no socket takes them. The writer sets the egress before each write,
 * which runs this program before it returns. Decides nothing.
 *
 * It sends a clone, because only so the program learns of a failure.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

/* Shared with the process, which sets the one and reads the other. */
struct {
	__u32 egress_ifindex;
	__u32 failures;
} relay;

SEC("tc")
int vtep_relay(struct __sk_buff *skb)
{
	if (bpf_clone_redirect(skb, relay.egress_ifindex, 0))
		relay.failures++;
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
