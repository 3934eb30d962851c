// Long lists of short entries, read without the YAML parser and cut out of the text before it sees the rest:
//
//   - { bridgeDomain: red, mac: "02:00:00:00:00:22", vtep: 10.255.0.2 }       or        - bridgeDomain: red
//                                                                                         mac: 02:00:00:00:00:22
// PERF: the parser takes 45 µs and 5 KB for such an entry, and a VTEP may have a million of them; this, 1 µs.
//
// It refuses to understand YAML. An entry counts only if its values are words that can mean nothing but themselves, and
// if the next entry follows on the next line at the same depth, so that nothing can belong to it that was not read. What
// stands around it is the parser's to say: in place of a run of entries it finds one item, the mark, and only if it
// finds each mark as an item of a list was this reading right. Line breaks stay where they are.

/** An entry's keys, and on which line its first key stands; the keys of one in several lines stand below each other. */
export interface PlainEntries {
  readonly values: readonly Readonly<Record<string, string>>[];
  readonly lines: readonly number[];
  readonly isOneLine: readonly boolean[];
}

export interface CutText {
  readonly text: string;
  /** By the number behind the mark. */
  readonly runs: readonly PlainEntries[];
}

/** Shorter ones the parser may have. */
const LEAST_ENTRIES = 64;
/** Without quotes, which would end the text around it, if there is one. */
export const MARK = "vtepd-reads-these-entries-";

const KEY = String.raw`[A-Za-z]\w*`;
/** A name, an IPv4 address, a MAC address; or anything in quotes that has nothing to escape. */
const WORD = String.raw`[A-Za-z][\w.-]*|\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}`;
const SCALAR = String.raw`(?:"[^"\\\n\r]*"|'[^'\n\r]*'|${WORD})`;
const REST = String.raw`[ ]*(?:[ ]#[^\n\r]*)?\r?\n`;
const PAIR = `${KEY}:[ ]+${SCALAR}`;
const ONE_LINE = new RegExp(String.raw`([ ]*)- \{[ ]*(${PAIR}(?:,[ ]*${PAIR})*)[ ]*\}${REST}`, "y");
const FIRST_LINE = new RegExp(`([ ]*)- (${PAIR})${REST}`, "y");
const NEXT_LINE = new RegExp(`([ ]*)(${PAIR})${REST}`, "y");
const PAIRS = new RegExp(`(${KEY}):[ ]+(${SCALAR})`, "g");
/** Words of YAML's core schema that are no text. */
const NOT_TEXT = /^(?:null|Null|NULL|true|True|TRUE|false|False|FALSE)$/;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Adds the pairs of a piece of text; false where a key stands twice or a word is no text. */
function addPairs(piece: string, to: Record<string, string>): boolean {
  for (const [, key = "", scalar = ""] of piece.matchAll(PAIRS)) {
    if (key in to || NOT_TEXT.test(scalar)) return false;
    to[key] = scalar.startsWith('"') || scalar.startsWith("'") ? scalar.slice(1, -1) : scalar;
  }
  return true;
}

interface Entry {
  readonly indent: number;
  readonly value: Record<string, string>;
  readonly end: number;
  /** Lines that it takes. */
  readonly lines: number;
}

/** The entry that begins at a line's start, if it is one of these. */
function entryAt(text: string, at: number): Entry | undefined {
  const value: Record<string, string> = Object.create(null);
  const whole = matchAt(ONE_LINE, text, at);
  if (whole !== null) {
    const [all, spaces = "", pairs = ""] = whole;
    return addPairs(pairs, value) ? { indent: spaces.length, value, end: at + all.length, lines: 1 } : undefined;
  }
  const first = matchAt(FIRST_LINE, text, at);
  if (first === null) return undefined;
  const [all, spaces = "", pair = ""] = first;
  const indent = spaces.length;
  if (!addPairs(pair, value)) return undefined;
  let [end, lines] = [at + all.length, 1];
  for (let next = matchAt(NEXT_LINE, text, end); next?.[1]?.length === indent + 2; lines++) {
    if (!addPairs(next[2] ?? "", value)) return undefined;
    end += next[0].length;
    next = matchAt(NEXT_LINE, text, end);
  }
  return { indent, value, end, lines };
}

/** A run that is being read: it ends before its last entry, of which nobody knows yet where it ends. */
class Run {
  readonly values: Record<string, string>[] = [];
  readonly lines: number[] = [];
  readonly isOneLine: boolean[] = [];

  constructor(
    readonly start: number,
    readonly indent: number,
  ) {}

  add({ value, lines }: Entry, line: number): void {
    this.values.push(value);
    this.lines.push(line);
    this.isOneLine.push(lines === 1);
  }
}

const DASH = "-".charCodeAt(0);

function isItemAt(text: string, at: number, indent: number): boolean {
  for (let space = at; space < at + indent; space++) if (text.charCodeAt(space) !== 32) return false;
  return text.charCodeAt(at + indent) === DASH && text.charCodeAt(at + indent + 1) === 32;
}

/** The run of entries that begins at a line's start: all but the last that looks like one of them. */
function runAt(text: string, start: number, line: number): { run: Run; end: number; lines: number } | undefined {
  let entry = entryAt(text, start);
  if (entry === undefined) return undefined;
  const run = new Run(start, entry.indent);
  let [end, lines] = [start, 0];
  while (entry !== undefined && entry.indent === run.indent && isItemAt(text, entry.end, run.indent)) {
    run.add(entry, line + lines);
    end = entry.end;
    lines += entry.lines;
    entry = entryAt(text, end);
  }
  return run.values.length === 0 ? undefined : { run, end, lines };
}

/** The text with a mark in place of each long run; undefined where there is none. */
export function cutPlainLists(text: string, least = LEAST_ENTRIES): CutText | undefined {
  if (text.includes(MARK)) return undefined;
  const runs: PlainEntries[] = [];
  let kept = "";
  let [from, line] = [0, 1];
  for (let at = 0; at >= 0 && at < text.length; ) {
    const found = runAt(text, at, line);
    if (found !== undefined && found.run.values.length >= least) {
      const mark = `${" ".repeat(found.run.indent)}- ${MARK}${runs.length}`;
      kept += text.slice(from, at) + mark + "\n".repeat(found.lines);
      runs.push(found.run);
      from = found.end;
    }
    line += found?.lines ?? 1;
    at = found?.end ?? text.indexOf("\n", at) + 1;
    if (at === 0) break;
  }
  return runs.length === 0 ? undefined : { text: kept + text.slice(from), runs };
}
