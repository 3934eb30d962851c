// A compiled eBPF program of bench/, loaded with the constants that it is to have.
import { readFileSync } from "node:fs";
import { checkoutRoot } from "../../dist/lab/load.js";
import { BpfObject } from "../../dist/native/index.js";

/** The kernel's names have room for 15 bytes, and libbpf keeps 8 of them for the object's. */
const LIBBPF_NAME_BYTES = 8;

export function loadProgram(name, constants, programs) {
  const bytes = readFileSync(`${checkoutRoot}build/bpf/bench_${name}.bpf.o`);
  const rodata = `${name.slice(0, LIBBPF_NAME_BYTES)}.rodata`;
  return BpfObject.load(bytes, { name, initialValues: { [rodata]: constants }, programs });
}
