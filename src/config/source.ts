// YAML tree → plain values, and the line of every key. It refuses what makes a config mean two things, duplicate keys,
// and what makes it explode: aliases of aliases, and anchors that contain themselves.

import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type ParsedNode, type YAMLMap } from "yaml";
import { type CutText, cutPlainLists, MARK, type PlainEntries } from "./plain_lists.js";
import { formatPath, type Path, type SourceLines } from "./problem.js";
import { parseSyntax, type SourceProblem } from "./syntax.js";

export interface Source {
  /** undefined if the text could not be read at all. */
  readonly value: unknown;
  readonly lines: SourceLines;
  readonly problems: readonly SourceProblem[];
}

const MAX_DEPTH = 32;
/** Values that aliases may stand for, all together. */
const MAX_ALIASED_VALUES = 100_000;

/** The YAML parser takes 6 KB for a line of 72 bytes: beyond this it would take more memory than V8 gives. */
const MAX_PARSED_CHARACTERS = 16 * 1024 * 1024;

export function readSource(text: string, cut: CutText | undefined = cutPlainLists(text)): Source {
  const parsed = cut?.text ?? text;
  if (parsed.length > MAX_PARSED_CHARACTERS) return unread([TOO_LARGE]);
  const { root, counter, problems } = parseSyntax(parsed);
  if (problems.length > 0 || isBlank(root)) return unread(problems.length > 0 ? problems : [EMPTY]);
  const reader = new TreeReader(counter, cut?.runs ?? []);
  const value = reader.read(root, [], 1);
  // What looked like a list stands in the middle of a text.
  if (cut !== undefined && !reader.hasAllRuns) return readSource(text, { text, runs: [] });
  return { value, lines: reader, problems: reader.problems };
}

const unread = (problems: readonly SourceProblem[]): Source => ({ value: undefined, lines: NO_LINES, problems });

const NO_LINES: SourceLines = { lineOf: () => 1, has: () => false };

const EMPTY: SourceProblem = {
  line: 1,
  key: formatPath([]),
  message: "is empty, allowed: a config with at least vtep.address and vtep.underlay",
};

const TOO_LARGE: SourceProblem = {
  line: 1,
  key: formatPath([]),
  message: `is too large, allowed: ${MAX_PARSED_CHARACTERS} characters besides lists of short entries`,
};

