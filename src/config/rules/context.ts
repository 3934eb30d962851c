// What a rule sees and how it reports. Rules work on a draft with holes: a key that is broken by itself is undefined
// here and already reported, so every rule checks what is there and keeps quiet about the rest.

import type { Path } from "../problem.js";
import type { ConfigDraft } from "../schema.js";

export interface RuleContext {
  readonly config: ConfigDraft;
  /** Says what is wrong at a key and what is allowed; ignored where the key is already known to be broken. */
  report(path: Path, message: string): void;
  /** ` (line 12)` for use in a message; empty if the config did not come from a text. */
  at(path: Path): string;
  /** Whether the key is written, though not readable. */
  isBroken(path: Path): boolean;
}

export type Rule = (context: RuleContext) => void;

/** The readable items of a list with their positions. */
export function* numbered<T>(list: readonly (T | undefined)[] | undefined): Generator<readonly [number, T]> {
  for (const [index, item] of (list ?? []).entries()) {
    if (item !== undefined) yield [index, item];
  }
}

/** Who took a name first. */
export class Claims<Owner> {
  private readonly owners = new Map<string, Owner>();

  /** The earlier owner, or undefined if the name was free and is now taken. */
  claim(name: string, owner: Owner): Owner | undefined {
    const earlier = this.owners.get(name);
    if (earlier === undefined) this.owners.set(name, owner);
    return earlier;
  }

  get(name: string): Owner | undefined {
    return this.owners.get(name);
  }

  get count(): number {
    return this.owners.size;
  }
}
