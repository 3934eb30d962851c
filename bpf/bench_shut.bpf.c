/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The end of the path while a port is flooded that port security shuts: which of
 * its frames still came, and when the last one did. Frames of source number 0 are
 * the admitted host's; all others violate. TWIN of the structs: bench/datapath/shut.mjs.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct shut {
	__u32 mark_at;
	__u32 mark;
	__u32 frame_bytes;
	__u32 source_at; /* the last four bytes of the source MAC */
};

struct passed {
	__u64 admitted;
	__u64 violating;
	__u64 last_ns;
};

const volatile struct shut shut;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct passed);
} shut_passed SEC(".maps");

/* One CPU carries all of the flood. */
static __always_inline int note(void *data, void *data_end, __u32 length)
{
	__u32 zero = 0;
	struct passed *passed = bpf_map_lookup_elem(&shut_passed, &zero);

	if (!passed || length != shut.frame_bytes || data + shut.mark_at + sizeof(__u32) > data_end ||
	    data + shut.source_at + sizeof(__u32) > data_end || *(__u32 *)(data + shut.mark_at) != shut.mark)
		return 0;
	if (*(__u32 *)(data + shut.source_at))
		passed->violating++;
	else
		passed->admitted++;
	passed->last_ns = bpf_ktime_get_ns();
	return 1;
}

SEC("xdp")
int bench_shut_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	return note(data, data_end, data_end - data) ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int bench_shut_tc(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;

	return note(data, data_end, skb->len) ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
