// What is wrong with a config file, and where. Collecting, never throwing: one problem must not hide another.

/** Names and list positions from the root: ["ports", 0, "vlan"]. */
export type Path = readonly (string | number)[];

export interface Problem {
  readonly file: string;
  /** 1-based; 0 when the value did not come from a text. */
  readonly line: number;
  readonly key: string;
  /** What is wrong, and what is allowed. */
  readonly message: string;
}

/** Where a key stands in the text. */
export interface SourceLines {
  /** The line of the key, or of the nearest thing around it; 0 when the value did not come from a text. */
  lineOf(path: Path): number;
  /** Whether the text names the key, rather than a default. */
  has(path: Path): boolean;
}

/** ports[0].vlan; a key that is not a plain word is quoted, so that a problem stays on one line. */
export function formatPath(path: Path): string {
  if (path.length === 0) return "(file)";
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = /^(<<|[\w-]{1,48})$/.test(part) ? part : quoted(part);
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

/** The text in quotes, safe for one line of a terminal, and not longer than a line can bear. */
export function quoted(text: string): string {
  const short = text.length > 48 ? `${text.slice(0, 45)}...` : text;
  return JSON.stringify(short).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** FILE:LINE: key.path: what is wrong, what is allowed */
export function formatProblem({ file, line, key, message }: Problem): string {
  return `${line > 0 ? `${file}:${line}` : file}: ${key}: ${message}`;
}

export function byPosition(a: Problem, b: Problem): number {
  return a.line - b.line || (a.key < b.key ? -1 : Number(a.key > b.key));
}
