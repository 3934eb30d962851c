// Programs and maps for the addon's tests; no logic of a VTEP.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 20000);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__uint(value_size, 12);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} shared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

const volatile __u32 configured = 7;

/* Writes one byte, reports the configured number in a map, and passes. */
SEC("xdp")
int mark(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;
	__u32 zero = 0, number = configured;

	if (data + 1 > (__u8 *)(long)ctx->data_end)
		return XDP_DROP;
	data[0] = 0xab;
	bpf_map_update_elem(&shared, &zero, &number, BPF_ANY);
	return XDP_PASS;
}

/* Of netlink messages: counts them, and lets only those to remove a link through. */
SEC("socket")
int removals(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u32 *seen = bpf_map_lookup_elem(&shared, &zero);
	__u16 type;

	if (!seen || bpf_skb_load_bytes(skb, 4, &type, sizeof(type)))
		return 0;
	*seen += 1;
	return type == 17 /* RTM_DELLINK */ ? -1 : 0;
}

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int to_socket(struct xdp_md *ctx)
{
	return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
}

SEC("xdp")
int report(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data;

	bpf_ringbuf_output(&events, &length, sizeof(length), 0);
	return XDP_PASS;
}

SEC("tc")
int shot(struct __sk_buff *skb)
{
	return TC_ACT_SHOT;
}

SEC("tc")
int ok(struct __sk_buff *skb)
{
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
