// The way in: a file, a text or a plain value becomes a config, or the full list of its problems with file, line and
// key. Nothing here throws for what a user wrote, and nothing here touches the kernel.

import { closeSync, openSync, readSync } from "node:fs";
import { checkValue } from "./check.js";
import { byPosition, formatPath, type Path, type Problem, type SourceLines } from "./problem.js";
import type { VtepConfig } from "./schema.js";
import { readSource } from "./source.js";
import type { SourceProblem } from "./syntax.js";

export interface LoadedConfig {
  readonly file: string;
  readonly config: VtepConfig;
  readonly lines: SourceLines;
}

export type LoadResult =
  | ({ readonly ok: true } & LoadedConfig)
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A config of a million static MACs has 70 to 90 MB; /dev/zero has more. */
const MAX_FILE_BYTES = 128 * 1024 * 1024;

/** Reads and checks a config file. */
export function loadConfig(file: string): LoadResult {
  let bytes: Buffer;
  try {
    bytes = readUpTo(file, MAX_FILE_BYTES + 1);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refused(file, 1, `cannot be read (${reason}), allowed: a readable file`);
  }
  if (bytes.length > MAX_FILE_BYTES) return refused(file, 1, `is too large, allowed: at most ${MAX_FILE_BYTES} bytes`);
  const text = decodeUtf8(bytes);
  return text === undefined ? refused(file, 1, "is not text, allowed: YAML in UTF-8") : parseConfig(text, file);
}

/** undefined if the bytes are not UTF-8. A byte order mark is dropped. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Checks the text of a config file; `file` is only for messages. */
export function parseConfig(text: string, file: string): LoadResult {
  const source = readSource(text);
  if (source.value === undefined) return failure(file, source.problems);
  const { config, problems } = checkValue(source.value, source.lines, source.problems);
  return config === undefined ? failure(file, problems) : { ok: true, file, config, lines: source.lines };
}

/** Checks a config that did not come as text, such as the body of a request. */
export function configFromValue(value: unknown, file = "config"): LoadResult {
  const lines = linesOfValue(value);
  const { config, problems } = checkValue(value, lines, []);
  return config === undefined ? failure(file, problems) : { ok: true, file, config, lines };
}

/** A value has keys, but no lines. */
function linesOfValue(value: unknown): SourceLines {
  const has = (path: Path): boolean => {
    let current: unknown = value;
    for (const part of path) {
      if (typeof current !== "object" || current === null || !Object.hasOwn(current, part)) return false;
      current = (current as Readonly<Record<string | number, unknown>>)[part];
    }
    return true;
  };
  return { lineOf: () => 0, has };
}

/** A size from stat() would be 0 for a pipe, so that `--config <(template)` would not work. */
function readUpTo(file: string, limit: number): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const chunks: Buffer[] = [];
    for (let total = 0; total < limit; ) {
      const chunk = Buffer.allocUnsafe(65536);
      const count = readSync(descriptor, chunk, 0, chunk.length, null);
      if (count === 0) break;
      chunks.push(chunk.subarray(0, count));
      total += count;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

function failure(file: string, problems: readonly SourceProblem[]): LoadResult {
  return { ok: false, problems: problems.map((problem) => ({ file, ...problem })).sort(byPosition) };
}

function refused(file: string, line: number, message: string): LoadResult {
  return failure(file, [{ line, key: formatPath([]), message }]);
}
