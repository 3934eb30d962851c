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

/** `1.23 (1.10–1.31)` */
export function spread({ median, min, max }, digits) {
  return `${fixed(median, digits)} (${fixed(min, digits)}–${fixed(max, digits)})`;
}
