// YAML text → the tree of its one document. It refuses broken syntax, unknown tags, several documents, and nesting that
// no config needs: composing recurses, and V8 ends the whole process when a RegExp is compiled at the end of the stack,
// so the depth is measured before, on the tokens, which are parsed without recursion.
// YAML 1.2 rules hold whatever a %YAML line says, so that `no` is a word and 02:00:00:00:00:22 is not base 60.

import { Composer, type CST, type Document, LineCounter, type ParsedNode, Parser, type YAMLError } from "yaml";
import { formatPath } from "./problem.js";

/** A problem that has no file name yet. */
export interface SourceProblem {
  readonly line: number;
  readonly key: string;
  readonly message: string;
}

export interface SyntaxTree {
  /** null if the text says nothing. */
  readonly root: ParsedNode | null;
  readonly counter: LineCounter;
  /** If there are any, the tree is not to be trusted. */
  readonly problems: readonly SourceProblem[];
}

/** Levels of brackets and indentation, all kinds counted; the schema itself has eight. */
const MAX_NESTING = 64;

export function parseSyntax(text: string): SyntaxTree {
  const counter = new LineCounter();
  const refused = (problems: readonly SourceProblem[]): SyntaxTree => ({ root: null, counter, problems });
  const problemAt = (offset: number, message: string): SourceProblem => {
    return { line: Math.max(1, counter.linePos(offset).line), key: formatPath([]), message };
  };
  const tokens = [...new Parser(counter.addNewLine).parse(text)];
  const bottom = tokenBelow(tokens, MAX_NESTING);
  if (bottom !== undefined) {
    return refused([problemAt(bottom.offset, `is nested too deeply, allowed: at most ${MAX_NESTING} levels`)]);
  }
  const [document, second] = compose(tokens, text.length);
  if (document === undefined) return refused([]);
  const faults: YAMLError[] = [...document.errors, ...document.warnings];
  const problems = faults.map((fault) =>
    problemAt(fault.pos[0], `is not valid YAML (${reasonOf(fault)}), allowed: YAML 1.2`),
  );
  if (second !== undefined) {
    problems.push(problemAt(second.range[0], "is a second YAML document, allowed: one"));
  }
  return { root: document.contents, counter, problems };
}

function compose(tokens: readonly CST.Token[], length: number): Document.Parsed[] {
  const composer = new Composer({
    schema: "core",
    merge: false,
    // The reader finds duplicates itself, because it can name their keys.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  return [...composer.compose(tokens, true, length)] as Document.Parsed[];
}

/** The parser's words, in one line and without control characters that it may quote. */
function reasonOf(fault: YAMLError): string {
  return (fault.message.split("\n")[0] ?? "").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
}

/** A token deeper than `limit`, found without recursion. */
function tokenBelow(tokens: readonly CST.Token[], limit: number): CST.Token | undefined {
  const open: (readonly [CST.Token, number])[] = tokens.map((token) => [token, 0]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next;
    if (depth > limit) return token;
    for (const child of childrenOf(token)) open.push([child, depth + 1]);
  }
  return undefined;
}

function* childrenOf(token: CST.Token): Generator<CST.Token> {
  if (token.type === "document" && token.value !== undefined) yield token.value;
  if (!("items" in token)) return;
  for (const { key, value } of token.items) {
    if (key) yield key;
    if (value) yield value;
  }
}
