// Runner 2: the corpus through the programs of both hooks, against the engine on the same tables; how much of it eBPF
// carries; then random tables and frames.

import { afterAll, describe, expect, it } from "vitest";
import { compare } from "../bpf/agreement.js";
import { closeBpf, fitsTestRun, HOOKS, NEEDS_ROOT, root } from "../bpf/harness.js";
import type { Case } from "../corpus/case.js";
import { cases } from "../corpus/cases/index.js";
import { buildTables } from "../corpus/given.js";
import { lab, lab6 } from "../corpus/lab.js";
import { Random } from "../corpus/random.js";
import { rounds } from "../effort.js";
import { enginesOwn, MOST_PUNTED, mustNotPunt, mustNotPuntInXdp } from "./fast_path.js";
import { asCase, type Example, minimise } from "./minimise.js";
import { matchesId } from "./pattern.js";
import { type RandomTables, randomFrame, randomTables } from "./random_cases.js";

type Hook = (typeof HOOKS)[number];

afterAll(closeBpf);

function mayPunt(id: string, hook: Hook): boolean {
  const carried = hook === "xdp" ? [...mustNotPunt, ...mustNotPuntInXdp] : mustNotPunt;
  return !carried.some((pattern) => matchesId(pattern, id));
}

interface Outcome {
  readonly id: string;
  readonly run: number;
  readonly punted: number;
  /** Where eBPF did something else than the engine. */
  readonly differences: readonly string[];
}

/** The frames of a case that a test run can take. */
function outcomeOf({ id, given, frames }: Case, hook: Hook): Outcome {
  const { tables, names } = buildTables(given);
  const fitting = frames.filter(({ frame }) => fitsTestRun(frame, hook));
  const results = fitting.map(({ from, frame, at }) => {
    return compare(tables, names.slots.indexOf(from), frame, at ?? 0, { hook });
  });
  const differences = results.flatMap(({ difference }) => (difference === "" ? [] : [`${id}: ${difference}`]));
  return { id, run: fitting.length, punted: results.filter(({ bpf }) => bpf.verdict === "punted").length, differences };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** More than a thousand frames, each several times. */
const CORPUS_MS = 180_000;

describe.each(HOOKS)("the corpus at %s", (hook) => {
  it.skipIf(!root)(
    `does as the engine does, or punts what may be punted (${NEEDS_ROOT})`,
    { timeout: CORPUS_MS },
    () => {
      const outcomes = cases.map((one) => outcomeOf(one, hook));
      expect(outcomes.flatMap(({ differences }) => differences)).toEqual([]);
      const counted = outcomes.filter(({ id }) => !enginesOwn.some((pattern) => matchesId(pattern, id)));
      const punted = sum(counted.map((one) => one.punted));
      const run = sum(counted.map((one) => one.run));
      const share = ((100 * punted) / run).toFixed(0);
      console.log(`corpus through ${hook}: ${run} frames, ${punted} left to the engine (${share} %)`);
      const wrong = outcomes.filter(({ id, punted: count }) => count > 0 && !mayPunt(id, hook));
      expect(wrong.map(({ id }) => id)).toEqual([]);
      expect(punted / run).toBeLessThan(MOST_PUNTED);
    },
  );
});

describe("list of what must not be punted", () => {
  it("names cases that exist", () => {
    expect(
      [...mustNotPunt, ...mustNotPuntInXdp, ...enginesOwn].filter(
        (pattern) => !cases.some(({ id }) => matchesId(pattern, id)),
      ),
    ).toEqual([]);
  });
});

const SEEDS = [1, 2, 3].slice(0, rounds(1));
const TABLES_A_SEED = rounds(4);
const FRAMES_A_TABLE = 40;

const built = ({ ipv6, changes }: RandomTables) => buildTables(ipv6 ? lab6(changes) : lab(changes));

function differenceOf({ tables, from, frame }: Example, hook: Hook): string {
  if (!fitsTestRun(frame, hook)) return "";
  const { tables: fresh, names } = built(tables);
  const slot = names.slots.indexOf(from);
  return slot < 1 ? "" : compare(fresh, slot, frame, 0, { hook }).difference;
}

/** Frames share their tables, so what one teaches, the next one meets. */
function mismatch(tables: RandomTables, random: Random, hook: Hook): string | undefined {
  const { tables: shared, names } = built(tables);
  for (let at = 0; at < FRAMES_A_TABLE; at++) {
    const { from, frame } = randomFrame(random, tables);
    if (!fitsTestRun(frame, hook)) continue;
    const { difference } = compare(shared, names.slots.indexOf(from), frame, at, { hook });
    if (difference !== "") return report({ tables, from, frame }, difference, hook);
  }
  return undefined;
}

function report(example: Example, difference: string, hook: Hook): string {
  if (differenceOf(example, hook) === "") return `${hook}, after other frames: ${difference}\n${asCase(example)}`;
  const smallest = minimise(example, (candidate) => differenceOf(candidate, hook) !== "");
  return `${hook}: ${differenceOf(smallest, hook)}\n${asCase(smallest)}`;
}

describe.each(HOOKS)("random tables and frames, engine against %s", (hook) => {
  it.skipIf(!root).each(SEEDS)(`agree (seed %i; ${NEEDS_ROOT})`, (seed) => {
    const random = new Random(seed);
    for (let at = 0; at < TABLES_A_SEED; at++) expect(mismatch(randomTables(random), random, hook)).toBeUndefined();
  });
});
