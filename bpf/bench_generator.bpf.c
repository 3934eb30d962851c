/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The packet generator of bench/: run by BPF_PROG_TEST_RUN with live frames, it
 * makes each frame one of `flows` and redirects it out of an interface, as if
 * a driver had received it there.
 *
 * The kernel hands the same pages round without resetting them, so what a VTEP
 * wrote into a frame is still there the next time: the headers are written anew
 * for each frame. TWIN of the structs: bench/datapath/generator.mjs.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define HEADER_WORDS 12
#define SHAPES	     3
/* Of twelve frames, seven have the first shape, four the second, one the third: IMIX. */
#define CYCLE  12
#define FIRST  7
#define SECOND 11

struct generator {
	__u64 header[SHAPES][HEADER_WORDS];
	__u32 frame_bytes[SHAPES];
	__u32 shapes;       /* 1, or all of them */
	__u32 header_words; /* how many of them to write */
	__u32 egress_ifindex;
	__u32 flows;        /* a power of two */
	__u16 outer_port;   /* source port of flow 0 ... */
	__u16 inner_port;
	__u16 outer_port_at; /* ... and where it stands; 0 = there is none */
	__u16 inner_port_at;
	__u32 longest; /* as the kernel hands a frame out, whatever it was cut to before */
	/* What else tells frames apart: a number of so many, and the equal share of them that it is in. 0 = nothing. */
	__u32 numbers;
	__u32 groups;
	__u32 hot_shift;   /* 32 - n: only 2^n numbers, evenly spread, in turns; 0 = all of them, at random */
	__u16 number_at;   /* the last four bytes of a MAC address */
	__u16 group_at;    /* two bytes: a VLAN, the end of a VNI or of an address; 0 = nowhere */
	__u16 first_group;
	__u16 balance_at;  /* two bytes that were zero, so that the checksum over both stays right; 0 = nowhere */
};

const volatile struct generator generator;
/* Shared with the process: it reads the one and sets the other. */
struct {
	__u64 generated;
	__u64 stopped;
	__u64 started_ns; /* when the second frame was made */
} run;

static __always_inline __u32 next_shape(void)
{
	__u32 turn = run.generated % CYCLE;

	return turn < FIRST ? 0 : turn < SECOND ? 1 : 2;
}

/* Every bit depends on every bit of the counter, so that no cache or prefetcher can know what comes next. */
static __always_inline __u32 at_random(__u64 counter)
{
	counter *= 0x9e3779b97f4a7c15ULL;
	counter ^= counter >> 32;
	counter *= 0xd6e8feb86659fd93ULL;
	return counter >> 32;
}

static __always_inline void write_number(void *data)
{
	__u32 part = generator.hot_shift ? (__u32)run.generated << generator.hot_shift : at_random(run.generated);
	__u16 group = generator.first_group + ((__u64)part * generator.groups >> 32);

	*(__u32 *)(data + generator.number_at) = bpf_htonl((__u64)part * generator.numbers >> 32);
	if (generator.group_at)
		*(__u16 *)(data + generator.group_at) = bpf_htons(group);
	/* RFC 1624: the sum of a word and its complement is nothing. */
	if (generator.balance_at)
		*(__u16 *)(data + generator.balance_at) = bpf_htons(~(group - generator.first_group));
}

SEC("xdp")
int bench_generate(struct xdp_md *ctx)
{
	__u32 shape = generator.shapes == 1 ? 0 : next_shape();
	__u16 flow = run.generated & (generator.flows - 1);
	void *data, *data_end;
	__u64 *words;

	/* A run cannot be taken back, only be made to do nothing. */
	if (run.stopped)
		return XDP_DROP;
	if (generator.shapes > 1 && bpf_xdp_adjust_tail(ctx, (int)(generator.frame_bytes[shape] - generator.longest)))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	data_end = (void *)(long)ctx->data_end;
	words = data;
	if (data + generator.header_words * sizeof(*words) > data_end)
		return XDP_ABORTED;
#pragma unroll
	for (int i = 0; i < HEADER_WORDS; i++)
		if (i < generator.header_words)
			words[i] = generator.header[shape][i];
	if (generator.outer_port_at)
		*(__u16 *)(data + generator.outer_port_at) = bpf_htons(generator.outer_port + flow);
	*(__u16 *)(data + generator.inner_port_at) = bpf_htons(generator.inner_port + flow);
	if (generator.numbers)
		write_number(data);
	if (run.generated == 1)
		run.started_ns = bpf_ktime_get_ns();
	run.generated++;
	return bpf_redirect(generator.egress_ifindex, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
