/** How the demo prints: tables, an indented excerpt of a tool's answer, and the drawing of a lab. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../topology.js";

export type Print = (line: string) => void;

/** The drawing of the lab's README. */
export function drawingOf(lab: Lab): string {
  const readme = readFileSync(join(lab.folder, "README.md"), "utf8");
  return /```\n([^`]*)```/.exec(readme)?.[1] ?? "";
}

/** The head is underlined; columns are as wide as they must. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}

/** Lines of an answer that hold one of these words; its first line too where that is a head. */
export function excerpt(answer: string, words: readonly string[], head: "head" | "no head"): string[] {
  const lines = answer.trimEnd().split("\n");
  return lines.filter(
    (line, index) => (head === "head" && index === 0) || words.some((word) => line.split(/\s+/).includes(word)),
  );
}

export const secondsSince = (start: number): string => `${((Date.now() - start) / 1000).toFixed(1)} s`;
