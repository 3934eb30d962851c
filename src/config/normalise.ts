// Fills in defaults, spells every text canonically, freezes the result. It knows the schema, no single key.
// normalise(normalise(x)) equals normalise(x).

import { formats } from "./formats.js";
import { formatPath, type Path } from "./problem.js";
import type { MappingSchema, Schema } from "./schema/keywords.js";
import { type ConfigDraft, configSchema, type VtepConfig } from "./schema.js";

const NOTHING_BROKEN: ReadonlySet<string> = new Set();

/** For a value that passed the schema. */
export function normalise(value: unknown): VtepConfig {
  // SAFETY: `Normalised` computes from configSchema what the walk below builds from it.
  return normaliseNode(configSchema, value, [], NOTHING_BROKEN) as VtepConfig;
}

/** The same for a value with faults: what stands at a broken path becomes undefined. */
export function normaliseDraft(value: unknown, broken: ReadonlySet<string>): ConfigDraft {
  return (normaliseNode(configSchema, value, [], broken) ?? {}) as ConfigDraft;
}

function normaliseNode(schema: Schema, value: unknown, path: Path, broken: ReadonlySet<string>): unknown {
  if (value === undefined || (broken.size > 0 && broken.has(formatPath(path)))) return undefined;
  if ("type" in schema && schema.type === "object") return normaliseMapping(schema, value, path, broken);
  if (Array.isArray(value) && "type" in schema && schema.type === "array") {
    return Object.freeze(value.map((item, index) => normaliseNode(schema.items, item, [...path, index], broken)));
  }
  if (typeof value === "string" && "format" in schema) return formats[schema.format].canonical(value);
  // -0 would survive JSON, but not a comparison of two configs.
  return value === 0 ? 0 : value;
}

function normaliseMapping(schema: MappingSchema, value: unknown, path: Path, broken: ReadonlySet<string>): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const given = value as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(schema.properties)) {
    const own = Object.hasOwn(given, key) ? given[key] : undefined;
    const raw = own === undefined ? child.default : own;
    const normalised = normaliseNode(child, raw, [...path, key], broken);
    if (normalised !== undefined) result[key] = normalised;
  }
  return Object.freeze(result);
}
