/** A lab's results as text. */
import type { CheckResult, LabReport } from "./runner.js";

const SIGN = { passed: "✓", failed: "✗", skipped: "-" } as const;

export function resultLines({ name, state, problems, detail }: CheckResult): string {
  const first = `  ${SIGN[state]} ${name}${detail === "" ? "" : ` (${detail})`}`;
  return [first, ...problems.map((problem) => `      ${problem}`)].join("\n");
}

export const hasFailed = (report: LabReport): boolean => report.results.some(({ state }) => state === "failed");

/** Everything about a lab that failed, for a test's message. */
export function failureText(report: LabReport): string {
  const failed = report.results.filter(({ state }) => state === "failed").map(resultLines);
  return [`lab ${report.lab} (${report.variant}) failed:`, ...failed, report.diagnosis ?? ""].join("\n");
}
