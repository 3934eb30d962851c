// Long lists are read past the YAML parser: what comes out has to be what the parser would have said.
import { describe, expect, it } from "vitest";
import { cutPlainLists } from "../../src/config/plain_lists.js";
import type { Path } from "../../src/config/problem.js";
import { readSource } from "../../src/config/source.js";

const LEAST = 2;
const byParser = (text: string) => readSource(text, { text, runs: [] });
const quick = (text: string) => readSource(text, cutPlainLists(text, LEAST));

const flow = (count: number, indent = "    ") =>
  Array.from({ length: count }, (_, at) => `${indent}- { bridgeDomain: red, mac: "02:00:00:00:00:${10 + at}" }\n`).join(
    "",
  );
const block = (count: number, indent = "    ") =>
  Array.from(
    { length: count },
    (_, at) => `${indent}- bridgeDomain: red\n${indent}  mac: 02:00:00:00:00:${10 + at}\n`,
  ).join("");

const texts: Readonly<Record<string, string>> = {
  "entries on one line": `a: 1\nfdb:\n${flow(5)}z: 2\n`,
  "entries on several lines": `fdb:\n${block(5)}z: 2\n`,
  "both, one after the other": `fdb:\n${flow(4)}${block(4)}${flow(4)}`,
  "lists as deep as their key": `fdb:\n${flow(4, "")}z: 2\n`,
  "comments behind entries": `fdb:\n${flow(5).replaceAll("}\n", "} # a host\n")}`,
  "comments between entries": `fdb:\n${flow(3)}    # more\n${flow(3)}`,
  "Windows line ends": `fdb:\n${flow(5)}z: 2\n`.replaceAll("\n", "\r\n"),
  "another key behind the last entry": `fdb:\n${block(4)}      vtep: 10.0.0.1\n`,
  "a deeper value behind the last entry": `fdb:\n${block(4)}      more:\n        - 1\n`,
  "a word that goes on below": `fdb:\n${block(3)}        and more\n${block(3)}`,
  "words that are no text": `fdb:\n${flow(3)}    - { a: true, b: x }\n    - { a: ~, b: 12 }\n${flow(3)}`,
  "an entry without spaces": `fdb:\n${flow(3)}    - {a: b}\n${flow(3)}`,
  "a key that stands twice": `fdb:\n${flow(3)}    - { a: b, a: c }\n${flow(3)}`,
  "a text that looks like a list": `note: |\n${flow(5)}fdb:\n${flow(5)}`,
  "a quoted text that looks like a list": `note: "x\n${flow(5)} "\nz: 1\n`
    .replaceAll('"02', "'02")
    .replaceAll('" }', "' }"),
  "an anchor and its aliases": `a: &list\n${flow(5)}b: *list\n`,
  "a broken line in the middle": `fdb:\n${flow(3)}    - { a: [ }\n${flow(3)}`,
  "wrong indentation": `fdb:\n${flow(3)}   - { a: b }\n${flow(3)}`,
};

/** All paths in a value. */
function* pathsOf(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value))
    yield* pathsOf(child, [...path, Array.isArray(value) ? Number(key) : key]);
}

describe("plain lists", () => {
  for (const [what, text] of Object.entries(texts)) {
    it(`are read as the parser reads them: ${what}`, () => {
      const [ours, theirs] = [quick(text), byParser(text)];
      // What else the parser stumbles over behind its first problem may differ.
      expect(ours.problems[0]).toEqual(theirs.problems[0]);
      expect(ours.value).toEqual(theirs.value);
      for (const path of theirs.value === undefined ? [] : pathsOf(theirs.value)) {
        expect([path, ours.lines.has(path), ours.lines.lineOf(path)]).toEqual([path, true, theirs.lines.lineOf(path)]);
      }
      expect(ours.lines.has(["fdb", 0, "nothing"])).toBe(false);
      expect(ours.lines.has(["fdb", 1000])).toBe(false);
    });
  }

  it("are cut out but for the last entry, which may go on", () => {
    const cut = cutPlainLists(texts["entries on one line"]!, LEAST);
    expect(cut?.runs.map(({ values }) => values.length)).toEqual([4]);
    expect(cut?.text.split("\n").length).toBe(texts["entries on one line"]!.split("\n").length);
    expect(cutPlainLists(texts["entries on several lines"]!, LEAST)?.runs.map(({ values }) => values.length)).toEqual([
      4,
    ]);
  });

  it("are left to the parser where they are short, or where the text has the mark itself", () => {
    expect(cutPlainLists(texts["entries on one line"]!)).toBeUndefined();
    expect(cutPlainLists(`x: vtepd-reads-these-entries-0\nfdb:\n${flow(5)}`, LEAST)).toBeUndefined();
  });

  it("count where aliases repeat them", () => {
    const aliases = Array.from({ length: 40_000 }, (_, at) => `b${at}: *list\n`).join("");
    expect(quick(`a: &list\n${flow(5)}${aliases}`).problems).toEqual([
      expect.objectContaining({ message: expect.stringContaining("aliases have expanded too far") }),
    ]);
  });
});
