// A compiled eBPF program of bench/: loaded with the constants that it is to have, and attached.
import { readFileSync } from "node:fs";
import { checkoutRoot } from "../../dist/lab/load.js";
import { BpfLink, BpfObject, probeTcx } from "../../dist/native/index.js";

/** The kernel's names have room for 15 bytes, and libbpf keeps 8 of them for the object's. */
const LIBBPF_NAME_BYTES = 8;

/** `constants`: undefined for a program that has none. */
export function loadProgram(name, constants, programs) {
  const bytes = readFileSync(`${checkoutRoot}build/bpf/bench_${name}.bpf.o`);
  const rodata = `${name.slice(0, LIBBPF_NAME_BYTES)}.rodata`;
  return BpfObject.load(bytes, { name, initialValues: constants ? { [rodata]: constants } : {}, programs });
}

/** In native mode, or at tc ingress the way this kernel has it. */
export function attachAt(program, kind, ifindex, netns) {
  if (kind === "xdp") return BpfLink.attachXdp(program, ifindex, { mode: "native", netns });
  const ingress = { direction: "ingress", netns };
  return probeTcx() ? BpfLink.attachTcx(program, ifindex, ingress) : BpfLink.attachClsact(program, ifindex, ingress);
}
