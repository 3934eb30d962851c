/**
 * Every lab of netns-lab/, on both data paths, and with the kernel's VTEP in our place: that last run judges the labs,
 * for what they expect of any VTEP must hold for the kernel's as well.
 */
import { describe, it } from "vitest";
import { labNames, loadLab } from "../../src/lab/load.js";
import { failureText, hasFailed } from "../../src/lab/report.js";
import { testLab } from "../../src/lab/runner.js";
import type { Variant } from "../../src/lab/topology.js";

const VARIANTS: readonly Variant[] = ["kernel", "ebpf", "userspace"];
const TIMEOUT_MS = 60_000;

describe.each(labNames())("lab %s", (name) => {
  it.for(VARIANTS)("passes with %s", { timeout: TIMEOUT_MS }, async (variant, ctx) => {
    if (process.getuid?.() !== 0) ctx.skip("needs root: labs are made of network namespaces");
    const report = await testLab(loadLab(name), variant);
    if (hasFailed(report)) throw new Error(failureText(report));
  });
});
