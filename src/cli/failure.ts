// Failures as exit codes and lines on stderr. SPEC: interface.md, "Exit codes".

import { CommanderError } from "commander";
import { formatProblem, type Problem } from "../config/problem.js";
import { VtepError } from "../wire/error.js";

export const ExitCode = {
  DONE: 0,
  /** What was asked for failed. */
  FAILED: 1,
  /** The command line or the config is wrong. */
  WRONG_INPUT: 2,
  NO_VTEP: 3,
} as const;

const EXIT_BY_CODE: Readonly<Record<string, number>> = {
  no_vtep: ExitCode.NO_VTEP,
  config_invalid: ExitCode.WRONG_INPUT,
  invalid_request: ExitCode.WRONG_INPUT,
};

export interface Failure {
  readonly exitCode: number;
  /** Lines for stderr; empty where they have been printed already. */
  readonly text: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    return { exitCode: error.exitCode === 0 ? ExitCode.DONE : ExitCode.WRONG_INPUT, text: "" };
  }
  if (error instanceof VtepError) return { exitCode: EXIT_BY_CODE[error.code] ?? ExitCode.FAILED, text: textOf(error) };
  // A defect of ours: whoever reports it needs the stack.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: ExitCode.FAILED, text: `${text}\n` };
}

/** Problems of a config stand each on a line of its own, ready for an editor to jump to. */
function textOf({ message, meta }: VtepError): string {
  const problems = meta.problems;
  if (!isProblemList(problems)) return `vtepd: ${message}\n`;
  return problems.map((problem) => `${formatProblem(problem)}\n`).join("");
}

function isProblemList(value: unknown): value is readonly Problem[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "object" && "key" in one);
}
