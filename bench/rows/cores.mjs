// The row of two cores: the same path by one and by both at once.
import os from "node:os";
import { sampleCores } from "../datapath/forwarding.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { fixed } from "../report/table.mjs";
import { compare, summaryOf } from "./compare.mjs";

const CORES = 2;
const PATHS = ["encap", "decap"];
const names = ["redirectXdp", "kernel", "xdp", "tc"];
const SETUP_SECONDS = 5;

const columns = [
  { key: "scaling", title: "× one core by CPU", digits: 2, plot: true, reference: 1 },
  { key: "oneNs", title: "CPU ns a frame, one core", digits: 0, plot: true },
  { key: "allNs", title: "two cores", digits: 0 },
  { key: "mpps", title: "Mpps, two cores", digits: 2 },
  { key: "loss", title: "loss %", digits: 2, range: false },
];

/** By CPU time: twice as much, less what the two take from each other (locks, cache lines). */
const scalingOf = ({ one, all }) => (CORES * one.cpuNsPerPacket) / all.cpuNsPerPacket;

const describe = (sample) =>
  `${fixed(sample.one.cpuNsPerPacket, 0)} CPU ns a packet by one core, ${fixed(sample.all.cpuNsPerPacket, 0)} by two`;

const keys = PATHS.flatMap((path) => names.map((subject) => `${subject}-${path}`));
const parse = (key) => {
  const [subject, path] = key.split("-");
  return { subject, path };
};

function entryOf(key, { samples, failure }) {
  const { subject, path } = parse(key);
  const identity = { name: key, title: `${path}: ${subjects[subject].title}`, failure };
  if (samples.length === 0) return identity;
  return {
    ...identity,
    scaling: summaryOf(samples, scalingOf),
    oneNs: summaryOf(samples, ({ one }) => one.cpuNsPerPacket),
    allNs: summaryOf(samples, ({ all }) => all.cpuNsPerPacket),
    mpps: summaryOf(samples, ({ all }) => all.mpps),
    loss: summaryOf(samples, ({ all }) => all.lossPercent),
    samples,
  };
}

/** The measured one first, the others as they come. */
const cpusFrom = (cpu) => [cpu, ...os.cpus().keys()].filter((one, at, all) => all.indexOf(one) === at).slice(0, CORES);

export const coresRow = {
  name: "two-cores",
  title: "64-byte frames, 256 flows, by one core and by two",
  slow: true,
  columns,
  plan: ({ rounds, seconds }) => ({ samples: rounds * keys.length, seconds: SETUP_SECONDS + 2 * seconds }),
  async run({ rounds, seconds, cpu, say }) {
    const cpus = cpusFrom(cpu);
    if (cpus.length < CORES) return { entries: [], skipped: "this machine has one CPU" };
    const sample = (key) => sampleCores({ ...parse(key), cpus, seconds });
    const results = await compare({ subjects: keys, rounds, sample, describe, say });
    const entries = keys.map((key) => entryOf(key, results.get(key)));
    return { entries, notes: ["This process and its clock have one of the two CPUs: rates are a little low."] };
  },
};
