// What this release reads and checks but does not run yet. `run` and `reload` refuse a config that asks for it, by name
// and line; `check` does not. The list is data: whoever makes a feature work deletes its line.

import type { LoadedConfig } from "./load.js";
import { byPosition, formatPath, type Path, type Problem } from "./problem.js";

export interface UnsupportedFeature {
  /** The key as in the docs: "bridgeDomains[].gateway". */
  readonly key: string;
  /** If given, only this value is not run. */
  readonly value?: string | boolean;
  /** What the key asks for. */
  readonly feature: string;
}

export const unsupportedFeatures: readonly UnsupportedFeature[] = [
  { key: "control.mode", value: "frr", feature: "EVPN by FRR" },
];

/** One problem for each key that the file itself writes; a default asks for nothing. */
export function unsupportedProblems(
  { file, config, lines }: LoadedConfig,
  features: readonly UnsupportedFeature[] = unsupportedFeatures,
): Problem[] {
  const problems: Problem[] = [];
  for (const { key, value, feature } of features) {
    for (const [path, found] of placesOf(key, config)) {
      const asked = value === undefined ? !(Array.isArray(found) && found.length === 0) : found === value;
      if (!asked || !lines.has(path)) continue;
      const message = `asks for ${feature}, which this release does not run yet, allowed: a config without it`;
      problems.push({ file, line: lines.lineOf(path), key: formatPath(path), message });
    }
  }
  return problems.sort(byPosition);
}

/** The places and values that a key with `[]` stands for. */
function placesOf(key: string, root: unknown): (readonly [Path, unknown])[] {
  let places: (readonly [Path, unknown])[] = [[[], root]];
  for (const step of key.replaceAll("[]", ".[]").split(".")) {
    places = places.flatMap(([path, value]) => stepInto(path, value, step));
  }
  return places;
}

function stepInto(path: Path, value: unknown, step: string): (readonly [Path, unknown])[] {
  if (step === "[]") return Array.isArray(value) ? value.map((item, index) => [[...path, index], item] as const) : [];
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
  return [[[...path, step], (value as Readonly<Record<string, unknown>>)[step]]];
}
