/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The Internet checksum (RFC 1071), and whether the bytes of a socket buffer hold
 * their final checksums. TWIN: src/wire/checksum.ts.
 */
#ifndef VTEP_CHECKSUM_H
#define VTEP_CHECKSUM_H

#include <linux/tcp.h>
#include "lib/decision.h"
#include "lib/packet.h"

/* Longest packet whose bytes are summed here; a longer one goes to the engine. */
#define CHECKSUM_CHUNK 256
#define CHECKSUM_CHUNKS 40
#define CHECKSUM_MAX_BYTES (CHECKSUM_CHUNK * CHECKSUM_CHUNKS)

static __always_inline __u32 fold_sum(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Adds `size` bytes, a multiple of 4 known when compiled, where that many are left. */
#define ADD_PART(size)                                              \
	do {                                                        \
		if (at + (size) <= end) {                           \
			sum = bpf_csum_diff(0, 0, at, size, sum);   \
			at += (size);                               \
		}                                                   \
	} while (0)

/* Sum of all readable bytes from `at`, in wire order, folded to 16 bits. At most CHECKSUM_MAX_BYTES. */
static __always_inline __u32 sum_to_end(void *at, void *end)
{
	__u32 sum = 0, last = 0;

	for (int chunk = 0; chunk < CHECKSUM_CHUNKS && at + CHECKSUM_CHUNK <= end; chunk++) {
		sum = bpf_csum_diff(0, 0, at, CHECKSUM_CHUNK, sum);
		at += CHECKSUM_CHUNK;
	}
	ADD_PART(128);
	ADD_PART(64);
	ADD_PART(32);
	ADD_PART(16);
	ADD_PART(8);
	ADD_PART(4);
	if (at + 2 <= end) {
		last = *(__u16 *)at;
		at += 2;
	}
	if (at + 1 <= end)
		last += bpf_htons(*(__u8 *)at << 8);
	return fold_sum((__u64)sum + last);
}

/* Of their own, so that the verifier walks the loop once and not once per way to it. */
__attribute__((noinline)) int vtep_sum_xdp(struct xdp_md *context, __u32 from)
{
	void *at = (void *)(long)context->data + (from & 63);
	return sum_to_end(at, (void *)(long)context->data_end);
}

__attribute__((noinline)) int vtep_sum_tc(struct __sk_buff *context, __u32 from)
{
	void *at = (void *)(long)context->data + (from & 63);
	return sum_to_end(at, (void *)(long)context->data_end);
}

static __always_inline __u32 add_words(__u32 sum, const __be16 *words, int count)
{
#pragma unroll
	for (int word = 0; word < count; word++)
		sum += words[word];
	return sum;
}

/* The sum of a pseudo header (RFC 768, RFC 8200 §8.1): addresses lie next to each other. Wire order, unfolded. */
static __always_inline __u32 pseudo_sum(const void *addresses, int address_bytes, __u32 protocol, __u32 length)
{
	return add_words(bpf_htons(protocol) + bpf_htons(length), addresses, address_bytes);
}

/*
 * A sender that leaves the transport checksum to a device stores the sum of the
 * pseudo header there. TCP is the one protocol in which that tells: a finished
 * checksum is another number but for one in 65536, and then the frame only takes
 * the long way through the engine.
 */
static __always_inline bool tcp_complete(const struct packet *p, const void *at, __u32 sum)
{
	const struct tcphdr *tcp = at;
	if ((const void *)(tcp + 1) > p->end)
		return true;
	__u32 stored = tcp->check ? tcp->check : 0xffff;
	return stored != fold_sum(sum);
}

/* UDP and the rest may carry a tunnel whose inner checksum is still open. */
static __always_inline bool ip_complete(const struct packet *p, const struct decision *out)
{
	void *layer3 = p->data + out->inner_offset + ETH_HLEN;
	struct iphdr *ip4 = layer3;
	struct ipv6hdr *ip6 = layer3;

	if (out->ether_type == bpf_htons(ETH_P_IP) && (void *)(ip4 + 1) <= p->end) {
		__u32 header = ip4->ihl * 4, bytes = bpf_ntohs(ip4->tot_len) - header;
		if (ip4->protocol == IPPROTO_TCP)
			return tcp_complete(p, layer3 + header, pseudo_sum(&ip4->saddr, 4, IPPROTO_TCP, bytes));
		return ip4->protocol == IPPROTO_ICMP;
	}
	if (out->ether_type == bpf_htons(ETH_P_IPV6) && (void *)(ip6 + 1) <= p->end) {
		__u32 bytes = bpf_ntohs(ip6->payload_len);
		if (ip6->nexthdr == IPPROTO_TCP)
			return tcp_complete(p, ip6 + 1, pseudo_sum(&ip6->saddr, 16, IPPROTO_TCP, bytes));
		return ip6->nexthdr == IPPROTO_ICMPV6;
	}
	return out->ether_type == bpf_htons(ETH_P_ARP);
}

/*
 * Whether a device is still to fill in a checksum of this frame, which would make a
 * sum over the present bytes wrong. The buffer's state cannot be read, but two of
 * its four values can be told by what helpers answer.
 */
static __always_inline bool checksums_complete(const struct packet *p, const struct decision *out)
{
	if (p->xdp)
		return true;
	bool verified = bpf_csum_level(skb_of(p), BPF_CSUM_LEVEL_QUERY) >= 0;
	return verified || (__s64)bpf_csum_update(skb_of(p), 0) >= 0 || ip_complete(p, out);
}

#endif
