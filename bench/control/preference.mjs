// Lets what is measured go before all else that the machine has to do, without changing how its parts go among each other.
// The scheduler weighs sessions before it weighs processes (sched(7), autogroup), so it is sessions that are preferred; a
// kernel that does not do so leaves everything as it is.
import { readFileSync, writeFileSync } from "node:fs";

const HIGHEST = -20;

/** Of the session of a process; undefined where there is none. */
function niceOf(pid) {
  try {
    return Number(/nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}

/** Prefers the sessions of these processes, and of this one, while `work` runs. */
export async function preferring(pids, work) {
  const before = [process.pid, ...pids].map((pid) => [pid, niceOf(pid)]).filter(([, nice]) => nice !== undefined);
  for (const [pid] of before) writeFileSync(`/proc/${pid}/autogroup`, String(HIGHEST));
  try {
    return await work();
  } finally {
    for (const [pid, nice] of before)
      if (niceOf(pid) !== undefined) writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  }
}
