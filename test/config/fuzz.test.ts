import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configFromValue, type LoadResult, parseConfig } from "../../src/config/load.js";
import { normalise } from "../../src/config/normalise.js";
import { formatProblem } from "../../src/config/problem.js";
import { rounds } from "../effort.js";

const example = readFileSync(new URL("example.yaml", import.meta.url), "utf8").replace(/ *#.*/g, "");

/** Repeatable: mulberry32. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

type Random = ReturnType<typeof randomFrom>;

const tokens = [
  "",
  "- ",
  ": ",
  "{",
  "}",
  "[",
  "]",
  "&a ",
  "*a",
  "!!x ",
  "? ",
  "|",
  ">",
  "#",
  "'",
  '"',
  "\n",
  "  ",
  "\t",
];
const TEXTS = rounds(1000);
const VALUES = rounds(2000);
const words = ["null", "true", ".nan", "-.inf", "-1", "0", "4294967296", "1e999", "red", "~", "\u0000", "\u2028", "😀"];
const texts = [
  "10.0.0.1",
  "::",
  "fe80::1%1",
  "10.0.0.0/33",
  "00:00:00:00:00:00",
  "02:00:00:00:00:22",
  "__proto__",
  "<<",
];
const scraps = [...tokens, ...words, ...texts];

/** Cuts, inserts, replaces and repeats at random places. */
function mutateText(text: string, random: Random): string {
  const at = random(text.length + 1);
  const length = random(12);
  const scrap = scraps[random(scraps.length)] ?? "";
  switch (random(5)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + scrap + text.slice(at);
    case 2:
      return text.slice(0, at) + scrap + text.slice(at + length);
    case 3:
      return text.slice(0, at) + text.slice(at, at + 60) + text.slice(at);
    default:
      return text.replace(/: [^\n{[]+$/m, `: ${scrap}`);
  }
}

const values: readonly unknown[] = [
  null,
  undefined,
  true,
  -1,
  0,
  1.5,
  1e300,
  Number.NaN,
  "",
  [],
  {},
  [[]],
  { a: 1 },
  ...words,
  ...texts,
];

/** Replaces, removes, adds or swaps something somewhere inside. */
function mutateValue(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random(6) === 0) return values[random(values.length)];
  const names = Object.keys(value);
  const name = names[random(names.length)] ?? "0";
  const changed = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  switch (random(12)) {
    case 0:
      delete changed[name];
      break;
    case 1:
      changed[words[random(words.length)] ?? ""] = values[random(values.length)];
      break;
    case 2:
      if (Array.isArray(changed)) changed.push(changed[0]);
      break;
    default:
      changed[name] = mutateValue(changed[name], random);
  }
  return changed;
}

/** Whatever comes in: a config that is its own fixed point, or problems of one line each. */
function isSound(result: LoadResult): boolean {
  if (result.ok) {
    expect(normalise(result.config)).toEqual(result.config);
    return true;
  }
  expect(result.problems.length).toBeGreaterThan(0);
  const printed = result.problems.map(formatProblem);
  expect(printed.filter((line) => /[\p{Cc}\u2028\u2029]|undefined/u.test(line))).toEqual([]);
  return false;
}

describe("mutated configs never throw", () => {
  it(`as text, ${TEXTS} of them`, { timeout: 60_000 + TEXTS * 15 }, () => {
    const random = randomFrom(1);
    let valid = 0;
    for (let round = 0; round < TEXTS; round++) {
      let text = example;
      for (let count = 1 + random(4); count > 0; count--) text = mutateText(text, random);
      if (isSound(parseConfig(text, "fuzz.yaml"))) valid++;
    }
    expect(valid).toBeGreaterThan(TEXTS / 200);
  });

  it(`as values, ${VALUES} of them`, { timeout: 60_000 + VALUES * 15 }, () => {
    const random = randomFrom(2);
    const whole: unknown = parse(example);
    let valid = 0;
    for (let round = 0; round < VALUES; round++) {
      let value = whole;
      for (let count = 1 + random(3); count > 0; count--) value = mutateValue(value, random);
      if (isSound(configFromValue(value))) valid++;
    }
    expect(valid).toBeGreaterThan(VALUES / 200);
  });
});
