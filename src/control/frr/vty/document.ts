// JSON that FRR prints, read with care: fields that we do not know are left alone, those that we need must be what we
// take them for.

import { VtepError } from "../../../wire/error.js";
import type { Vty } from "./connection.js";

export type Fields = Readonly<Record<string, unknown>>;

/** For small answers: zebra builds the whole document before it writes the first byte, and does nothing else meanwhile. */
export async function askJson(vty: Vty, command: string): Promise<unknown> {
  const text = await vty.text(command);
  try {
    // Some questions about nothing are answered by nothing.
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw nonsense(command, "it is not JSON", cause);
  }
}

export function fieldsOf(value: unknown, command: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw nonsense(command, "an object was expected");
}

/** The members that are objects themselves: FRR puts counts beside them. */
export function objectsIn(fields: Fields): [name: string, value: Fields][] {
  return Object.entries(fields).filter((entry): entry is [string, Fields] => {
    const value = entry[1];
    return typeof value === "object" && value !== null && !Array.isArray(value);
  });
}

export function numberIn(fields: Fields, name: string, command: string): number {
  const value = fields[name];
  if (typeof value === "number") return value;
  throw nonsense(command, `${name} should be a number`);
}

export function textIn(fields: Fields, name: string, command: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw nonsense(command, `${name} should be a text`);
}

/** Empty where there is no such list. */
export function textsIn(fields: Fields, name: string, command: string): readonly string[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw nonsense(command, `${name} should be a list of texts`);
}

export function nonsense(command: string, why: string, cause?: unknown): VtepError {
  return new VtepError("frr_nonsense", `FRR's answer to '${command}' makes no sense: ${why}`, { command }, cause);
}
