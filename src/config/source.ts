// YAML tree → plain values, and the line of every key. It refuses what makes a config mean two things, duplicate keys,
// and what makes it explode: aliases of aliases, and anchors that contain themselves.

import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type ParsedNode, type YAMLMap } from "yaml";
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

export function readSource(text: string): Source {
  const { root, counter, problems } = parseSyntax(text);
  if (problems.length > 0 || isBlank(root)) {
    return { value: undefined, lines: NO_LINES, problems: problems.length > 0 ? problems : [EMPTY] };
  }
  const reader = new TreeReader(counter);
  const value = reader.read(root, [], 1);
  return { value, lines: reader, problems: reader.problems };
}

const NO_LINES: SourceLines = { lineOf: () => 1, has: () => false };

const EMPTY: SourceProblem = {
  line: 1,
  key: formatPath([]),
  message: "is empty, allowed: a config with at least vtep.address and vtep.underlay",
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

  constructor(private readonly counter: LineCounter) {}

  has(path: Path): boolean {
    return this.lines.has(formatPath(path));
  }

  lineOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const line = this.lines.get(formatPath(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return this.lines.get(formatPath([])) ?? 1;
  }

  /** The value of a node; undefined for what could not be read, which then has a problem. */
  read(node: Node | null, path: Path, line: number): unknown {
    this.lines.set(formatPath(path), line);
    if (path.length > MAX_DEPTH) return this.refuse(path, line, "is nested too deeply", `${MAX_DEPTH} levels`);
    if (this.aliasDepth > 0 && ++this.aliasedValues > MAX_ALIASED_VALUES) return this.refuseBomb(path, line);
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
    return items.map((item, index) => {
      const node = item as Node | null;
      return this.read(node, [...path, index], this.lineOfNode(node) ?? line);
    });
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

  private refuseBomb(path: Path, line: number): undefined {
    if (this.aliasedValues === MAX_ALIASED_VALUES + 1) {
      this.refuse(path, line, "is where aliases have expanded too far", `${MAX_ALIASED_VALUES} values in all`);
    }
    return undefined;
  }

  private refuse(path: Path, line: number, wrong: string, allowed: string): undefined {
    this.problems.push({ line, key: formatPath(path), message: `${wrong}, allowed: ${allowed}` });
    return undefined;
  }
}
