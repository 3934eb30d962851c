// `vtepd bench --list`: the rows, and under each what it is to reach.
import { markText, targets } from "../targets.mjs";

const marksOfRow = (name) =>
  targets.flatMap(({ number, marks }) => marks.filter(({ row }) => row === name).map((mark) => ({ number, ...mark })));

/** A row says what its columns are called. */
const columnTitle = (columns = [], key) => columns.find((column) => column.key === key)?.title ?? key;

function rowLines({ name, title, slow, columns }, width) {
  const marks = marksOfRow(name).map(
    (mark) =>
      `${" ".repeat(width + 4)}target ${mark.number}: ${mark.entry}, ${columnTitle(columns, mark.column)} ${markText(mark)}`,
  );
  return [`  ${name.padEnd(width)}  ${title}${slow ? " (not with --quick)" : ""}`, ...marks];
}

export function listText(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const missing = targets.filter(({ marks }) => !marks.some(({ row }) => rows.some(({ name }) => name === row)));
  return [
    "Rows, and what they are to reach:",
    ...rows.flatMap((row) => rowLines(row, width)),
    ...(missing.length === 0 ? [] : ["", "Targets that no row measures:"]),
    ...missing.map(({ number, what }) => `  ${number}: ${what}`),
    "",
  ].join("\n");
}
