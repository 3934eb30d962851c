/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The fault that the lab ethertype-fix is about: at a port's egress, IPv4 packets get the Ethertype of IPv6, behind
 * tags too. Everything else leaves as it is.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TYPE_AT 12
#define TAG_BYTES 4

SEC("tc")
int wrong_ethertype(struct __sk_buff *skb)
{
	const __be16 wrong = bpf_htons(ETH_P_IPV6);

	for (__u32 at = TYPE_AT; at <= TYPE_AT + 2 * TAG_BYTES; at += TAG_BYTES) {
		__be16 type;

		if (bpf_skb_load_bytes(skb, at, &type, sizeof(type)))
			return TC_ACT_OK;
		if (type == bpf_htons(ETH_P_IP)) {
			bpf_skb_store_bytes(skb, at, &wrong, sizeof(wrong), 0);
			return TC_ACT_OK;
		}
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			return TC_ACT_OK;
	}
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
