// FRR's running configuration as a tree: what stands under a line is indented by one more blank.

export interface ConfigLine {
  readonly text: string;
  readonly children: readonly ConfigLine[];
}

/** Lines that only end a block, or are no configuration. */
const NOISE = /^(!|exit\b|end$|Building configuration|Current configuration|frr version )/;

export function parseConfigText(text: string): ConfigLine[] {
  const root: ConfigLine & { children: ConfigLine[] } = { text: "", children: [] };
  const open: { depth: number; line: typeof root }[] = [{ depth: -1, line: root }];
  for (const raw of text.split("\n")) {
    const content = raw.trim();
    if (content === "" || NOISE.test(content)) continue;
    const depth = raw.length - raw.trimStart().length;
    while (open.length > 1 && open.at(-1)!.depth >= depth) open.pop();
    const line = { text: content, children: [] };
    open.at(-1)!.line.children.push(line);
    open.push({ depth, line });
  }
  return root.children;
}

export interface Found {
  readonly line: ConfigLine;
  /** The lines that it stands under, from the outside, and itself. */
  readonly path: readonly string[];
}

/** Every line that matches, at any depth. */
export function findLines(lines: readonly ConfigLine[], pattern: RegExp, above: readonly string[] = []): Found[] {
  return lines.flatMap((line) => {
    const path = [...above, line.text];
    const deeper = findLines(line.children, pattern, path);
    return pattern.test(line.text) ? [{ line, path }, ...deeper] : deeper;
  });
}
