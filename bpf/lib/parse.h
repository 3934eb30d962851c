/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Which port and bridge domain a frame from an access interface belongs to, and
 * whether its addresses are ones that any host may use. TWIN: src/engine/ingress.ts.
 */
#ifndef VTEP_PARSE_H
#define VTEP_PARSE_H

#include "lib/address.h"
#include "lib/decision.h"
#include "lib/doubt.h"
#include "lib/maps.h"
#include "lib/packet.h"
#include "lib/segments.h"

/* Before a port is known only the interface can say whose frame this is. */
static __always_inline bool refuse_unclassified(const struct packet *p, struct decision *out, __u32 reason)
{
	struct vtep_interface *interface = lookup(&vtep1_interface, p->ifindex);
	if (!interface)
		return pass(out);
	out->slot = interface->slot;
	return interface->flags & VTEP_INTERFACE_ENGINE ? punt(out, VTEP_PUNT_ALL) : refuse(out, reason);
}

/* Finds the tag, and with it where the inner frame begins. False where a tag is cut off. */
static __always_inline bool find_tag(const struct packet *p, struct decision *out, __u16 *vlan)
{
	struct ethhdr *eth = p->data;
	struct vlan_tag *tag = p->data + VLAN_TAG_AT;

	out->inner_offset = 0;
	out->inner_length = p->length;
	*vlan = 0;
	if ((void *)(eth + 1) > p->end)
		return false;
	out->ether_type = eth->h_proto;
	if (p->beside == bpf_htons(ETH_P_8021Q))
		*vlan = p->beside_tci & VLAN_ID_MASK;
	else if (p->beside) {
		out->ether_type = p->beside;
		out->inner_length += VLAN_TAG_BYTES;
	} else if (eth->h_proto == bpf_htons(ETH_P_8021Q)) {
		if ((void *)(tag + 1) > p->end)
			return false;
		*vlan = bpf_ntohs(tag->tci) & VLAN_ID_MASK;
		out->ether_type = tag->ether_type;
		out->inner_offset = VLAN_TAG_BYTES;
		out->inner_length -= VLAN_TAG_BYTES;
	}
	return true;
}

/* Needs out->bd, which is part of both keys. */
static __always_inline void read_addresses(const void *eth, struct decision *out)
{
	const __u32 *words = eth;

	out->destination = fdb_key(out->bd, words[0] | (__u64)(words[1] & 0xffff) << 32);
	out->source = fdb_key(out->bd, words[1] >> 16 | (__u64)words[2] << 16);
}

/* Refuses sources that are no host's and destinations that no bridge forwards (IEEE 802.1Q-2018 §8.6.3). */
static __always_inline bool check_addresses(struct decision *out)
{
	if (is_group(out->source) || mac_of(out->source) == 0)
		return refuse(out, VTEP_DROP_SOURCE_INVALID);
	if ((mac_of(out->destination) & RESERVED_MULTICAST_MASK) == RESERVED_MULTICAST)
		return refuse(out, VTEP_DROP_RESERVED_MULTICAST);
	return true;
}

/* From tag and interface to a port, and checked addresses. */
static __always_inline bool classify_access(const struct packet *p, struct decision *out, const struct vtep_tag_key *key,
					    bool understood, __u32 *port_flags)
{
	__u32 *index = bpf_map_lookup_elem(&vtep1_tag, key);
	struct vtep_port *port = index ? lookup(&vtep1_port, *index) : 0;
	if (!port)
		return refuse_unclassified(p, out, VTEP_DROP_UNKNOWN_VLAN);
	out->port = *index;
	out->slot = port->slot;
	out->bd = port->bd;
	out->ingress_bd = port->bd;
	*port_flags = port->flags;
	if (!understood)
		return punt(out, VTEP_PUNT_SEGMENT);
	if (!(port->flags & VTEP_PORT_ENABLED))
		return refuse(out, VTEP_DROP_PORT_DISABLED);
	if (is_doubted(port, out->port))
		return punt(out, VTEP_PUNT_LEARN);
	/* A port carries one tag at most: what is still tagged behind it belongs to no domain here. */
	if (is_vlan(out->ether_type))
		return refuse(out, VTEP_DROP_UNKNOWN_VLAN);
	if (p->data + ETH_HLEN > p->end)
		return refuse(out, VTEP_DROP_RUNT);
	read_addresses(p->data, out);
	return check_addresses(out);
}

#endif
