/**
 * Every lab of netns-lab/ with one variant, two at a time: they wait more than they work. A file per variant, so that
 * two of these run side by side too.
 */
import { describe, it } from "vitest";
import { missingPrograms } from "../../src/lab/frr/speakers.js";
import { labNames, loadLab } from "../../src/lab/load.js";
import { failureText, hasFailed } from "../../src/lab/report.js";
import { testLab } from "../../src/lab/runner.js";
import type { Variant } from "../../src/lab/topology.js";
import { rounds } from "../effort.js";

/** The longest waits for hosts that do not answer and for probes of those that do. */
const TIMEOUT_MS = 150_000;

/** Labs whose names `only` lists, or all of them; all in any case when there is time (VTEPD_TEST_EFFORT). */
export function testEveryLab(variant: Variant, only?: readonly string[]): void {
  const names = only === undefined || rounds(1) > 1 ? labNames() : only;
  describe(`labs with ${variant}`, () => {
    it.concurrent.for(names)("%s", { timeout: TIMEOUT_MS }, async (name, ctx) => {
      if (process.getuid?.() !== 0) ctx.skip("needs root: labs are made of network namespaces");
      const lab = loadLab(name);
      const missing = missingPrograms(lab);
      if (missing.length > 0) ctx.skip(`needs ${missing.join(" and ")}`);
      const report = await testLab(lab, variant);
      if (hasFailed(report)) throw new Error(failureText(report));
    });
  });
}
