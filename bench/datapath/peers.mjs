// Which peers a machine has: one that is not installed is a named SKIP.
import { findProgram } from "../../scripts/setup/process.mjs";
import { subjects } from "./subjects.mjs";

/** Why a subject cannot be measured here, if it cannot. */
export function missingPeer(name, find = findProgram) {
  const lacking = (subjects[name].programs ?? []).filter((program) => find(program) === undefined);
  if (lacking.length === 0) return undefined;
  return `${lacking.join(" and ")} not installed: apt-get install ${subjects[name].package}`;
}
