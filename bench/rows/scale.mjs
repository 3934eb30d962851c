// The rows of what grows: MACs, VTEPs, VNIs. A sample is a lab of one size, with all its runs one after the other.
import { sampleScale } from "../datapath/forwarding.mjs";
import { HOT, macScale, vniScale, vtepScale } from "../datapath/scale.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { fixed } from "../report/table.mjs";
import { compare, notesOf, ratios, summaryOf } from "./compare.mjs";

const BASE = "kernel";
const names = [BASE, "xdp", "tc"];
/** Of each sample, and of each of its runs besides measuring. */
const SETUP_SECONDS = 5;
const LOOK_SECONDS = 0.8;
const ENTRIES_A_SECOND = 40_000;

const ENCAP = "encapsulation";
const DECAP = "decapsulation";
const draws = { hot: `${HOT} MACs`, random: "any MAC" };

const chart = { x: "size", y: "cpuNs", series: "series", panel: "way", log: true };

const columns = (fewest, unit) => [
  { key: "growth", title: `× CPU with ${counted(fewest, unit)}`, digits: 2 },
  { key: "cpuNs", title: "CPU ns a frame", digits: 0 },
  { key: "cpuRatio", title: "× kernel by CPU", digits: 2 },
  { key: "mpps", title: "Mpps", digits: 2 },
  { key: "loss", title: "loss %", digits: 2, range: false },
];

/** `1 VNI`, `10 VNIs` */
const counted = (size, unit) => `${size} ${size === 1 ? unit.slice(0, -1) : unit}`;

const keyOf = (subject, size) => `${subject}@${size}`;

function describe({ runs }) {
  const numbers = Object.entries(runs).map(([run, { cpuNsPerPacket }]) => `${run} ${fixed(cpuNsPerPacket, 0)}`);
  return `CPU ns a frame: ${numbers.join(", ")}`;
}

const cpuNs = (sample) => sample.cpuNsPerPacket;
const perCpu = (sample) => 1 / sample.cpuNsPerPacket;

/** Entries of a row: each run of each subject along all sizes, then the next. */
function entriesOf({ sizes, unit, runs }, results) {
  const samplesOf = (subject, size, run) => {
    const { samples } = results.get(keyOf(subject, size));
    return samples.map(({ runs: taken, hooks, attached }) => ({ ...taken[run], hooks, attached }));
  };
  return Object.entries(runs).flatMap(([run, { way, draw }]) =>
    names.flatMap((subject) =>
      sizes.map((size) => {
        const series = draw === undefined ? subjects[subject].title : `${subjects[subject].title}, ${draw}`;
        const title = `${way}: ${series}, ${counted(size, unit)}`;
        const { failure } = results.get(keyOf(subject, size));
        const identity = { name: `${subject}-${run}-${size}`, title, failure, size, series, way };
        const samples = samplesOf(subject, size, run);
        if (samples.length === 0) return identity;
        return {
          ...identity,
          growth: ratios(samples, samplesOf(subject, sizes[0], run), cpuNs),
          cpuNs: summaryOf(samples, cpuNs),
          cpuRatio: ratios(samples, samplesOf(BASE, size, run), perCpu),
          mpps: summaryOf(samples, (sample) => sample.mpps),
          loss: summaryOf(samples, (sample) => sample.lossPercent),
          samples,
        };
      }),
    ),
  );
}

function scaleRow({ name, title, scaleOf, unit, sizes, quickSizes, runs, entriesPerSize }) {
  const sizesOf = ({ quick }) => (quick ? quickSizes : sizes);
  return {
    name,
    title,
    slow: true,
    columns: columns(sizes[0], unit),
    plan(options) {
      const measured = Object.keys(runs).length * (options.seconds + LOOK_SECONDS);
      const chosen = sizesOf(options);
      const filling = chosen.reduce((sum, size) => sum + entriesPerSize(size) / ENTRIES_A_SECOND, 0) / chosen.length;
      const samples = options.rounds * chosen.length * names.length;
      return { samples, seconds: SETUP_SECONDS + filling + measured };
    },
    async run(options) {
      const { rounds, seconds, cpu, say } = options;
      const chosen = sizesOf(options);
      const keys = chosen.flatMap((size) => names.map((subject) => keyOf(subject, size)));
      const sample = (key) => {
        const [subject, size] = key.split("@");
        return sampleScale({ scale: scaleOf(Number(size)), subject, cpu, seconds });
      };
      const results = await compare({ subjects: keys, rounds, sample, describe, say });
      const entries = entriesOf({ sizes: chosen, unit, runs }, results);
      return { entries, chart: { ...chart, xTitle: unit }, notes: notesOf(entries) };
    },
  };
}

const both = { encap: { way: ENCAP }, decap: { way: DECAP } };
const FEW_ENTRIES = 1000;

export const scaleRows = [
  scaleRow({
    name: "scale-macs",
    title: "1000 to a million remote MACs; frames go to them, or come from them, to 256 of them or to any",
    unit: "MACs",
    sizes: [1000, 10_000, 100_000, 1_000_000],
    quickSizes: [1000, 100_000],
    scaleOf: macScale,
    entriesPerSize: (size) => size,
    runs: {
      "encap-hot": { way: ENCAP, draw: draws.hot },
      "encap-random": { way: ENCAP, draw: draws.random },
      "decap-hot": { way: DECAP, draw: draws.hot },
      "decap-random": { way: DECAP, draw: draws.random },
    },
  }),
  scaleRow({
    name: "scale-vteps",
    title: "1000 MACs behind 1 to 1000 VTEPs, drawn at random",
    unit: "VTEPs",
    sizes: [1, 10, 100, 1000],
    quickSizes: [1, 1000],
    scaleOf: vtepScale,
    entriesPerSize: () => FEW_ENTRIES,
    runs: both,
  }),
  scaleRow({
    name: "scale-vnis",
    title: "1000 MACs in 1 to 1000 VNIs on a trunk port, drawn at random",
    unit: "VNIs",
    sizes: [1, 10, 100, 1000],
    quickSizes: [1, 1000],
    scaleOf: vniScale,
    entriesPerSize: () => FEW_ENTRIES,
    runs: both,
  }),
];
