// The row of TCP that is no overlay traffic, on the interfaces of a VTEP that has work to do.
import os from "node:os";
import { findProgram } from "../../scripts/setup/process.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { sampleBeside } from "../datapath/tcp.mjs";
import { fixed } from "../report/table.mjs";
import { compare, ratios, summaryOf } from "./compare.mjs";

const BASE = "bare";
const all = {
  bare: { title: "no VTEP, no load", variant: "kernel", kind: "host", tunnel: false },
  kernel: subjects.kernel,
  tc: subjects.tc,
};
const names = Object.keys(all);
const SETUP_SECONDS = 4;

const columns = [
  { key: "bareRatio", title: "× no VTEP by CPU", digits: 2, plot: true, reference: 1 },
  { key: "gigabitsPerCpuSecond", title: "Gbit by CPU second", digits: 2, plot: true },
  { key: "retransmits", title: "retransmits", digits: 0, range: false },
  { key: "loadFrames", title: "tunnelled meanwhile, million frames", digits: 1, range: false },
];

const cpuRate = (sample) => sample.gigabitsPerCpuSecond;
const MILLION = 1e6;
const describe = (sample) =>
  `${fixed(cpuRate(sample), 2)} Gbit by CPU second, ${fixed(sample.loadFrames / MILLION, 1)} million frames beside it`;

function entryOf(name, { samples, failure }, base) {
  const { title } = all[name];
  if (samples.length === 0) return { name, title, failure };
  return {
    ...{ name, title, failure },
    bareRatio: ratios(samples, base, cpuRate),
    gigabitsPerCpuSecond: summaryOf(samples, cpuRate),
    retransmits: summaryOf(samples, (sample) => sample.retransmits),
    loadFrames: summaryOf(samples, (sample) => sample.loadFrames / MILLION),
    samples,
  };
}

export const besideRow = {
  name: "tcp-beside",
  title: "one TCP stream on the underlay itself, while another core sends 64-byte frames through the tunnel",
  slow: true,
  columns,
  plan: ({ rounds, tcpSeconds }) => ({ samples: rounds * names.length, seconds: SETUP_SECONDS + tcpSeconds }),
  async run({ rounds, tcpSeconds, cpu, say }) {
    if (findProgram("iperf3") === undefined)
      return { entries: [], skipped: "iperf3 is missing: apt-get install iperf3" };
    const loadCpu = [...os.cpus().keys()].find((one) => one !== cpu);
    if (loadCpu === undefined) return { entries: [], skipped: "this machine has one CPU" };
    const sample = (name) => sampleBeside({ subject: all[name], cpu, loadCpu, seconds: tcpSeconds });
    const results = await compare({ subjects: names, rounds, sample, describe, say });
    const base = results.get(BASE).samples;
    return { entries: names.map((name) => entryOf(name, results.get(name), base)) };
  },
};
