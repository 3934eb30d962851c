// Takes a fixer off an interface and leaves the interface as it was before.

import { FixerFlag } from "../abi/generated.js";
import type { Netns } from "../native/bpf.js";
import { BpfProgram, NativeError, removeClsact, removeProgram } from "../native/index.js";
import { VtepError } from "../wire/error.js";
import { findPin, type Pin, removeAbandonedPins } from "./pins.js";
import { isVteps, lookAt, type PresentFixer } from "./present.js";
import { type FixerHook, hookOf, indexOf } from "./view.js";

/** Returns where it was. Throws `not_attached`, or `carried_by_vtep` where a VTEP put it there. */
export function detachFixer(interfaceName: string): FixerHook[] {
  const ifindex = indexOrTidy(interfaceName);
  const { fixers } = lookAt(ifindex);
  const own = fixers.filter((fixer) => !isVteps(fixer));
  if (own.length === 0) throw nothingToDetach(interfaceName, fixers.length > 0);
  for (const fixer of own) removeFixer(interfaceName, ifindex, fixer);
  return own.map(hookOf);
}

export function removeFixer(interfaceName: string, ifindex: number, fixer: PresentFixer): void {
  const pin = findPin(fixer.programId);
  if (pin !== undefined && fixer.behind !== undefined) {
    leaveToVtep(pin, fixer.behind);
    return;
  }
  const isByLink = pin !== undefined && fixer.hook !== "clsact";
  pin?.remove();
  if (!isByLink) takeOff(interfaceName, ifindex, fixer);
  if ((fixer.flags & FixerFlag.QDISC) !== 0) removeClsact(ifindex);
}

/** The VTEP behind it keeps the link, and the link goes with the VTEP. */
function leaveToVtep(pin: Pin, behind: number): void {
  const program = BpfProgram.openById(behind);
  const link = pin.openLink();
  try {
    link?.update(program);
    pin.forget();
  } finally {
    link?.close();
    program.close();
  }
}

/** Throws `interface_gone` where pins were all that was left of it. */
function indexOrTidy(interfaceName: string): number {
  try {
    return indexOf(interfaceName);
  } catch (error) {
    if (!removeAbandonedPins(interfaceName)) throw error;
    const message = `${interfaceName} is gone, and its fixer with it; what was pinned of it is removed now`;
    throw new VtepError("interface_gone", message, { interface: interfaceName }, error);
  }
}

export function takeOff(interfaceName: string, ifindex: number, fixer: PresentFixer, netns?: Netns): void {
  const { programId, hook, priority, handle } = fixer;
  if (hook === "xdp-offload") throw new VtepError("not_ours", `${interfaceName}: a fixer on the NIC is not ours`);
  const program = BpfProgram.openById(programId);
  try {
    removeProgram(program, ifindex, { hook, priority, handle, netns });
  } catch (cause) {
    if (!(cause instanceof NativeError && cause.code === "EBUSY")) throw cause;
    const message = `${interfaceName}: program ${programId} is held by a link that is not pinned where ours are; whoever made it must end it`;
    throw new VtepError("held_by_link", message, { interface: interfaceName, programId }, cause);
  } finally {
    program.close();
  }
}

function nothingToDetach(interfaceName: string, isVtepThere: boolean): VtepError {
  if (isVtepThere) {
    const message = `${interfaceName} is repaired by a VTEP: take "repair" out of its config and reload it`;
    return new VtepError("carried_by_vtep", message, { interface: interfaceName });
  }
  return new VtepError("not_attached", `no Ethertype fixer on ${interfaceName}`, { interface: interfaceName });
}
