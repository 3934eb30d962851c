// Rows of TCP: one stream and eight, end to end, with every combination of the underlay's offloads, all on one core.
import { findProgram } from "../../scripts/setup/process.mjs";
import { missingPeer } from "../datapath/peers.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { sampleTcp } from "../datapath/tcp.mjs";
import { fixed } from "../report/table.mjs";
import { compare, hasWholeCpu, notesOf, ratios, summaryOf } from "./compare.mjs";

const BASE = "kernel";
const ALL = ["wire", "kernel", "tc", "tcPeer", "xdp", "packet", "xsk", "ovs"];
/** What `hook: auto` takes for a veth, and what it is compared with. */
const CHOSEN = ["wire", "kernel", "tc"];
const SETUP_SECONDS = 4;

const columns = [
  { key: "cpuRatio", title: "× kernel by CPU", digits: 2, plot: true, reference: 1 },
  { key: "gigabitsPerCpuSecond", title: "Gbit by CPU second", digits: 2, plot: true },
  { key: "wireRatio", title: "× no overlay by CPU", digits: 2 },
  { key: "gigabitsPerSecond", title: "Gbit/s", digits: 2 },
  { key: "ratio", title: "× kernel by rate", digits: 2 },
  { key: "retransmits", title: "retransmits", digits: 0, range: false },
];

const describe = (sample) => `${fixed(sample.gigabitsPerSecond, 2)} Gbit/s, ${sample.retransmits} retransmits`;

const rate = (sample) => sample.gigabitsPerSecond;
const cpuRate = (sample) => sample.gigabitsPerCpuSecond;

function entryOf(name, { samples, failure, skipped }, { base, wire }) {
  const { title } = subjects[name];
  if (samples.length === 0) return { name, title, failure, skipped };
  return {
    name,
    title,
    failure,
    gigabitsPerSecond: summaryOf(samples, rate),
    gigabitsPerCpuSecond: summaryOf(samples, cpuRate),
    retransmits: summaryOf(samples, (sample) => sample.retransmits),
    ratio: hasWholeCpu([...samples, ...base]) ? ratios(samples, base, rate) : undefined,
    cpuRatio: ratios(samples, base, cpuRate),
    wireRatio: ratios(samples, wire, cpuRate),
    samples,
  };
}

function tcpRow({ name, title, underlay, streams, subjects: all, slow }) {
  const namesOf = ({ quick }) => (quick ? CHOSEN : all);
  return {
    name,
    title,
    slow,
    columns,
    plan: (options) => ({
      samples: options.rounds * namesOf(options).length,
      seconds: SETUP_SECONDS + options.tcpSeconds,
    }),
    async run(options) {
      const { rounds, tcpSeconds, cpu, say } = options;
      const names = namesOf(options);
      if (findProgram("iperf3") === undefined) {
        return { entries: [], skipped: "iperf3 is missing: apt-get install iperf3" };
      }
      const sample = (subject) => sampleTcp({ subject, underlay, streams, cpu, seconds: tcpSeconds });
      const results = await compare({ subjects: names, rounds, sample, describe, say, missing: missingPeer });
      const [base, wire] = [results.get(BASE).samples, results.get("wire").samples];
      const entries = names.map((subject) => entryOf(subject, results.get(subject), { base, wire }));
      return { entries, notes: notesOf(entries) };
    },
  };
}

const UNDERLAYS = {
  "": ["offload", "super-packets pass the underlay whole"],
  "-segmented": ["segment", "the underlay cuts super-packets and joins them again"],
  "-gro": ["gro", "super-packets pass the underlay whole, GRO on"],
  "-plain": ["plain", "the underlay cuts super-packets and joins nothing"],
};

export const tcpRows = [1, 8].flatMap((streams) =>
  Object.entries(UNDERLAYS).map(([suffix, [underlay, how]]) =>
    tcpRow({
      name: `${streams === 1 ? "tcp" : "tcp-8"}${suffix}`,
      title: `${streams === 1 ? "one TCP stream" : "eight TCP streams"}, ${how}`,
      underlay,
      streams,
      subjects: streams === 1 && ["offload", "segment"].includes(underlay) ? ALL : CHOSEN,
      slow: streams > 1 || suffix !== "",
    }),
  ),
);
