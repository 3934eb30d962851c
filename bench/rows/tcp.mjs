// Rows of TCP: one stream end to end, everything on one core.
import { findProgram } from "../../scripts/setup/process.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { sampleTcp } from "../datapath/tcp.mjs";
import { fixed, spread, table } from "../report/table.mjs";
import { compare, hasWholeCpu, noteOf, ratios, summaryOf } from "./compare.mjs";

const BASE = "kernel";
const names = ["wire", "kernel", "tc", "xdp", "packet", "xsk"];

const describe = (sample) => `${fixed(sample.gigabitsPerSecond, 2)} Gbit/s, ${sample.retransmits} retransmits`;

const rate = (sample) => sample.gigabitsPerSecond;
const cpuRate = (sample) => sample.gigabitsPerCpuSecond;

function entryOf(name, { samples, failure }, base) {
  const { title } = subjects[name];
  if (samples.length === 0) return { name, title, failure };
  return {
    name,
    title,
    failure,
    gigabitsPerSecond: summaryOf(samples, rate),
    gigabitsPerCpuSecond: summaryOf(samples, cpuRate),
    retransmits: summaryOf(samples, (sample) => sample.retransmits),
    ratio: hasWholeCpu([...samples, ...base]) ? ratios(samples, base, rate) : undefined,
    cpuRatio: ratios(samples, base, cpuRate),
    samples,
  };
}

function render(entries) {
  const head = ["", "Gbit/s", "by CPU second", "× kernel", "× kernel by CPU", "retransmits"];
  const rows = entries.map((entry) =>
    entry.gigabitsPerSecond === undefined
      ? [entry.title, "failed", "", "", "", ""]
      : [
          entry.title,
          spread(entry.gigabitsPerSecond, 2),
          spread(entry.gigabitsPerCpuSecond, 2),
          entry.ratio ? spread(entry.ratio, 2) : "",
          spread(entry.cpuRatio, 2),
          fixed(entry.retransmits.median, 0),
        ],
  );
  return table(head, rows) + noteOf(entries);
}

const skipped = (reason) => ({ entries: [], skipped: reason, text: `  SKIP: ${reason}` });

function tcpRow(name, title, underlay) {
  return {
    name,
    title,
    async run({ rounds, tcpSeconds, cpu, say }) {
      if (findProgram("iperf3") === undefined) return skipped("iperf3 is missing: apt-get install iperf3");
      const sample = (subject) => sampleTcp({ subject, underlay, cpu, seconds: tcpSeconds });
      const results = await compare({ subjects: names, rounds, sample, describe, say });
      const base = results.get(BASE).samples;
      const entries = names.map((subject) => entryOf(subject, results.get(subject), base));
      return { entries, text: render(entries) };
    },
  };
}

export const tcpRows = [
  tcpRow("tcp", "one TCP stream, super-packets pass the underlay whole", "offload"),
  tcpRow("tcp-segmented", "one TCP stream, the underlay cuts super-packets and joins them again", "segment"),
];
