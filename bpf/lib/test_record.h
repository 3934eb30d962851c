/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The last step of a redirect. A test run shows neither where a frame would go nor
 * the tag that tc keeps beside it, so objects built with VTEP_TEST write both down;
 * those that ship do not.
 */
#ifndef VTEP_TEST_RECORD_H
#define VTEP_TEST_RECORD_H

#include "lib/maps.h"
#include "lib/packet.h"

#ifdef VTEP_TEST

struct vtep_test_record {
	__u32 ifindex;
	__u16 tag_type; /* host order; 0 = no tag beside the bytes */
	__u16 tag_tci;
	__u32 to_peer; /* of that interface */
};

VTEP_ARRAY(vtep1_test, 1, struct vtep_test_record);

static __always_inline void test_record(const struct packet *p, __u32 ifindex, bool to_peer)
{
	struct vtep_test_record *record = lookup(&vtep1_test, 0);
	if (!record)
		return;
	record->ifindex = ifindex;
	record->to_peer = to_peer;
	record->tag_type = 0;
	if (p->xdp || !skb_of(p)->vlan_present)
		return;
	record->tag_type = bpf_ntohs((__be16)skb_of(p)->vlan_proto);
	record->tag_tci = skb_of(p)->vlan_tci;
}

/* Copies of a flooded frame, in the order in which they were made. */
#define TEST_COPIES 640
#define TEST_COPY_BYTES 4096

struct vtep_test_copy {
	struct vtep_test_record record;
	__u32 length;
	__u8 bytes[TEST_COPY_BYTES];
};

VTEP_ARRAY(vtep1_test_copy, TEST_COPIES, struct vtep_test_copy);
/* How many; each of them that is not there has been refused. */
VTEP_ARRAY(vtep1_test_made, 1, __u32);

static __always_inline long clone_redirect(struct __sk_buff *skb, __u32 ifindex)
{
	__u32 *made = lookup(&vtep1_test_made, 0);
	struct vtep_test_copy *copy = made ? lookup(&vtep1_test_copy, *made) : 0;
	__u32 length = skb->len;

	if (!copy || length == 0 || length > TEST_COPY_BYTES)
		return -1;
	*made += 1;
	copy->record.ifindex = ifindex;
	copy->record.tag_type = skb->vlan_present ? bpf_ntohs((__be16)skb->vlan_proto) : 0;
	copy->record.tag_tci = skb->vlan_tci;
	copy->length = length;
	return bpf_skb_load_bytes(skb, 0, copy->bytes, length);
}

/* The device of a test's table need not exist. */
static __always_inline int redirect_xdp(__u32 ifindex)
{
	return XDP_REDIRECT;
}

#else

static __always_inline void test_record(const struct packet *p, __u32 ifindex, bool to_peer)
{
}

static __always_inline long clone_redirect(struct __sk_buff *skb, __u32 ifindex)
{
	return bpf_clone_redirect(skb, ifindex, 0);
}

static __always_inline int redirect_xdp(__u32 ifindex)
{
	return bpf_redirect_map(&vtep1_devmap, ifindex, XDP_DROP);
}

#endif

#endif
