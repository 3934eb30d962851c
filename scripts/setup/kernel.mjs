// What this kernel and this user lack, said before anything fails for it. Nothing here stops the set-up.
import { existsSync } from "node:fs";
import { release } from "node:os";

const OLDEST_KERNEL = [5, 15];

export function kernelNotes() {
  const notes = [];
  const [major, minor] = release().split(/[.-]/).map(Number);
  if (major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])) {
    notes.push(`kernel ${release()} is older than ${OLDEST_KERNEL.join(".")}: the ebpf data path may not load`);
  }
  if (!existsSync("/sys/kernel/btf/vmlinux")) {
    notes.push("this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): use 'datapath: userspace'");
  }
  if (process.getuid() !== 0) notes.push("not root: labs and privileged tests are skipped");
  return notes;
}
