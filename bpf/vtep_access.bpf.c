/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * A frame from an access port: port and VLAN -> bridge domain, source admitted,
 * routed if it is for the gateway, destination known -> out of a local port or into
 * the tunnel. Everything else goes to the engine. TWIN: processAccess in src/engine/pipeline.ts.
 */
#include "lib/parse.h"
#include "lib/pipeline.h"
#include "lib/security.h"
#include "lib/verdict.h"

char vtep_license[] SEC("license") = "Dual BSD/GPL";

static __always_inline void decide_access(const struct packet *p, const struct vtep_config *config, struct decision *out)
{
	__u32 port_flags = 0;

	if (!classify_access(p, out, &port_flags))
		return;
	struct vtep_bd *bd = lookup(&vtep1_bd, out->bd);
	if (bd && admit_local(out, bd, port_flags) && enter_domain(p, out, bd))
		forward(p, config, out);
}

static __always_inline int handle_access(struct packet *p)
{
	struct decision out = { .inner_class = -1 };
	struct vtep_config *config = lookup(&vtep1_config, 0);

	if (!config)
		return kernel_keeps(p);
	decide_access(p, config, &out);
	return execute(p, config, &out);
}

/* The kernel has no memory to make the frame readable. */
static __always_inline int lose(const struct packet *p)
{
	struct decision out = { .packets = 1 };
	struct vtep_interface *interface = lookup(&vtep1_interface, p->ifindex);

	if (interface)
		out.slot = interface->slot;
	return drop(p, &out, VTEP_DROP_RECEIVE_OVERRUN);
}

SEC("xdp")
int vtep_access_xdp(struct xdp_md *context)
{
	struct packet p;

	packet_open_xdp(&p, context);
	return handle_access(&p);
}

SEC("tc")
int vtep_access_tc(struct __sk_buff *context)
{
	struct packet p;

	packet_open_tc(&p, context);
	if (!packet_pull(&p, PARSE_BYTES) || (!p.beside && !packet_lift_tag(&p)))
		return lose(&p);
	return handle_access(&p);
}
