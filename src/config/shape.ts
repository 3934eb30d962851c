// Is every value of the kind that the schema says? `ajv` finds the places; wording.ts says what is wrong there.
// It refuses nothing that needs two keys to be seen: those are the rules.

import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { formats } from "./formats.js";
import { formatPath, type Path } from "./problem.js";
import type { MappingSchema, Schema } from "./schema/keywords.js";
import { configSchema } from "./schema.js";
import { didYouMean } from "./suggest.js";
import { allowedText, faultText } from "./wording.js";

export interface ShapeProblem {
  readonly path: Path;
  readonly message: string;
}

let compiled: ValidateFunction | undefined;

/** Compiled at first use: half of the commands never read a config. */
function validator(): ValidateFunction {
  if (compiled === undefined) {
    const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, strictRequired: true, keywords: ["unit"] });
    for (const [name, format] of Object.entries(formats)) {
      ajv.addFormat(name, { type: "string", validate: (text: string) => format.fault(text) === undefined });
    }
    compiled = ajv.compile(configSchema);
  }
  return compiled;
}

/** Every place where the value is not what the schema says, one problem for each. */
export function shapeProblems(value: unknown): ShapeProblem[] {
  const validate = validator();
  if (validate(value)) return [];
  const found = new Map<string, ShapeProblem>();
  for (const error of validate.errors ?? []) {
    const problem = problemOf(error, value);
    const key = formatPath(problem.path);
    // A choice fails once per branch and once as a whole; its branches say less than the whole.
    if (!found.has(key) || error.keyword === "anyOf") found.set(key, problem);
  }
  return [...found.values()];
}

function problemOf(error: ErrorObject, root: unknown): ShapeProblem {
  const path = pathOf(error.instancePath, root);
  // SAFETY: `verbose` hands back the objects of configSchema itself.
  const schema = error.parentSchema as Schema;
  if (error.keyword === "additionalProperties") {
    return unknownKey(path, String(error.params.additionalProperty), schema as MappingSchema);
  }
  if (error.keyword === "required") {
    return missingKey(path, String(error.params.missingProperty), schema as MappingSchema);
  }
  return { path, message: `${faultText(schema, error.data)}, allowed: ${allowedText(schema)}` };
}

function missingKey(path: Path, name: string, parent: MappingSchema): ShapeProblem {
  const schema = parent.properties[name];
  const allowed = schema === undefined ? "" : `, allowed: ${allowedText(schema)}`;
  return { path: [...path, name], message: `is missing${allowed}` };
}

function unknownKey(path: Path, name: string, parent: MappingSchema): ShapeProblem {
  const keys = Object.keys(parent.properties);
  const hint = didYouMean(name, keys) || elsewhere(name);
  const what = name === "<<" ? "merge keys are not read" : `unknown key${hint}`;
  return { path: [...path, name], message: `${what}, allowed: ${keys.join(", ")}` };
}

/** A key that is right, but stands at the wrong level. */
function elsewhere(name: string): string {
  const places = placesOf(name, configSchema, "");
  return places.length > 0 ? ` (it belongs at ${places.join(" or ")})` : "";
}

function placesOf(name: string, schema: Schema, at: string): string[] {
  if (!("type" in schema)) return [];
  if (schema.type === "array") return placesOf(name, schema.items, `${at}[]`);
  if (schema.type !== "object") return [];
  return Object.entries(schema.properties).flatMap(([key, child]) => {
    const here = at === "" ? key : `${at}.${key}`;
    return key === name ? [here] : placesOf(name, child, here);
  });
}

/** A JSON pointer as path; only the value tells a list position from a key made of digits. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let current: unknown = root;
  for (const escaped of pointer.split("/").slice(1)) {
    const name = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(current) ? Number(name) : name);
    current = (current as Readonly<Record<string, unknown>> | null)?.[name];
  }
  return path;
}
