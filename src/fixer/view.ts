// An attached fixer as `ethertype-fix show` tells of it. Fields are only added here, never renamed or dropped.

import { FixerFlag } from "../abi/generated.js";
import { interfaceIndex, interfaceNames, NativeError } from "../native/index.js";
import { VtepError } from "../wire/error.js";
import type { FixCounts } from "./counts.js";
import { findPin } from "./pins.js";
import { isVteps, lookAt, type PresentFixer } from "./present.js";

export type FixerHook = "xdp" | "xdp-generic" | "tc";

export interface FixerView {
  readonly interface: string;
  readonly hook: FixerHook;
  /** Of either version: fixed4 + fixed6. */
  readonly fixed: number;
  /** Type and version differ, but it was left alone. */
  readonly suspicious: number;
  /** All other frames. */
  readonly passed: number;
  /** 0x86DD became 0x0800. */
  readonly fixed4: number;
  /** 0x0800 became 0x86DD. */
  readonly fixed6: number;
  /** Whether IPv6 in 0x0800 is repaired too. */
  readonly ipv6: boolean;
  /** Who put it there: this command, or a VTEP by its config. */
  readonly by: "command" | "vtep";
  /** Folder of its pins; null where it has none. */
  readonly pinned: string | null;
  /** How it is attached at tc; null at XDP. */
  readonly tc: "TCX" | "clsact" | null;
  /** The kernel's number of the program. */
  readonly programId: number;
}

/** Those of one interface, or of all in this network namespace. */
export function showFixers(interfaceName?: string): FixerView[] {
  if (interfaceName !== undefined) return viewsOf(interfaceName, indexOf(interfaceName));
  return interfaceNames().flatMap((name) => {
    const ifindex = indexIfThere(name);
    return ifindex === undefined ? [] : viewsOf(name, ifindex);
  });
}

/** Throws `no_interface`. */
export function indexOf(name: string): number {
  const ifindex = indexIfThere(name);
  if (ifindex !== undefined) return ifindex;
  throw new VtepError("no_interface", `there is no interface ${name} in this network namespace`, { interface: name });
}

export function hookOf({ hook }: PresentFixer): FixerHook {
  return hook === "xdp" || hook === "xdp-generic" ? hook : "tc";
}

function viewsOf(name: string, ifindex: number): FixerView[] {
  return lookAt(ifindex).fixers.map((fixer) => viewOf(name, fixer));
}

function viewOf(name: string, fixer: PresentFixer): FixerView {
  const { passed, fixed4, fixed6, suspicious } = countsOf(name, fixer);
  const hook = hookOf(fixer);
  return {
    interface: name,
    hook,
    fixed: fixed4 + fixed6,
    suspicious,
    passed,
    fixed4,
    fixed6,
    ipv6: (fixer.flags & FixerFlag.IPV6) !== 0,
    by: isVteps(fixer) ? "vtep" : "command",
    pinned: findPin(fixer.programId)?.path ?? null,
    tc: hook !== "tc" ? null : fixer.hook === "tcx" ? "TCX" : "clsact",
    programId: fixer.programId,
  };
}

function countsOf(name: string, { counts, programId }: PresentFixer): FixCounts {
  if (counts !== undefined) return counts;
  const message = `${name}: the fixer there (program ${programId}) is of another release of vtepd; detach it and attach it again`;
  throw new VtepError("other_release", message, { interface: name, programId });
}

function indexIfThere(name: string): number | undefined {
  try {
    return interfaceIndex(name);
  } catch (error) {
    if (error instanceof NativeError && (error.code === "ENODEV" || error.code === "EINVAL")) return undefined;
    throw error;
  }
}
