// Rows of FRR telling everything at once, and taking it back: a leaf with vtepd beside one without.
import { sampleBurst } from "../control/burst.mjs";
import { fixed, spread, table } from "../report/table.mjs";
import { compare, ratios, summaryOf } from "./compare.mjs";
import { leaves, withFrr } from "./control_plane.mjs";

const PHASES = { filled: "filled", emptied: "emptied" };
const BASE = "kernel";

/** Until all is where the subject forwards by it. */
const doneMs = ({ kernelMs, mapMs }) => (Number.isFinite(mapMs) ? Math.max(kernelMs, mapMs) : kernelMs);

const describe = ({ filled, emptied }) =>
  Object.entries({ filled, emptied })
    .map(([phase, one]) => `${phase} after ${fixed(doneMs(one), 0)} ms (the kernel's tables ${fixed(one.kernelMs, 0)})`)
    .join(", ");

function entryOf(name, { samples, failure }, base) {
  const { title } = leaves[name];
  if (samples.length === 0) return { name, title, failure };
  const summaries = Object.keys(PHASES).map((phase) => {
    const of = (value) => summaryOf(samples, (sample) => value(sample[phase]));
    const cpu = Object.keys(samples[0][phase].cpuMs).map((who) => [who, of(({ cpuMs }) => cpuMs[who])]);
    const ratio = base.length > 0 ? ratios(samples, base, (sample) => doneMs(sample[phase])) : undefined;
    return [
      phase,
      { done: of(doneMs), kernel: of(({ kernelMs }) => kernelMs), ratio, lag: of(({ lagMs }) => lagMs), cpu },
    ];
  });
  return { name, title, failure, ...Object.fromEntries(summaries), samples };
}

function render(entries) {
  const head = [
    "",
    "last entry ms",
    "kernel's tables ms",
    "map after these ms",
    "× kernel",
    "zebra CPU ms",
    "bgpd",
    "vtepd",
  ];
  const lines = entries.flatMap((entry) =>
    Object.keys(PHASES).map((phase) => {
      const what = `${entry.title}, ${phase}`;
      if (entry[phase] === undefined) return [what, "failed", ...Array(head.length - 2).fill("")];
      const { done, kernel, ratio, lag, cpu } = entry[phase];
      const times = Object.fromEntries(cpu);
      const cpuOf = (who) => (times[who] === undefined ? "" : fixed(times[who].median, 0));
      const late = Number.isFinite(lag.median) ? spread(lag, 0) : "";
      const ours = [spread(done, 0), spread(kernel, 0), late, ratio === undefined ? "" : spread(ratio, 2)];
      return [what, ...ours, ...["zebra", "bgpd", "vtepd"].map(cpuOf)];
    }),
  );
  return table(head, lines);
}

function burstRow({ name, title, load, count, quickCount }) {
  return withFrr({
    name,
    title,
    async run({ quick, rounds, say }) {
      const sample = (subject) => sampleBurst({ kind: leaves[subject].kind, load, count: quick ? quickCount : count });
      const results = await compare({ subjects: Object.keys(leaves), rounds, sample, describe, say });
      const base = results.get(BASE).samples;
      const entries = Object.keys(leaves).map((subject) => entryOf(subject, results.get(subject), base));
      return { entries, text: render(entries) };
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
  }),
];
