// Turns a table of broken configs into tests: each case names every line and key that must be reported, and no other.

import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/load.js";

/** Each `where` is "LINE key"; the list is complete and in the order of the report. */
export interface BrokenConfig {
  readonly name: string;
  readonly text: string;
  readonly where: readonly string[];
  /** What the first message must say. */
  readonly says: RegExp;
}

export function problemsOf(text: string): readonly { line: number; key: string; message: string }[] {
  const result = parseConfig(text, "test.yaml");
  return result.ok ? [] : result.problems;
}

export function refuses(title: string, cases: readonly BrokenConfig[]): void {
  describe(title, () => {
    for (const { name, text, where, says } of cases) {
      it(name, () => {
        const problems = problemsOf(text);
        expect(problems.map(({ line, key }) => `${line} ${key}`)).toEqual(where);
        expect(problems[0]?.message).toMatch(says);
        for (const { message } of problems) expect(message).toMatch(/^[^\n]+, allowed: [^\n]+$/);
      });
    }
  });
}

export function accepts(title: string, cases: Readonly<Record<string, string>>): void {
  describe(title, () => {
    for (const [name, text] of Object.entries(cases)) {
      it(name, () => expect(problemsOf(text)).toEqual([]));
    }
  });
}
