// Rows of FRR telling everything at once, and taking it back: a leaf with vtepd beside one without.
import { sampleBurst } from "../control/burst.mjs";
import { fixed } from "../report/table.mjs";
import { compare, ratios, summaryOf } from "./compare.mjs";
import { leaves, withFrr } from "./control_plane.mjs";

const PHASES = ["filled", "emptied"];
const BASE = "kernel";
const SAMPLE_SECONDS = 30;
const QUICK_SAMPLE_SECONDS = 8;

const columns = [
  { key: "ratio", title: "× kernel's time", digits: 2, plot: true, reference: 1 },
  { key: "done", title: "until the last entry, ms", digits: 0, plot: true },
  { key: "kernel", title: "the kernel's tables, ms", digits: 0 },
  { key: "lag", title: "map behind the kernel, ms", digits: 0 },
  { key: "entriesPerSecond", title: "entries/s", digits: 0, range: false },
  { key: "entriesPerCpuSecond", title: "entries by CPU second of vtepd", digits: 0, range: false },
  { key: "zebraCpu", title: "zebra CPU ms", digits: 0, range: false },
  { key: "bgpdCpu", title: "bgpd", digits: 0, range: false },
  { key: "vtepdCpu", title: "vtepd", digits: 0, range: false },
];
const CPU_KEYS = { zebra: "zebraCpu", bgpd: "bgpdCpu", vtepd: "vtepdCpu" };

/** Until all is where the subject forwards by it. */
const doneMs = ({ kernelMs, mapMs }) => (Number.isFinite(mapMs) ? Math.max(kernelMs, mapMs) : kernelMs);

const describe = ({ filled, emptied }) =>
  Object.entries({ filled, emptied })
    .map(([phase, one]) => `${phase} after ${fixed(doneMs(one), 0)} ms (the kernel's tables ${fixed(one.kernelMs, 0)})`)
    .join(", ");

function phaseEntry(name, phase, { samples, failure }, { base, count }) {
  const identity = { name: `${name}-${phase}`, title: `${leaves[name].title}, ${phase}`, failure };
  if (samples.length === 0) return identity;
  const of = (value) => summaryOf(samples, (sample) => value(sample[phase]));
  const cpu = Object.keys(samples[0][phase].cpuMs)
    .filter((who) => who in CPU_KEYS)
    .map((who) => [CPU_KEYS[who], of(({ cpuMs }) => cpuMs[who])]);
  const ownRate = of(({ cpuMs }) => (count * 1000) / cpuMs.vtepd);
  const lag = of(({ lagMs }) => lagMs);
  return {
    ...identity,
    ratio: ratios(samples, base, (sample) => doneMs(sample[phase])),
    done: of(doneMs),
    kernel: of(({ kernelMs }) => kernelMs),
    lag: Number.isFinite(lag.median) ? lag : undefined,
    entriesPerSecond: of((one) => (count * 1000) / doneMs(one)),
    entriesPerCpuSecond: Number.isFinite(ownRate.median) ? ownRate : undefined,
    ...Object.fromEntries(cpu),
    samples: samples.map((sample) => sample[phase]),
  };
}

function burstRow({ name, title, load, count: fullCount, quickCount, slow = false }) {
  const subjects = Object.keys(leaves);
  return withFrr({
    name,
    title,
    slow,
    columns,
    plan: ({ rounds, quick }) => ({
      samples: rounds * subjects.length,
      seconds: quick ? QUICK_SAMPLE_SECONDS : SAMPLE_SECONDS,
    }),
    async run({ quick, rounds, say }) {
      const count = quick ? quickCount : fullCount;
      const sample = (subject) => sampleBurst({ kind: leaves[subject].kind, load, count });
      const results = await compare({ subjects, rounds, sample, describe, say });
      const base = results.get(BASE).samples;
      const entries = PHASES.flatMap((phase) =>
        subjects.map((subject) => phaseEntry(subject, phase, results.get(subject), { base, count })),
      );
      return { entries };
    },
  });
}

export const burstRows = [
  burstRow({
    name: "evpn-macs",
    title: "132000 remote MACs at once, and all of them taken back (--quick: 20000)",
    load: "macs",
    count: 132_000,
    quickCount: 20_000,
  }),
  burstRow({
    name: "evpn-prefixes",
    title: "20000 type-5 routes at once, and all of them taken back (--quick: 5000)",
    load: "prefixes",
    count: 20_000,
    quickCount: 5_000,
    slow: true,
  }),
];
