/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The sink of bench/: counts the frames that arrive as they must, and drops
 * them. "As they must" is a length, and a mark that the generator put behind
 * the innermost header: a frame with one header too many or too few is not
 * counted, so a data path that passes frames on untouched gets no points for
 * it. TWIN of the structs: bench/datapath/sink.mjs.
 *
 * There are two, because each kind of frame has its cheap way to die: frames
 * that were redirected by XDP never become an skb if XDP drops them, and an skb
 * would have to be made into an XDP frame first.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#define SHAPES 3

struct sink {
	__u32 mark_at;
	__u32 mark;
	__u32 frame_bytes[SHAPES]; /* any of these; 0 is none */
};

struct sunk {
	__u64 frames;
	__u64 others;
};

const volatile struct sink sink;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sunk);
} sunk_frames SEC(".maps");

static __always_inline int is_expected(__u32 length)
{
	return length == sink.frame_bytes[0] || length == sink.frame_bytes[1] || length == sink.frame_bytes[2];
}

static __always_inline int count(void *data, void *data_end, __u32 length)
{
	__u32 zero = 0;
	struct sunk *sunk = bpf_map_lookup_elem(&sunk_frames, &zero);

	if (!sunk)
		return 0;
	if (is_expected(length) && data + sink.mark_at + sizeof(__u32) <= data_end &&
	    *(__u32 *)(data + sink.mark_at) == sink.mark) {
		sunk->frames++;
		return 1;
	}
	sunk->others++;
	return 0;
}

SEC("xdp")
int bench_sink_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	return count(data, data_end, data_end - data) ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int bench_sink_tc(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;

	return count(data, data_end, skb->len) ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
