import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases } from "../corpus/cases/index.js";
import { divergenceOf, divergences } from "./divergences.js";
import { type CaseResult, expressible, KernelRun } from "./kernel.js";
import { matchesId } from "./pattern.js";

const root = process.getuid?.() === 0;
const results = new Map<string, CaseResult>();
/** Fewer would mean that the translation to the kernel's words has lost its way. */
const LEAST_COMPARED = 300;

const differs = (result: CaseResult): boolean =>
  result.some((one) => one !== undefined && one.ours.join("\n") !== one.kernel.join("\n"));

if (!root) it.skip("corpus through the kernel's bridge and vxlan: needs root");

describe.runIf(root)("corpus through the kernel's bridge and vxlan", () => {
  let run: KernelRun | undefined;

  beforeAll(async () => {
    const started = new KernelRun();
    run = started;
    const sameTables = (given: object) => JSON.stringify(given);
    const sorted = [...expressible].sort((a, b) => (sameTables(a.given) < sameTables(b.given) ? -1 : 1));
    for (const one of sorted) results.set(one.id, await started.run(one));
  }, 120_000);

  afterAll(() => run?.close());

  for (const { id, spec } of expressible) {
    const divergence = divergenceOf(id);
    if (divergence === undefined) {
      it(`${id} [${spec}] is the same`, () => {
        for (const [at, one] of results.get(id)!.entries()) expect(one?.kernel, `frame ${at + 1}`).toEqual(one?.ours);
      });
    } else {
      it(`${id} [${spec}] differs: ${divergence.id}`, () => {
        expect(differs(results.get(id)!), "registered in divergences.ts, but the same").toBe(true);
      });
    }
  }

  it(`compares at least ${LEAST_COMPARED} cases`, () => {
    expect(expressible.length).toBeGreaterThanOrEqual(LEAST_COMPARED);
  });
});

describe("register of divergences", () => {
  it("names only cases that run through the kernel, each once", () => {
    const patterns = divergences.flatMap((one) => one.cases);
    const used = new Set(expressible.map(({ id }) => id).filter((id) => divergenceOf(id) !== undefined));
    expect(new Set(patterns).size).toBe(patterns.length);
    for (const { id, cases: named } of divergences) {
      const hit = named.filter((pattern) => [...used].some((one) => matchesId(pattern, one)));
      expect(hit, id).toEqual(named);
    }
    expect(cases.length).toBeGreaterThan(expressible.length);
  });
});
