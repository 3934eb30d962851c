/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Steers frames into AF_XDP sockets for the userspace data path: from an access
 * port all of them, from an uplink the VXLAN packets of this VTEP. Decides
 * nothing else. What an uplink's program does not match, and what finds no
 * socket there, stays with the kernel; on an access port it is dropped, because
 * the kernel's own stack has no business with those frames.
 *
 * Same test as engine/decap.ts: any IHL, first fragments included (the engine
 * counts them), no IPv6 extension headers.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "abi/vtep_abi.h"

#define LATER_FRAGMENT 0x1fff

/* key: receive queue */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} vtep_xsks SEC(".maps");

/* Of struct vtep_config only local_address, udp_port and family are used. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vtep_config);
} vtep_xsk_config SEC(".maps");

static __always_inline int same_address(const void *a, const void *b, int words)
{
	const __u32 *left = a, *right = b;

	for (int i = 0; i < words; i++)
		if (left[i] != right[i])
			return 0;
	return 1;
}

static __always_inline const struct udphdr *
find_udp4(const void *data, const void *end, const struct vtep_config *config)
{
	const struct iphdr *ip = data;
	__u32 header_bytes;

	if ((const void *)(ip + 1) > end)
		return NULL;
	header_bytes = ip->ihl * 4;
	if (ip->version != 4 || header_bytes < sizeof(*ip) || ip->protocol != IPPROTO_UDP)
		return NULL;
	if (ip->frag_off & bpf_htons(LATER_FRAGMENT))
		return NULL;
	if (!same_address(&ip->daddr, config->local_address + 12, 1))
		return NULL;
	return data + header_bytes;
}

static __always_inline const struct udphdr *
find_udp6(const void *data, const void *end, const struct vtep_config *config)
{
	const struct ipv6hdr *ip = data;

	if ((const void *)(ip + 1) > end)
		return NULL;
	if (ip->version != 6 || ip->nexthdr != IPPROTO_UDP)
		return NULL;
	if (!same_address(&ip->daddr, config->local_address, 4))
		return NULL;
	return (const void *)(ip + 1);
}

static __always_inline int is_ours(const struct xdp_md *ctx, const struct vtep_config *config)
{
	const void *data = (const void *)(long)ctx->data, *end = (const void *)(long)ctx->data_end;
	int ipv6 = config->family == VTEP_IPV6;
	const struct ethhdr *eth = data;
	const struct udphdr *udp;

	if ((const void *)(eth + 1) > end)
		return 0;
	if (eth->h_proto != bpf_htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP))
		return 0;
	udp = ipv6 ? find_udp6(eth + 1, end, config) : find_udp4(eth + 1, end, config);
	if (!udp || (const void *)(udp + 1) > end)
		return 0;
	return udp->dest == bpf_htons(config->udp_port);
}

SEC("xdp")
int vtep_xsk_uplink(struct xdp_md *ctx)
{
	__u32 zero = 0;
	const struct vtep_config *config = bpf_map_lookup_elem(&vtep_xsk_config, &zero);

	if (!config || !is_ours(ctx, config))
		return XDP_PASS;
	return bpf_redirect_map(&vtep_xsks, ctx->rx_queue_index, XDP_PASS);
}

SEC("xdp")
int vtep_xsk_access(struct xdp_md *ctx)
{
	return bpf_redirect_map(&vtep_xsks, ctx->rx_queue_index, XDP_DROP);
}

char _license[] SEC("license") = "Dual BSD/GPL";
