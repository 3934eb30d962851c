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
#define CHECKSUM_CHUNK 128
#define CHECKSUM_CHUNKS 80
#define CHECKSUM_MAX_BYTES (CHECKSUM_CHUNK * CHECKSUM_CHUNKS)

static __always_inline __u32 fold_sum(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Sum of all readable bytes from `at`, in wire order, folded to 16 bits. At most CHECKSUM_MAX_BYTES. */
static __always_inline __u32 sum_to_end(void *at, void *end)
{
	__u64 sum = 0;

	for (int chunk = 0; chunk < CHECKSUM_CHUNKS && at + CHECKSUM_CHUNK <= end; chunk++) {
		sum = (__u32)bpf_csum_diff(0, 0, at, CHECKSUM_CHUNK, sum);
		at += CHECKSUM_CHUNK;
	}
	for (int word = 0; word < CHECKSUM_CHUNK / 4 && at + 4 <= end; word++) {
		sum += *(__u32 *)at;
		at += 4;
	}
	if (at + 2 <= end) {
		sum += *(__u16 *)at;
		at += 2;
	}
	if (at + 1 <= end)
		sum += bpf_htons(*(__u8 *)at << 8);
	return fold_sum(sum);
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

/* Sum of an even number of bytes, at most 2 * HEADER_WORDS of them. Wire order, unfolded. */
#define HEADER_WORDS 48

static __always_inline __u32 sum_headers(void *at, __u32 bytes, void *end)
{
	__u16 *words = at;
	__u32 sum = 0;

	for (__u32 word = 0; word < HEADER_WORDS; word++) {
		/* Or the compiler folds both bounds into one that the verifier cannot see the end of. */
		barrier_var(bytes);
		if (word * 2 >= bytes || (void *)(words + word + 1) > end)
			break;
		sum += words[word];
	}
	return sum;
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
 * What the transport checksum of an inner frame is. Nothing tells a program whether
 * a device is still to fill it in (CHECKSUM_PARTIAL); two of the buffer's other
 * states can be told by what helpers answer, and for the rest the bytes must do.
 */
enum checksum_state {
	CHECKSUM_FINAL,   /* the bytes are as they will be */
	CHECKSUM_OPEN,    /* the field holds the sum of the pseudo header: to be filled in, or right by chance */
	CHECKSUM_UNKNOWN, /* a tunnel in the frame may have an open one further inside */
};

/* `at`: TCP or UDP header; `sum`: its pseudo header; `exact`: nothing stands behind the IP packet. */
static __always_inline enum checksum_state transport_state(const struct packet *p, struct decision *out, void *at,
							   __u32 protocol, __u32 sum, bool exact)
{
	struct tcphdr *tcp = at;
	struct udphdr *udp = at;
	__u32 stored;

	if (protocol == IPPROTO_TCP && (void *)(tcp + 1) <= p->end)
		stored = tcp->check;
	else if (protocol == IPPROTO_UDP && (void *)(udp + 1) <= p->end && udp->check)
		stored = udp->check;
	else
		return CHECKSUM_UNKNOWN;
	if ((stored ? stored : 0xffff) == fold_sum(sum)) {
		if (!exact)
			return CHECKSUM_UNKNOWN;
		out->way->open_at = at - p->data;
		out->way->open_sum = stored;
		return CHECKSUM_OPEN;
	}
	/* UDP may carry a tunnel whose own checksum is final and covers one that is open. */
	return protocol == IPPROTO_TCP ? CHECKSUM_FINAL : CHECKSUM_UNKNOWN;
}

static __always_inline enum checksum_state ip_state(const struct packet *p, struct decision *out)
{
	void *layer3 = p->layer3;
	struct iphdr *ip4 = layer3;
	struct ipv6hdr *ip6 = layer3;

	if (out->ether_type == bpf_htons(ETH_P_IP) && (void *)(ip4 + 1) <= p->end) {
		__u32 header = ip4->ihl * 4, protocol = ip4->protocol;
		/* The kernel finishes checksums before it cuts a packet up. */
		if (protocol == IPPROTO_ICMP || ip4->frag_off & bpf_htons(IPV4_OFFSET_MASK))
			return CHECKSUM_FINAL;
		__u32 total = bpf_ntohs(ip4->tot_len), sum = pseudo_sum(&ip4->saddr, 4, protocol, total - header);
		return transport_state(p, out, layer3 + header, protocol, sum, ETH_HLEN + total == out->inner_length);
	}
	if (out->ether_type == bpf_htons(ETH_P_IPV6) && (void *)(ip6 + 1) <= p->end) {
		if (ip6->nexthdr == IPPROTO_ICMPV6)
			return CHECKSUM_FINAL;
		__u32 bytes = bpf_ntohs(ip6->payload_len), sum = pseudo_sum(&ip6->saddr, 16, ip6->nexthdr, bytes);
		bool exact = ETH_HLEN + IPV6_HEADER_BYTES + bytes == out->inner_length;
		return transport_state(p, out, ip6 + 1, ip6->nexthdr, sum, exact);
	}
	return out->ether_type == bpf_htons(ETH_P_ARP) ? CHECKSUM_FINAL : CHECKSUM_UNKNOWN;
}

/* Fills open_at and open_sum where the answer is CHECKSUM_OPEN. */
static __always_inline enum checksum_state checksum_state(const struct packet *p, struct decision *out)
{
	if (p->xdp || bpf_csum_level(skb_of(p), BPF_CSUM_LEVEL_QUERY) >= 0)
		return CHECKSUM_FINAL;
	if ((__s64)bpf_csum_update(skb_of(p), 0) >= 0)
		return CHECKSUM_FINAL;
	return ip_state(p, out);
}

#endif
