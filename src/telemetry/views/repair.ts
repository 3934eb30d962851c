// What interfaces repair, and how often they had to.

import { InterfaceFlag } from "../../abi/generated.js";
import type { FixCount } from "../../tables/counters.js";
import type { Tables } from "../../tables/tables.js";
import type { VtepNames } from "../names.js";
import type { RepairView } from "../view_types.js";

const NOTHING: Omit<FixCount, "slot"> = { passed: 0, fixed4: 0, fixed6: 0, suspicious: 0 };

export function repairViews({ interfaces }: Tables, names: VtepNames, fixes: readonly FixCount[]): RepairView[] {
  return Array.from(interfaces.repairedSlots(), (slot) => {
    const { passed, fixed4, fixed6, suspicious } = fixes.find((one) => one.slot === slot) ?? NOTHING;
    return {
      interface: names.interface(slot),
      role: interfaces.isUplink(slot) ? "underlay" : "access",
      ipv6: (interfaces.flags[slot]! & InterfaceFlag.FIX_IPV6) !== 0,
      fixed: fixed4 + fixed6,
      suspicious,
      passed,
      fixed4,
      fixed6,
    };
  });
}
