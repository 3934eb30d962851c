/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Behind the fixer at tc: what the kernel will take the frame for. And an XDP program of somebody else. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct seen {
	__u16 protocol;
	__u16 tag; /* type of the tag beside the bytes */
	__u32 tci;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32); /* length of the frame */
	__type(value, struct seen);
} seen_frames SEC(".maps");

SEC("tc")
int watch(struct __sk_buff *skb)
{
	__u32 length = skb->len;
	struct seen seen = { .protocol = bpf_ntohs((__u16)skb->protocol) };

	if (skb->vlan_present) {
		seen.tag = bpf_ntohs((__u16)skb->vlan_proto);
		seen.tci = skb->vlan_tci;
	}
	bpf_map_update_elem(&seen_frames, &length, &seen, BPF_ANY);
	return TC_ACT_UNSPEC;
}

SEC("xdp")
int somebody_else(struct xdp_md *context)
{
	(void)context;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
