// The row of a MAC flood: what the port beside it loses.
import os from "node:os";
import { FLOOD_MACS, sampleMacFlood } from "../datapath/mac_flood.mjs";
import { sampleShut } from "../datapath/shut.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { fixed } from "../report/table.mjs";
import { compare, notesOf, summaryOf } from "./compare.mjs";
import { describe as describeForwarding, planOf } from "./forwarding.mjs";

const LIMIT = { maxMacs: 100, violation: "restrict" };
const names = ["kernel", "xdp", "tc"];
const states = {
  quiet: { what: "no flood", isFlooded: false },
  flooded: { what: "flooded", isFlooded: true },
  limited: { what: "flooded, port limited to 100 MACs", isFlooded: true, security: LIMIT },
  shut: { what: "port limited to one MAC, a second shuts it", isShut: true },
};
/** Limits are vtepd's. */
const KERNEL_STATES = ["quiet", "flooded"];
/** The port is brought back by hand, and shut again. */
const SHUTS = { full: 10, quick: 3 };

const cases = names.flatMap((name) =>
  Object.entries(states)
    .filter(([state]) => name !== "kernel" || KERNEL_STATES.includes(state))
    .map(([state, { what, ...rest }]) => ({
      ...{ key: `${name}-${state}`, title: `${subjects[name].title}, ${what}` },
      ...{ name, ...rest },
    })),
);

const columns = [
  { key: "loss", title: "loss % on the other port", digits: 2, plot: true },
  { key: "cpuNs", title: "CPU ns a frame there", digits: 0, plot: true },
  { key: "mpps", title: "Mpps there", digits: 2 },
  { key: "floodFrames", title: "flooded, million frames", digits: 1, range: false },
  { key: "shutMs", title: "last frame of a violated port after ms", digits: 3 },
  { key: "late", title: "its frames after the violation", digits: 0, range: false },
  { key: "violating", title: "of sources beyond the limit", digits: 0, range: false },
];

/** To a hundredth of a percent: of the last batch, some may not have arrived when it is counted. */
const lossOf = ({ lossPercent }) => Math.round(lossPercent * 100) / 100;
const MILLION = 1e6;

const most = (numbers) => Math.max(...numbers);

function describe(sample) {
  if (sample.shuts === undefined) return describeForwarding(sample);
  return `the last frame of a violated port after ${fixed(most(sample.shuts.map(({ ms }) => ms)), 3)} ms at most`;
}

function shutEntry(identity, samples) {
  const worst = (key) => summaryOf(samples, ({ shuts }) => most(shuts.map((shut) => shut[key])));
  return { ...identity, shutMs: worst("ms"), late: worst("late"), violating: worst("violating"), samples };
}

function entryOf({ key, title, isShut }, { samples, failure }) {
  if (samples.length === 0) return { name: key, title, failure };
  if (isShut) return shutEntry({ name: key, title, failure }, samples);
  return {
    ...{ name: key, title, failure },
    loss: summaryOf(samples, lossOf),
    cpuNs: summaryOf(samples, (sample) => sample.cpuNsPerPacket),
    mpps: summaryOf(samples, (sample) => sample.mpps),
    floodFrames: summaryOf(samples, (sample) => sample.floodFrames / MILLION),
    samples,
  };
}

export const macFloodRow = {
  name: "mac-flood",
  title: `one port sends from ${FLOOD_MACS} source MACs at full rate on another core; the traffic of the port beside it`,
  slow: true,
  columns,
  plan: (options) => planOf(cases.length, options),
  async run({ rounds, seconds, cpu, quick, say }) {
    const loadCpu = [...os.cpus().keys()].find((one) => one !== cpu);
    if (loadCpu === undefined) return { entries: [], skipped: "this machine has one CPU" };
    const byKey = new Map(cases.map((one) => [one.key, one]));
    const sample = (key) => {
      const { name, isFlooded, isShut, security } = byKey.get(key);
      const changes = quick ? SHUTS.quick : SHUTS.full;
      if (isShut) return sampleShut({ subject: subjects[name], cpu, loadCpu, changes });
      return sampleMacFlood({ subject: subjects[name], isFlooded, security, cpu, loadCpu, seconds });
    };
    const results = await compare({ subjects: [...byKey.keys()], rounds, sample, describe, say });
    const entries = cases.map((one) => entryOf(one, results.get(one.key)));
    return { entries, notes: notesOf(entries.filter(({ shutMs }) => shutMs === undefined)) };
  },
};
