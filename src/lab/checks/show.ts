/** What vtepd says of itself: rows of `vtepd show` that must or must not be there. */
import { setTimeout as delay } from "node:timers/promises";
import type { LabContext } from "../context.js";
import { type ShowRow, showRows } from "../daemon.js";
import type { ShowCheck } from "../expectation.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";

const POLL_MS = 100;

/** Equal; a pattern's keys only, `*` for whatever key; arrays as sets that contain; ">=N" for numbers. */
export function matches(value: unknown, pattern: unknown): boolean {
  if (typeof pattern === "string" && pattern.startsWith(">=")) return Number(value) >= Number(pattern.slice(2));
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((one) => value.some((other) => matches(other, one)));
  }
  if (typeof pattern === "object" && pattern !== null) {
    const fields = value as ShowRow;
    return (
      typeof value === "object" &&
      value !== null &&
      Object.entries(pattern).every(([key, one]) =>
        key === "*" ? Object.values(fields).some((field) => matches(field, one)) : matches(fields[key], one),
      )
    );
  }
  return value === pattern;
}

export function rowProblems(rows: readonly ShowRow[], { has = [], hasNot = [] }: ShowCheck["show"]): string[] {
  return [
    ...has
      .filter((pattern) => !rows.some((row) => matches(row, pattern)))
      .map((pattern) => `no row ${JSON.stringify(pattern)}`),
    ...hasNot.flatMap((pattern) =>
      rows.filter((row) => matches(row, pattern)).map((row) => `a row ${JSON.stringify(row)}`),
    ),
  ];
}

/** Asks until the answer is right, because counters and notifications may lag a little behind the frames. */
export async function pollRows(
  socket: string,
  noun: string,
  problemsOf: (rows: ShowRow[]) => string[],
): Promise<Outcome> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const rows = await showRows(socket, noun);
    const problems = problemsOf(rows);
    if (problems.length === 0 || Date.now() > deadline) return { problems, detail: `${rows.length} rows` };
    await delay(POLL_MS);
  }
}

export async function checkShow({ daemons }: LabContext, { show }: ShowCheck): Promise<Outcome> {
  const daemon = daemons.get(show.node);
  if (daemon === undefined) return { problems: [`${show.node} runs no vtepd`], detail: "" };
  return pollRows(daemon.socket, show.noun, (rows) => rowProblems(rows, show));
}
