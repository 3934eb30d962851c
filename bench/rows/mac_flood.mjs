// The row of a MAC flood: what the port beside it loses.
import os from "node:os";
import { FLOOD_MACS, sampleMacFlood } from "../datapath/mac_flood.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { compare, notesOf, summaryOf } from "./compare.mjs";
import { describe, planOf } from "./forwarding.mjs";

const LIMIT = { maxMacs: 100, violation: "restrict" };
const names = ["kernel", "xdp", "tc"];
/** The kernel's bridge has no limit for a port. */
const states = {
  quiet: { what: "no flood", isFlooded: false },
  flooded: { what: "flooded", isFlooded: true },
  limited: { what: "flooded, port limited to 100 MACs", isFlooded: true, security: LIMIT },
};

const cases = names.flatMap((name) =>
  Object.entries(states)
    .filter(([state]) => !(name === "kernel" && state === "limited"))
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
];

/** To a hundredth of a percent: of the last batch, some may not have arrived when it is counted. */
const lossOf = ({ lossPercent }) => Math.round(lossPercent * 100) / 100;
const MILLION = 1e6;

function entryOf({ key, title }, { samples, failure }) {
  if (samples.length === 0) return { name: key, title, failure };
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
  async run({ rounds, seconds, cpu, say }) {
    const loadCpu = [...os.cpus().keys()].find((one) => one !== cpu);
    if (loadCpu === undefined) return { entries: [], skipped: "this machine has one CPU" };
    const byKey = new Map(cases.map((one) => [one.key, one]));
    const sample = (key) => {
      const { name, isFlooded, security } = byKey.get(key);
      return sampleMacFlood({ subject: subjects[name], isFlooded, security, cpu, loadCpu, seconds });
    };
    const results = await compare({ subjects: [...byKey.keys()], rounds, sample, describe, say });
    const entries = cases.map((one) => entryOf(one, results.get(one.key)));
    return { entries, notes: notesOf(entries) };
  },
};
