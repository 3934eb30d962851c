// Every frame of the corpus through the programs of both hooks, against the engine on the same tables.
import { afterAll, describe, expect, it } from "vitest";
import type { Case } from "../corpus/case.js";
import { groups } from "../corpus/cases/index.js";
import { buildTables } from "../corpus/given.js";
import { compare } from "./agreement.js";
import { closeBpf, fitsTestRun, HOOKS, root } from "./harness.js";

function run({ given, frames }: Case, hook: "xdp" | "tc"): void {
  const { tables, names } = buildTables(given);
  for (const [index, { from, frame, at }] of frames.entries()) {
    if (!fitsTestRun(frame, hook)) continue;
    const slot = names.slots.indexOf(from);
    expect(compare(tables, slot, frame, at ?? 0, { hook }).difference, `frame ${index + 1}`).toBe("");
  }
}

for (const hook of HOOKS) {
  describe(`corpus through ${hook}, against the engine`, () => {
    afterAll(closeBpf);

    for (const [group, members] of Object.entries(groups)) {
      it.skipIf(!root)(`${group}: does the same, or leaves it to the engine`, () => {
        for (const member of members) run(member, hook);
      });
    }
  });
}
