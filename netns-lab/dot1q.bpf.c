/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * 802.1Q sub-interfaces for lab nodes, on kernels without the 8021q module: a veth pair per VLAN whose inner end is
 * joined to the trunk by this program. It keeps no state: the lab gives a trunk the interface index 1000 * T and the
 * inner end of its VLAN V the index 10000 * T + V, so every answer is arithmetic. Untagged frames stay the trunk's own.
 * A frame of a VLAN that nobody has is redirected to an index that does not exist, which drops it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TRUNK_STEP 1000
#define INNER_STEP 10000
#define VID_MASK 0xfff

SEC("tc")
int dot1q(struct __sk_buff *skb)
{
	__u32 index = skb->ifindex;
	__u32 vid;

	if (index >= INNER_STEP) {
		vid = index % INNER_STEP;
		if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), vid))
			return TC_ACT_SHOT;
		return bpf_redirect(index / INNER_STEP * TRUNK_STEP, 0);
	}
	if (!skb->vlan_present)
		return TC_ACT_OK;
	vid = skb->vlan_tci & VID_MASK;
	if (bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
	return bpf_redirect(index / TRUNK_STEP * INNER_STEP + vid, 0);
}

char LICENSE[] SEC("license") = "GPL";
