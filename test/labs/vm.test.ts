/**
 * Labs that need more of the kernel than this machine's has, in a virtual machine with Debian's, and one that shows that
 * the eBPF programs pass that kernel's verifier: minutes each, so only when asked for.
 */
import { describe, it } from "vitest";
import { checkoutRoot, labNames, loadLab } from "../../src/lab/load.js";
import type { Variant } from "../../src/lab/topology.js";
import { missingForVm, runInVm } from "../../src/lab/vm/machine.js";
import { rounds } from "../effort.js";

const TIMEOUT_MS = 1_200_000;
const VARIANTS: readonly Variant[] = ["userspace", "ebpf"];
const EVERY_KERNEL = ["two-vteps", "ebpf"] as const;

const isAsked = process.env.VTEPD_TEST_VM === "1" || rounds(1) > 1;
const labs = labNames().filter((name) => (loadLab(name).kernel ?? []).length > 0);
const runs = [EVERY_KERNEL, ...labs.flatMap((name) => VARIANTS.map((variant) => [name, variant] as const))];

describe("labs in a virtual machine", () => {
  it.for(runs)("%s with %s", { timeout: TIMEOUT_MS }, async ([name, variant], ctx) => {
    if (!isAsked) ctx.skip("a virtual machine takes minutes: VTEPD_TEST_VM=1");
    if (process.getuid?.() !== 0) ctx.skip("needs root: labs are made of network namespaces");
    const missing = missingForVm();
    if (missing.length > 0) ctx.skip(`needs ${missing.join(" and ")}`);
    const argv = ["bin/vtepd", "lab", "test", name, "--datapath", variant];
    const { code, output } = await runInVm(checkoutRoot, argv, TIMEOUT_MS);
    if (code !== 0) throw new Error(output);
  });
});
