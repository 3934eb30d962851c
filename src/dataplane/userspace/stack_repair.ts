// A packet socket gets copies, and the engine repairs its own. The kernel's stack takes the originals: on an uplink they
// are BGP, BFD and ARP of this host, which a broken Ethertype would keep from it. So a fixer stands in front of it, at
// tc, behind the socket. No part of forwarding: where TCX (kernel 6.6) is missing, frames for the VTEP are repaired still.

import type { FixCounts } from "../../fixer/counts.js";
import { loadFront } from "../../fixer/front.js";
import type { Netns } from "../../native/bpf.js";
import { BpfLink } from "../../native/index.js";
import type { RepairPlan } from "../../tables/interface.js";

export interface StackRepair {
  fixes(): FixCounts;
  close(): void;
}

/** Throws where it cannot be had. */
export function repairForStack(ifindex: number, netns: Netns, repair: RepairPlan): StackRepair {
  const fixer = loadFront({ hook: "tc", ...repair });
  try {
    const link = BpfLink.attachTcx(fixer.program, ifindex, { direction: "ingress", first: true, netns });
    return {
      fixes: () => fixer.readCounts(),
      close: () => {
        link.close();
        fixer.close();
      },
    };
  } catch (error) {
    fixer.close();
    throw error;
  }
}
