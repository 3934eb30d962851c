// The schema as text for people: rows for tables, `--help`, and the reference page of the docs.

import type { MappingSchema, Schema } from "./schema/keywords.js";
import { configSchema } from "./schema.js";
import { allowedText } from "./wording.js";

export interface KeyDescription {
  /** "bridgeDomains[].gateway.mac" */
  readonly key: string;
  readonly description: string;
  /** undefined for sections, which only hold keys. */
  readonly allowed: string | undefined;
  readonly unit: string | undefined;
  /** As it would stand in the file; undefined if there is none. */
  readonly default: string | undefined;
  readonly required: boolean;
}

/** Every key in the order of the schema, sections before what they hold. */
export function describeConfig(): readonly KeyDescription[] {
  return keysOf(configSchema, "");
}

function keysOf(section: MappingSchema, prefix: string): KeyDescription[] {
  return Object.entries(section.properties).flatMap(([name, schema]) => {
    const key = prefix === "" ? name : `${prefix}.${name}`;
    return [describeKey(key, schema, section.required.includes(name)), ...heldKeys(schema, key)];
  });
}

function heldKeys(schema: Schema, key: string): KeyDescription[] {
  if (!("type" in schema)) return [];
  if (schema.type === "object") return keysOf(schema, key);
  return schema.type === "array" ? heldKeys(schema.items, `${key}[]`) : [];
}

function describeKey(key: string, schema: Schema, required: boolean): KeyDescription {
  const section = heldKeys(schema, key).length > 0;
  return {
    key,
    description: schema.description ?? "",
    allowed: section ? undefined : allowedText(schema),
    unit: schema.unit,
    default: section || schema.default === undefined ? undefined : asYaml(schema.default),
    required,
  };
}

function asYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asYaml).join(", ")}]`;
  // A flow mapping begins like a template does.
  return typeof value === "string" && !/^[{[]/.test(value) ? value : JSON.stringify(value);
}

/** For `--help`: two lines a key, or only the keys at and below `prefix`. */
export function renderConfigHelp(prefix = ""): string {
  const within = ({ key }: KeyDescription): boolean =>
    prefix === "" || key === prefix || key.startsWith(`${prefix}.`) || key.startsWith(`${prefix}[]`);
  return describeConfig()
    .filter(within)
    .map((row) => `${row.key}${facts(row)}\n    ${row.description}\n`)
    .join("");
}

function facts({ allowed, default: byDefault, required }: KeyDescription): string {
  const parts = [allowed, required ? "required" : undefined, byDefault && `default ${byDefault}`];
  const known = parts.filter((part) => part !== undefined);
  return known.length > 0 ? `: ${known.join("; ")}` : "";
}

/** The reference page: one table a section. */
export function renderConfigMarkdown(): string {
  const sections = Object.entries(configSchema.properties).map(([name, schema]) => {
    const rows = heldKeys(schema, name).map(markdownRow);
    const head = `## ${name}\n\n${schema.description}\n\n| key | allowed | default | meaning |\n|---|---|---|---|\n`;
    return `${head}${rows.join("")}`;
  });
  return `# Config file\n\nUnknown keys are errors.\n\n${sections.join("\n")}`;
}

function markdownRow({ key, allowed = "", default: byDefault, required, description }: KeyDescription): string {
  const fallback = required ? "required" : byDefault === undefined ? "" : `\`${byDefault}\``;
  return `| \`${key}\` | ${cell(allowed)} | ${cell(fallback)} | ${cell(description)} |\n`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
