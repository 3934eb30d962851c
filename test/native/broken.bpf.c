// Reads beyond the packet, so that the verifier refuses it.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int careless(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;

	return data[100];
}

char _license[] SEC("license") = "Dual BSD/GPL";
