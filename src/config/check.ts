// Plain values → config, or every problem in it. Shape first, then the rules on whatever has a sound shape.

import { normaliseDraft } from "./normalise.js";
import { formatPath, type Path, type SourceLines } from "./problem.js";
import type { RuleContext } from "./rules/context.js";
import { rules } from "./rules.js";
import type { VtepConfig } from "./schema.js";
import { shapeProblems } from "./shape.js";
import type { SourceProblem } from "./syntax.js";

export interface CheckResult {
  /** undefined if there are problems. */
  readonly config: VtepConfig | undefined;
  readonly problems: readonly SourceProblem[];
}

/** `earlier` are the problems that reading the text has found; their keys are not judged again. */
export function checkValue(value: unknown, lines: SourceLines, earlier: readonly SourceProblem[]): CheckResult {
  const problems = [...earlier];
  const broken = new Set(earlier.map((problem) => problem.key));
  const add = (path: Path, message: string): void => {
    problems.push({ line: lines.lineOf(path), key: formatPath(path), message });
  };
  for (const { path, message } of shapeProblems(value)) {
    const key = formatPath(path);
    if (!broken.has(key)) add(path, message);
    broken.add(key);
  }
  const draft = normaliseDraft(value, broken);
  const context: RuleContext = {
    config: draft,
    isBroken: (path) => broken.has(formatPath(path)),
    at: (path) => (lines.lineOf(path) > 0 ? ` (line ${lines.lineOf(path)})` : ""),
    report: (path, message) => {
      if (!broken.has(formatPath(path))) add(path, message);
    },
  };
  for (const rule of rules) rule(context);
  // Where nothing is broken, the draft has no holes.
  return { config: problems.length > 0 ? undefined : (draft as VtepConfig), problems };
}
