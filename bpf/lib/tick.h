/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The clock of the tables: 100 ms of CLOCK_MONOTONIC_COARSE, unsigned 32 bit, wrapping. */
#ifndef VTEP_TICK_H
#define VTEP_TICK_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "abi/vtep_abi.h"

static __always_inline __u32 tick_now(void)
{
	return bpf_ktime_get_coarse_ns() / VTEP_TICK_NS;
}

#endif
