// Knows whether a built thing is up to date: by a hash of everything that went into it, so that a fresh checkout, a
// branch switch or a touched file costs a rebuild only when contents differ.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** All files below `folder` whose names pass `accept`, sorted; none if the folder is not there. */
export function filesBelow(folder, accept = () => true) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && accept(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function fingerprint(files, words) {
  const hash = createHash("sha256").update(JSON.stringify(words));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

/**
 * Runs `build` unless `stampFile` says that it ran with the same input files and words, and all `outputs` exist.
 * Tells whether it ran. The stamp is written last: an interrupted build runs again.
 */
export async function unlessBuilt({ stampFile, files, words = [], outputs }, build) {
  const wanted = fingerprint(files, [process.arch, ...words]);
  const current = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
  if (current === wanted && outputs.every((output) => existsSync(output))) return false;
  await build();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, wanted);
  return true;
}
