// Sentences from the schema: what a key allows, and what is wrong with a value. Messages and docs share them.

import { formats } from "./formats.js";
import { quoted } from "./problem.js";
import type { IntegerSchema, Schema } from "./schema/keywords.js";
import { didYouMean } from "./suggest.js";

/** What a key allows, as the end of a sentence. */
export function allowedText(schema: Schema): string {
  if ("anyOf" in schema) return schema.anyOf.map(allowedText).join(" or ");
  if ("enum" in schema) return schema.enum.join(" | ");
  switch (schema.type) {
    case "integer":
      return `${schema.minimum}..${schema.maximum}${schema.unit === undefined ? "" : ` ${schema.unit}`}`;
    case "boolean":
      return "true | false";
    case "string":
      return formats[schema.format].allowed;
    case "array":
      return listText(schema.items, schema.minItems, schema.maxItems);
    case "object":
      return `the keys ${Object.keys(schema.properties).join(", ")}`;
  }
}

function listText(items: Schema, minimum = 0, maximum = Number.POSITIVE_INFINITY): string {
  const what = "type" in items && items.type === "object" ? "entries" : `items, each ${allowedText(items)}`;
  if (minimum === maximum) return `a list of ${minimum} ${what}`;
  if (maximum !== Number.POSITIVE_INFINITY) return `a list of ${minimum}..${maximum} ${what}`;
  return minimum > 0 ? `a list of ${minimum} or more ${what}` : `a list of ${what}`;
}

/** What is wrong with a value that the schema refuses, as a verb phrase. */
export function faultText(schema: Schema, value: unknown): string {
  if (value === null || value === undefined) return "has no value";
  const written = writtenAs(value);
  const alternatives = "anyOf" in schema ? schema.anyOf : [schema];
  const sameKind = alternatives.find((alternative) => isOfKind(alternative, value));
  if (sameKind === undefined)
    return `${written} is not ${alternatives.map(kindText).join(" or ")}${quotingHint(schema, value)}`;
  return `${written} ${kindFault(sameKind, value)}${quotingHint(schema, value)}`;
}

function kindFault(schema: Schema, value: unknown): string {
  if ("enum" in schema) return `is not known${didYouMean(String(value), schema.enum)}`;
  if ("format" in schema) return formats[schema.format].fault(String(value)) ?? "is not allowed";
  if ("minimum" in schema) return numberFault(schema, Number(value));
  if (Array.isArray(value)) return `of ${value.length} is too ${isTooShort(schema, value) ? "short" : "long"}`;
  return "is not allowed";
}

function isTooShort(schema: Schema, list: readonly unknown[]): boolean {
  return "items" in schema && list.length < (schema.minItems ?? 0);
}

function numberFault(schema: IntegerSchema, value: number): string {
  return value < schema.minimum || value > schema.maximum ? "is out of range" : "is not a whole number";
}

function isOfKind(schema: Schema, value: unknown): boolean {
  if ("anyOf" in schema) return schema.anyOf.some((branch) => isOfKind(branch, value));
  switch (schema.type) {
    case "integer":
      return typeof value === "number" && Number.isFinite(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && !Array.isArray(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
  }
}

function kindText(schema: Schema): string {
  if ("anyOf" in schema) return schema.anyOf.map(kindText).join(" or ");
  const kinds = { integer: "a number", boolean: "true or false", string: "text", array: "a list", object: "a mapping" };
  return kinds[schema.type];
}

/** `vni: "100"` and `name: 100` look right to a person; say which quotes are meant. */
function quotingHint(schema: Schema, value: unknown): string {
  if (typeof value === "string") {
    const unquoted = "type" in schema && schema.type === "boolean" ? /^(true|false)$/i : /^-?\d+$/;
    const bare = "anyOf" in schema || ("type" in schema && (schema.type === "integer" || schema.type === "boolean"));
    return bare && unquoted.test(value) ? " (leave out the quotes)" : "";
  }
  return "format" in schema && typeof value !== "object" ? " (put it in quotes)" : "";
}

function writtenAs(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a mapping" : String(value);
}
