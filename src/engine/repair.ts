// The first step with a frame that a data path has read from an interface: its Ethertype put right where the interface
// asks for that. Where eBPF stands in front it has been done there. TWIN: bpf/ethertype_fix.bpf.c.

import { InterfaceFlag } from "../abi/generated.js";
import type { Tables } from "../tables/tables.js";
import { fixEthertype } from "../wire/ethertype_fix.js";

/** May change two bytes of the frame. A super-packet counts as one frame. */
export function repairArrival(tables: Tables, bytes: Uint8Array, offset: number, length: number, slot: number): void {
  const flags = tables.interfaces.flags[slot]!;
  if ((flags & InterfaceFlag.FIX_ETHERTYPE) === 0) return;
  tables.counters.countFix(slot, fixEthertype(bytes, offset, length, (flags & InterfaceFlag.FIX_IPV6) !== 0));
}
