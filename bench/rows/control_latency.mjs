// Rows of how long frames go the old way after the kernel has told of a change, by how many MACs the change is about.
import { sampleLostRoute, sampleWithdrawnVtep } from "../control/failures.mjs";
import { sampleMoves } from "../control/moves.mjs";
import { quantile } from "../report/statistics.mjs";
import { fixed } from "../report/table.mjs";
import { compare } from "./compare.mjs";
import { leaves, withFrr } from "./control_plane.mjs";

const COUNTS = [1, 1000, 100_000];
const QUICK_COUNTS = [1, 1000, 10_000];
/** Changes in a sample: of few MACs many, since each says little. */
const TIMES = { 1: 20, 1000: 4 };
const timesOf = (count, quick) => Math.ceil((TIMES[count] ?? 1) / (quick ? 4 : 1));
const SAMPLE_SECONDS = 60;

const columns = [
  { key: "changes", title: "changes" },
  { key: "wrongP50", title: "wrong ms p50", digits: 2 },
  { key: "wrongP99", title: "p99", digits: 2, plot: true },
  { key: "wrongMax", title: "most", digits: 2 },
  { key: "tellingMs", title: "told within ms", digits: 1 },
  { key: "wholeMs", title: "all right after ms", digits: 1, plot: true },
  { key: "waitedMs", title: "waited for a CPU ms", digits: 1 },
];

const wrongOf = (observed) => observed.flatMap(({ wrongMs }) => wrongMs);
const worst = (observed) => Math.max(...wrongOf(observed));
const describe = (cases) =>
  cases.map(({ count, observed }) => `${count}: at most ${fixed(worst(observed), 1)} ms`).join(", ");

/** Of each number of MACs, all changes of all samples together. */
function entriesOf(name, { samples, failure }) {
  const { title } = leaves[name];
  if (samples.length === 0) return [{ name, title, failure }];
  return samples[0].map(({ count, periodMs }, at) => {
    const observed = samples.flatMap((cases) => cases[at].observed);
    const wrong = wrongOf(observed);
    const medianOf = (member) =>
      quantile(
        observed.map((one) => one[member]),
        0.5,
      );
    return {
      ...{ name: `${name}-${count}`, title: `${title}, ${count} MACs`, failure, count, periodMs },
      changes: observed.length,
      ...{ wrongP50: quantile(wrong, 0.5), wrongP99: quantile(wrong, 0.99), wrongMax: Math.max(...wrong) },
      ...{ tellingMs: medianOf("tellingMs"), wholeMs: medianOf("wholeMs"), waitedMs: medianOf("waitedMs") },
      samples: observed,
    };
  });
}

/** Each sample has many changes, and takes long. */
const roundsOf = ({ rounds }) => Math.ceil(rounds / 2);

function latencyRow({ name, title, sampleCases }) {
  const subjects = Object.keys(leaves);
  return withFrr({
    name,
    title,
    slow: true,
    columns,
    plan: (options) => ({ samples: roundsOf(options) * subjects.length, seconds: SAMPLE_SECONDS }),
    async run(options) {
      const { quick, say } = options;
      const cases = (quick ? QUICK_COUNTS : COUNTS).map((count) => ({ count, times: timesOf(count, quick) }));
      const sample = (subject) => sampleCases(leaves[subject].kind, cases);
      const results = await compare({ subjects, rounds: roundsOf(options), sample, describe, say });
      return { entries: subjects.flatMap((subject) => entriesOf(subject, results.get(subject))) };
    },
  });
}

/** A leaf of its own for each number of MACs. */
const eachAlone = (sample) => async (kind, cases) => {
  const results = [];
  for (const one of cases) results.push({ count: one.count, ...(await sample({ kind, ...one })) });
  return results;
};

export const latencyRows = [
  latencyRow({
    name: "evpn-moves",
    title: "MACs move to another VTEP, 1, 1000 or all of 100000 (--quick: 10000)",
    sampleCases: (kind, cases) => sampleMoves({ kind, present: cases.at(-1).count, cases }),
  }),
  latencyRow({
    name: "evpn-lost-route",
    title: "the way to a VTEP is gone, another is left; with 1, 1000, 100000 MACs behind it (--quick: 10000)",
    sampleCases: eachAlone(sampleLostRoute),
  }),
  latencyRow({
    name: "evpn-lost-vtep",
    title: "BGP takes back a VTEP with 1, 1000, 100000 MACs (--quick: 10000)",
    sampleCases: eachAlone(sampleWithdrawnVtep),
  }),
];
