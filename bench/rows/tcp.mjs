// Rows of TCP: one stream end to end, everything on one core.
import { findProgram } from "../../scripts/setup/process.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { sampleTcp } from "../datapath/tcp.mjs";
import { fixed, spread, table } from "../report/table.mjs";
import { compare, ratios, summaryOf } from "./compare.mjs";

const BASE = "kernel";
const names = ["wire", "kernel", "tc", "xdp", "packet", "xsk"];

const describe = (sample) => `${fixed(sample.gigabitsPerSecond, 2)} Gbit/s, ${sample.retransmits} retransmits`;

function entryOf(name, { samples, failure }, base) {
  const { title } = subjects[name];
  if (samples.length === 0) return { name, title, failure };
  const rate = (sample) => sample.gigabitsPerSecond;
  return {
    name,
    title,
    failure,
    gigabitsPerSecond: summaryOf(samples, rate),
    retransmits: summaryOf(samples, (sample) => sample.retransmits),
    ratio: ratios(samples, base, rate),
    samples,
  };
}

function render(entries) {
  const rows = entries.map((entry) =>
    entry.ratio === undefined
      ? [entry.title, "failed", "", ""]
      : [entry.title, spread(entry.gigabitsPerSecond, 2), spread(entry.ratio, 2), fixed(entry.retransmits.median, 0)],
  );
  return table(["", "Gbit/s", "× kernel", "retransmits"], rows);
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