function isBlank(node: ParsedNode | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

class TreeReader implements SourceLines {
  readonly problems: SourceProblem[] = [];
  private readonly lines = new Map<string, number>();
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  private aliasedValues = 0;
  private aliasDepth = 0;
  /** Runs of plain entries, by the list that they are in. */
  private readonly placed = new Map<string, { readonly first: number; readonly run: PlainEntries }[]>();
  private readonly seen = new Set<number>();

  constructor(
    private readonly counter: LineCounter,
    private readonly runs: readonly PlainEntries[],
  ) {}

  get hasAllRuns(): boolean {
    return this.seen.size === this.runs.length;
  }

  has(path: Path): boolean {
    return this.lineAt(path) !== undefined;
  }

  lineOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const line = this.lineAt(path.slice(0, length));
      if (line !== undefined) return line;
    }
    return this.lines.get(formatPath([])) ?? 1;
  }

  private lineAt(path: Path): number | undefined {
    return this.lines.get(formatPath(path)) ?? this.plainLineAt(path);
  }

  /** Of an entry of a run, or of one of its keys. */
  private plainLineAt(path: Path): number | undefined {
    const at = typeof path.at(-1) === "number" ? path.length - 1 : path.length - 2;
    const index = path[at];
    if (typeof index !== "number") return undefined;
    const runs = this.placed.get(formatPath(path.slice(0, at))) ?? [];
    const found = runs.find(({ first, run }) => index >= first && index < first + run.values.length);
    if (found === undefined) return undefined;
    const { run, first } = found;
    const [value, line] = [run.values[index - first]!, run.lines[index - first]!];
    const key = path[at + 1];
    if (key === undefined) return line;
    const below = Object.keys(value).indexOf(String(key));
    return below < 0 ? undefined : line + (run.isOneLine[index - first] ? 0 : below);
  }

  /** The value of a node; undefined for what could not be read, which then has a problem. */
  read(node: Node | null, path: Path, line: number): unknown {
    this.lines.set(formatPath(path), line);
    if (path.length > MAX_DEPTH) return this.refuse(path, line, "is nested too deeply", `${MAX_DEPTH} levels`);
    if (this.hasExploded(1, path, line)) return undefined;
    if (node === null) return null;
    if (isAlias(node)) return this.readAlias(node.source, path, line);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    this.open.add(node);
    const value = isMap(node) ? this.readMap(node, path) : isSeq(node) ? this.readList(node.items, path, line) : null;
    this.open.delete(node);
    return value;
  }

  private readAlias(name: string, path: Path, line: number): unknown {
    const target = this.anchors.get(name);
    if (target === undefined)
      return this.refuse(
        path,
        line,
        `names the anchor &${name}, which does not stand before it`,
        "an alias of an anchor above",
      );
    if (this.open.has(target))
      return this.refuse(path, line, `names the anchor &${name}, which contains it`, "an alias of another value");
    this.aliasDepth++;
    const value = this.read(target, path, line);
    this.aliasDepth--;
    return value;
  }

  private readList(items: readonly unknown[], path: Path, line: number): unknown[] {
    const values: unknown[] = [];
    for (const item of items) {
      const node = item as Node | null;
      const run = this.runOf(node);
      if (run === undefined) values.push(this.read(node, [...path, values.length], this.lineOfNode(node) ?? line));
      else if (!this.hasExploded(this.runs[run]!.values.length, path, line)) this.place(run, path, values);
    }
    return values;
  }

  private runOf(node: Node | null): number | undefined {
    const text = isScalar(node) && typeof node.value === "string" ? node.value : "";
    return this.runs.length > 0 && text.startsWith(MARK) ? Number(text.slice(MARK.length)) : undefined;
  }

  private place(number: number, path: Path, values: unknown[]): void {
    const run = this.runs[number]!;
    const list = formatPath(path);
    this.placed.set(list, [...(this.placed.get(list) ?? []), { first: values.length, run }]);
    this.seen.add(number);
    for (const value of run.values) values.push(value);
  }

  private readMap(map: YAMLMap, path: Path): unknown {
    // Without a prototype, so that a key named __proto__ is a key like any other.
    const value: Record<string, unknown> = Object.create(null);
    for (const { key, value: item } of map.items) {
      const line = this.lineOfNode(key as Node | null) ?? this.lineOf(path);
      if (!isScalar(key) || key.value === null) {
        this.refuse(path, line, "has a key that is not a word", "plain words");
        continue;
      }
      const name = String(key.value);
      const here = [...path, name];
      if (name in value) {
        this.refuse(here, line, `is given twice (first on line ${this.lineOf(here)})`, "once");
      } else {
        value[name] = this.read(item as Node | null, here, line);
      }
    }
    return value;
  }

  private lineOfNode(node: Node | null): number | undefined {
    const offset = node?.range?.[0];
    return offset === undefined ? undefined : this.counter.linePos(offset).line;
  }

  /** Said once, where it happens. */
  private hasExploded(values: number, path: Path, line: number): boolean {
    if (this.aliasDepth === 0) return false;
    const before = this.aliasedValues;
    this.aliasedValues += values;
    if (this.aliasedValues <= MAX_ALIASED_VALUES) return false;
    if (before <= MAX_ALIASED_VALUES) {
      this.refuse(path, line, "is where aliases have expanded too far", `${MAX_ALIASED_VALUES} values in all`);
    }
    return true;
  }

  private refuse(path: Path, line: number, wrong: string, allowed: string): undefined {
    this.problems.push({ line, key: formatPath(path), message: `${wrong}, allowed: ${allowed}` });
    return undefined;
  }
}
