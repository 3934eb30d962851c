// The release this program is of: package.json says it once.

import { readFileSync } from "node:fs";

export function readVersion(): string {
  // Two levels up from both src/telemetry and dist/telemetry.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
