// The source files as text, and what they import, for the tests that hold the house to its plan.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Paths below `folder`, relative to the root. */
export function filesOf(folder: string, ending: RegExp): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => ending.test(name)).map((name) => join(folder, name));
}

export const textOf = (path: string): string => readFileSync(join(root, path), "utf8");

/** Comments and strings tell, they do not do: blanked out for searches of what code does. */
export function codeOf(path: string): string {
  return textOf(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"/g, "");
}

export interface Import {
  readonly from: string;
  /** A path below the root, or a module's name. */
  readonly to: string;
  /** Gone after compilation. */
  readonly typeOnly: boolean;
  /** Loaded when it is needed, not with the file that names it. */
  readonly dynamic: boolean;
}

export function importsOf(path: string): Import[] {
  const statements = textOf(path).matchAll(
    /^(?:import|export)(\s+type)?\s[^;]*?from\s+"([^"]+)"|^import\s+()"([^"]+)"|\bimport\(\s*()"([^"]+)"/gm,
  );
  return [...statements].map((match) => {
    const name = (match[2] ?? match[4] ?? match[6])!;
    const to = name.startsWith(".") ? normalize(join(dirname(path), name)).replace(/\.js$/, ".ts") : name;
    return { from: path, to, typeOnly: match[1] !== undefined, dynamic: match[6] !== undefined };
  });
}

/** `src/control/netlink/link.ts` is of layer control; data paths are a layer each. */
export function layerOf(path: string): string {
  const [, first = "", second = ""] = path.split("/");
  if (first.endsWith(".ts")) return first.replace(/\.ts$/, "");
  return first === "dataplane" ? `dataplane/${second.replace(/\.ts$/, "")}` : first;
}
