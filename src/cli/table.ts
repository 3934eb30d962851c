// Rows for people: aligned columns, one line a row, nothing wrapped and nothing cut.

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number;
  /** Numbers stand right, so that their digits line up. */
  readonly align?: "left" | "right";
}

const GAP = "  ";
/** Names come from files and the kernel; what moves a cursor must not reach the terminal. */
const CONTROL = /\p{Cc}/gu;

export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = rows.map((row) => columns.map(({ value }) => cellText(value(row))));
  const widths = columns.map(({ title }, index) => {
    return cells.reduce((width, row) => Math.max(width, row[index]!.length), title.length);
  });
  const line = (texts: readonly string[]): string => {
    const padded = texts.map((text, index) => pad(text, widths[index]!, columns[index]!.align));
    return `${padded.join(GAP).trimEnd()}\n`;
  };
  return line(columns.map(({ title }) => title)) + cells.map(line).join("");
}

/** One thing: a name and a value a line. */
export function renderFacts(facts: readonly (readonly [name: string, value: string | number])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .map(([name, value]) => `${name.padEnd(width)}${GAP}${cellText(value)}`.trimEnd())
    .join("\n")
    .concat("\n");
}

function pad(text: string, width: number, align: Column<never>["align"]): string {
  return align === "right" ? text.padStart(width) : text.padEnd(width);
}

/** A hole in a row would shift the columns for whoever splits it by blanks. */
function cellText(value: string | number): string {
  const text = String(value).replace(CONTROL, "?");
  return text === "" ? "-" : text;
}
