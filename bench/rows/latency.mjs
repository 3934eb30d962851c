// The row of request and response: how many a second, and how long each waits.
import { missingPeer } from "../datapath/peers.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { sampleLatency } from "../latency/sample.mjs";
import { fixed } from "../report/table.mjs";
import { compare, hasWholeCpu, notesOf, ratios, summaryOf } from "./compare.mjs";

const ALL = ["wire", "kernel", "tc", "tcPeer", "xdp", "packet", "xsk", "ovs"];
const QUICK = ["kernel", "tc", "xsk"];
const namesOf = ({ quick }) => (quick ? QUICK : ALL);
const SETUP_SECONDS = 4;

const columns = [
  { key: "cpuRatio", title: "× kernel by CPU", digits: 2, plot: true, reference: 1 },
  { key: "p99", title: "p99 µs", digits: 1, plot: true },
  { key: "p50", title: "p50 µs", digits: 1 },
  { key: "p999", title: "p99.9 µs", digits: 1 },
  { key: "p99Ratio", title: "p99 × kernel's", digits: 2 },
  { key: "perSecond", title: "requests/s", digits: 0 },
  { key: "ratio", title: "× kernel by rate", digits: 2 },
  { key: "cpuNs", title: "CPU ns each", digits: 0 },
  { key: "lost", title: "lost", range: false },
];

const describe = ({ perSecond, p50, p99 }) =>
  `${fixed(perSecond, 0)} requests/s, p50 ${fixed(p50, 1)} µs, p99 ${fixed(p99, 1)} µs`;

const rate = (sample) => sample.perSecond;
const perCpu = (sample) => 1 / sample.cpuNsPerCall;

function entryOf(name, { samples, failure, skipped }, base) {
  const { title } = subjects[name];
  if (samples.length === 0) return { name, title, failure, skipped };
  const own = ["p50", "p99", "p999", "perSecond", "lost"].map((key) => [key, summaryOf(samples, (one) => one[key])]);
  return {
    ...{ name, title, failure },
    ...Object.fromEntries(own),
    cpuNs: summaryOf(samples, (sample) => sample.cpuNsPerCall),
    cpuRatio: ratios(samples, base, perCpu),
    p99Ratio: ratios(samples, base, (sample) => sample.p99),
    ratio: hasWholeCpu([...samples, ...base]) ? ratios(samples, base, rate) : undefined,
    samples,
  };
}

export const latencyRow = {
  name: "latency",
  title: "request and response over UDP, one at a time, through two VTEPs, everything on one core",
  columns,
  plan: (options) => ({
    samples: options.rounds * namesOf(options).length,
    seconds: SETUP_SECONDS + options.seconds,
  }),
  async run(options) {
    const { rounds, seconds, cpu, say } = options;
    const names = namesOf(options);
    const sample = (subject) => sampleLatency({ subject, cpu, seconds });
    const results = await compare({ subjects: names, rounds, sample, describe, say, missing: missingPeer });
    const base = results.get("kernel").samples;
    const entries = names.map((name) => entryOf(name, results.get(name), base));
    return { entries, notes: notesOf(entries) };
  },
};
