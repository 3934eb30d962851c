// Subjects in turns, round after round, so that what the machine does meanwhile happens to all of them; ratios are taken
// within a round and only then put together.
import { summary } from "../report/statistics.mjs";

/**
 * `sample(subject)` gives one sample. Returns by subject its samples, or why there are none. A subject that fails is left
 * out of later rounds: the others still count. `missing(subject)` says what a subject lacks on this machine.
 */
export async function compare({ subjects, rounds, sample, describe, say, missing = () => undefined }) {
  const results = new Map(
    subjects.map((subject) => [subject, { samples: [], failure: undefined, skipped: missing(subject) }]),
  );
  for (const [subject, { skipped }] of results) if (skipped !== undefined) say(`${subject}: SKIP: ${skipped}`);
  for (let round = 0; round < rounds; round++) {
    for (const [subject, result] of results) {
      if (result.failure !== undefined || result.skipped !== undefined) continue;
      try {
        const taken = await sample(subject);
        result.samples.push(taken);
        say(`round ${round + 1} of ${rounds}, ${subject}: ${describe(taken)}`);
      } catch (error) {
        result.failure = error.message;
        say(`round ${round + 1} of ${rounds}, ${subject}: FAILED: ${error.message}`);
      }
    }
  }
  return results;
}

/** One number of each sample, as median and range. */
export const summaryOf = (samples, value) => summary(samples.map(value));

/** Ratio to another subject's sample of the same round. */
export function ratios(samples, base, value) {
  if (base.length === 0) return undefined;
  const pairs = samples.slice(0, base.length).map((sample, round) => value(sample) / value(base[round]));
  return summary(pairs);
}

/** Below it, somebody else had so much of the CPU that a rate compares nothing: only CPU time does. */
const WHOLE_CPU = 0.95;

export const hasWholeCpu = (samples) => samples.every(({ cpuShare }) => cpuShare >= WHOLE_CPU);

export function notesOf(entries) {
  const shared = entries.some(({ samples = [] }) => !hasWholeCpu(samples));
  return shared ? ["Others used this CPU meanwhile: only CPU time can be compared."] : [];
}
