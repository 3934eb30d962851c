// The row of flooding: what one more VTEP costs, up to 512 of them.
import { FLOOD_COPIES } from "../datapath/flooding.mjs";
import { samplePath } from "../datapath/forwarding.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { summary } from "../report/statistics.mjs";
import { compare, notesOf, summaryOf } from "./compare.mjs";
import { describe, planOf } from "./forwarding.mjs";

const BASE = "kernel";
const names = [BASE, "cloneTc", "tc", "xdp", "packet", "xsk"];
const [FEWEST] = FLOOD_COPIES;

const columns = [
  { key: "cpuNs", title: "CPU ns a copy", digits: 0 },
  { key: "extraNs", title: "CPU ns of one more copy", digits: 0 },
  { key: "extraRatio", title: "× kernel's", digits: 2 },
  { key: "mpps", title: "million copies/s", digits: 2 },
  { key: "loss", title: "loss %", digits: 2, range: false },
];
const chart = { x: "copies", y: "cpuNs", series: "subject", xTitle: "VTEPs", log: true };

const keyOf = (subject, copies) => `${subject}@${copies}`;
const parse = (key) => {
  const [subject, copies] = key.split("@");
  return { subject, copies: Number(copies) };
};

/** What is lost takes time too, and the rest says nothing of a copy. */
const HIGHEST_LOSS = 1;
const LOSSY = "No number of one more copy stands where more than 1 % was lost: what is lost takes time as well.";
const isWhole = (samples) => samples.every(({ lossPercent }) => lossPercent <= HIGHEST_LOSS);

/** Of each round: what each copy beyond the first takes. */
function extras(results, subject, copies) {
  const [few, many] = [FEWEST, copies].map((count) => results.get(keyOf(subject, count)).samples);
  if (copies === FEWEST || !isWhole([...few, ...many])) return [];
  return many.slice(0, few.length).map((sample, round) => {
    const whole = sample.cpuNsPerPacket * copies - few[round].cpuNsPerPacket * FEWEST;
    return whole / (copies - FEWEST);
  });
}

function entryOf(key, results) {
  const { subject, copies } = parse(key);
  const { samples, failure } = results.get(key);
  const { title } = subjects[subject];
  const identity = {
    name: `${subject}-${copies}`,
    subject: title,
    copies,
    title: `${title}, ${copies} ${copies === 1 ? "VTEP" : "VTEPs"}`,
    failure,
  };
  if (samples.length === 0) return identity;
  const [own, base] = [subject, BASE].map((name) => extras(results, name, copies));
  const pairs = own.slice(0, base.length).map((value, round) => value / base[round]);
  return {
    ...identity,
    cpuNs: summaryOf(samples, (sample) => sample.cpuNsPerPacket),
    extraNs: own.length > 0 ? summary(own) : undefined,
    extraRatio: pairs.length > 0 ? summary(pairs) : undefined,
    mpps: summaryOf(samples, (sample) => sample.mpps),
    loss: summaryOf(samples, (sample) => sample.lossPercent),
    samples,
  };
}

export const floodRow = {
  name: "flood",
  title: "a broadcast to 1, 8, 64 and 512 VTEPs",
  slow: true,
  columns,
  plan: (options) => planOf(names.length * FLOOD_COPIES.length, options),
  async run({ rounds, seconds, cpu, say }) {
    const keys = FLOOD_COPIES.flatMap((copies) => names.map((subject) => keyOf(subject, copies)));
    const sample = (key) => {
      const { subject, copies } = parse(key);
      return samplePath({ path: `flood-${copies}`, subject, cpu, seconds });
    };
    const results = await compare({ subjects: keys, rounds, sample, describe, say });
    const entries = names.flatMap((subject) => FLOOD_COPIES.map((copies) => entryOf(keyOf(subject, copies), results)));
    const lossy = entries.some(({ samples = [] }) => !isWhole(samples));
    return { entries, chart, notes: [...notesOf(entries), ...(lossy ? [LOSSY] : [])] };
  },
};
