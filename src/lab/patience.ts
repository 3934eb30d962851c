/**
 * How long to wait for what must happen. A virtual machine's emulated processor takes many times as long for everything,
 * and its machine may be shared; nothing waits this long unless it fails.
 */

/** Set by `src/lab/vm` inside the machine. */
export const IN_VM: boolean = process.env.VTEPD_IN_VM === "1";

const VM_FACTOR = 10;

export function patient(time: number): number {
  return IN_VM ? time * VM_FACTOR : time;
}
