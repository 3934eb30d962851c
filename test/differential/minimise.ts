// A mismatch that a person can read: the smallest changes to the lab, and the plainest frame, that still show it.

import { inspect } from "node:util";
import type { Changes } from "../corpus/lab.js";
import { toHex } from "../corpus/packet.js";
import type { RandomFrame, RandomTables } from "./random_cases.js";

export interface Example extends RandomFrame {
  readonly tables: RandomTables;
}

const zeroedAt = (frame: Uint8Array, zeroed: number): Uint8Array => frame.map((byte, at) => (at === zeroed ? 0 : byte));

/** Every example that is one step simpler. */
function* simpler({ tables, from, frame }: Example): Generator<Example> {
  for (const changes of fewerChanges(tables.changes)) yield { from, frame, tables: { ...tables, changes } };
  for (const cut of [frame.length >>> 1, 16, 4, 1])
    if (cut < frame.length) yield { tables, from, frame: frame.slice(0, frame.length - cut) };
  for (let at = 0; at < frame.length; at++) if (frame[at] !== 0) yield { tables, from, frame: zeroedAt(frame, at) };
}

function* fewerChanges(changes: Changes): Generator<Changes> {
  for (const [key, part] of Object.entries(changes)) {
    const { [key as keyof Changes]: _, ...rest } = changes;
    yield rest;
    if (typeof part !== "object") continue;
    for (const inner of Object.keys(part)) {
      const left = Array.isArray(part) ? part.filter((_, at) => String(at) !== inner) : without(part, inner);
      yield { ...changes, [key]: left };
    }
  }
}

const without = (part: object, key: string): object =>
  Object.fromEntries(Object.entries(part).filter(([name]) => name !== key));

/** Greedy: takes the first simpler example that still fails, until none does or the tries run out. */
export function minimise(example: Example, fails: (example: Example) => boolean, tries = 3000): Example {
  for (const candidate of simpler(example)) {
    if (tries-- <= 0) return example;
    if (fails(candidate)) return minimise(candidate, fails, tries);
  }
  return example;
}

/** As it would stand in the corpus. */
export function asCase({ tables, from, frame }: Example): string {
  const changes = inspect(tables.changes, { depth: 5, breakLength: 110 });
  return `given: ${tables.ipv6 ? "lab6" : "lab"}(${changes})\nframes: [{ from: "${from}", frame: hex("${toHex(frame)}") }]`;
}
