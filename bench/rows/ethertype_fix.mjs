// The Ethertype fixer beside a program that does nothing: what it adds to a frame.
import { arrivals, sampleFront, sampleRuns } from "../datapath/fixer.mjs";
import { summary } from "../report/statistics.mjs";
import { fixed } from "../report/table.mjs";
import { compare, notesOf, summaryOf } from "./compare.mjs";

const SETUP_SECONDS = 2;
const RUNS = 20_000_000;
const RUNS_SECONDS = 1;

/** What is measured with the fixer, and with an empty program in its place. */
const cases = {
  runs: { title: "XDP, runs in a row on one right frame" },
  ...liveCases("xdp", "XDP", ["right", "broken", "tagged"]),
  // The kernel takes a tag out of the bytes before tc sees them, so at tc there is nothing else to measure.
  ...liveCases("tc", "tc", ["right", "broken"]),
};

function liveCases(kind, hook, names) {
  return Object.fromEntries(
    names.map((arrival) => [`${kind}-${arrival}`, { title: `${hook}, ${arrivals[arrival].title}`, kind, arrival }]),
  );
}

const columns = [
  { key: "addedNs", title: "ns the fixer adds", digits: 1, plot: true },
  { key: "fixerNs", title: "CPU ns a frame", digits: 0 },
  { key: "emptyNs", title: "with an empty program", digits: 0 },
];

const describe = ({ cpuNsPerPacket }) => `${fixed(cpuNsPerPacket, 1)} CPU ns`;

function sampleOf({ kind, arrival }, front, { cpu, seconds }) {
  if (kind === undefined) return sampleRuns({ front, cpu, runs: RUNS });
  return sampleFront({ front, kind, arrival, cpu, seconds });
}

function entryOf(name, empty, fixer) {
  const { title } = cases[name];
  const failure = empty.failure ?? fixer.failure;
  const rounds = Math.min(empty.samples.length, fixer.samples.length);
  if (rounds === 0) return { name, title, failure };
  const nsOf = (sample) => sample.cpuNsPerPacket;
  const added = fixer.samples.slice(0, rounds).map((sample, round) => nsOf(sample) - nsOf(empty.samples[round]));
  return {
    name,
    title,
    failure,
    addedNs: summary(added),
    fixerNs: summaryOf(fixer.samples, nsOf),
    emptyNs: summaryOf(empty.samples, nsOf),
    samples: [...empty.samples, ...fixer.samples],
  };
}

export const ethertypeFixRow = {
  name: "ethertype-fix",
  title: "the Ethertype fixer beside an empty program",
  slow: true,
  columns,
  plan: ({ rounds, seconds }) => ({
    samples: rounds * 2 * Object.keys(cases).length,
    seconds: Math.max(RUNS_SECONDS, SETUP_SECONDS + seconds),
  }),
  async run(options) {
    const subjects = Object.keys(cases).flatMap((name) => [`${name} empty`, `${name} fixer`]);
    const sample = (subject) => {
      const [name, front] = subject.split(" ");
      return sampleOf(cases[name], front, options);
    };
    const results = await compare({ subjects, rounds: options.rounds, sample, describe, say: options.say });
    const entries = Object.keys(cases).map((name) =>
      entryOf(name, results.get(`${name} empty`), results.get(`${name} fixer`)),
    );
    return { entries, notes: notesOf(entries.filter(({ name }) => name !== "runs")) };
  },
};
