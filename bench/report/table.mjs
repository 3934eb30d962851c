// Tables for people: the first column to the left, numbers to the right.

export function table(head, rows) {
  const lines = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const format = (line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  const [first, ...rest] = lines.map(format);
  return [first, "-".repeat(first.length), ...rest].map((line) => `  ${line.trimEnd()}`).join("\n");
}

export const fixed = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "-");

/** `1.23 (1.10–1.31)`; of a single sample `1.23`. */
export function spread({ median, min, max }, digits) {
  const text = fixed(median, digits);
  return min === max ? text : `${text} (${fixed(min, digits)}–${fixed(max, digits)})`;
}

/** A number, a summary of several, or nothing, as a cell. */
export function cellText(value, { digits = 0, range = true }) {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number") return fixed(value, digits);
  return range ? spread(value, digits) : fixed(value.median, digits);
}

/** Why an entry has no numbers. */
export const absence = ({ failure, skipped }) => (skipped === undefined ? `failed: ${failure}` : `SKIP: ${skipped}`);

export const hasNumbers = (entry, columns) =>
  columns.some(({ key }) => entry[key] !== undefined && entry[key] !== null);

/** The columns in which something stands. */
export const usedColumns = ({ entries, columns }) =>
  columns.filter(({ key }) => entries.some((entry) => entry[key] !== undefined && entry[key] !== null));

const WHY_LENGTH = 60;
const short = (text) => {
  const [line] = text.split("\n");
  return line.length > WHY_LENGTH ? `${line.slice(0, WHY_LENGTH)}…` : line;
};

/** A row of the bench as text. */
export function rowText({ name, entries, columns, notes = [], skipped }) {
  if (skipped !== undefined) return `  SKIP ${name}: ${skipped}`;
  const used = usedColumns({ entries, columns });
  const whole = entries.filter((entry) => hasNumbers(entry, used));
  const lines = whole.map((entry) => [entry.title, ...used.map((column) => cellText(entry[column.key], column))]);
  const others = entries.filter((entry) => !hasNumbers(entry, used));
  return [
    ...(lines.length > 0 ? [table(["", ...used.map(({ title }) => title)], lines)] : []),
    ...others.map((entry) => `  ${entry.title}: ${short(absence(entry))}`),
    ...notes.map((note) => `  ${note}`),
  ].join("\n");
}
