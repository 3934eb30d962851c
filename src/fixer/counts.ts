// What a fixer counted: one value per CPU in the kernel, summed here.

import { FixCountsLayout, FixKind } from "../abi/generated.js";
import type { BpfMap } from "../native/bpf.js";

export interface FixCounts {
  readonly passed: number;
  readonly fixed4: number;
  readonly fixed6: number;
  readonly suspicious: number;
}

const TWO_TO_32 = 0x1_0000_0000;
const ONLY_KEY = new Uint8Array(4);

export function readFixCounts(map: BpfMap): FixCounts {
  const bytes = map.lookup(ONLY_KEY)!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sum = (kind: number): number => {
    let total = 0;
    for (let at = FixCountsLayout.frames + kind * 8; at < bytes.length; at += FixCountsLayout.sizeBytes)
      total += view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_TO_32;
    return total;
  };
  return {
    passed: sum(FixKind.PASSED),
    fixed4: sum(FixKind.FIXED4),
    fixed6: sum(FixKind.FIXED6),
    suspicious: sum(FixKind.SUSPICIOUS),
  };
}
