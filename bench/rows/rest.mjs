// The daemon at rest, on both data paths, with few MACs and with many.
import { sampleRest } from "../daemon/rest.mjs";
import { fixed } from "../report/table.mjs";
import { compare, summaryOf } from "./compare.mjs";

const starts = {
  "ebpf, 1 remote MAC": { datapath: "ebpf", macs: 1 },
  "ebpf, 1000 remote MACs": { datapath: "ebpf", macs: 1000 },
  "userspace, 1 remote MAC": { datapath: "userspace", macs: 1 },
};
const SETUP_SECONDS = 7;

const columns = [
  { key: "forwardingMs", title: "forwards after ms", digits: 0, plot: true },
  { key: "readyMs", title: "answers after ms", digits: 0, plot: true },
  { key: "rssMegabytes", title: "RSS MB", digits: 0, range: false },
  { key: "cpuPercent", title: "idle CPU %", digits: 2, range: false },
];

const describe = ({ readyMs, rssMegabytes, cpuPercent }) =>
  `ready after ${readyMs} ms, ${fixed(rssMegabytes, 0)} MB, ${fixed(cpuPercent, 2)} % CPU`;

const namesOf = ({ quick }) => Object.keys(starts).slice(0, quick ? 1 : undefined);

export const restRow = {
  name: "rest",
  title: "the daemon at rest",
  columns,
  plan: (options) => ({
    samples: options.rounds * namesOf(options).length,
    seconds: SETUP_SECONDS + options.restSeconds,
  }),
  async run(options) {
    const { rounds, restSeconds, say } = options;
    const names = namesOf(options);
    const sample = (name) => sampleRest({ ...starts[name], seconds: restSeconds });
    const results = await compare({ subjects: names, rounds, sample, describe, say });
    const entries = names.map((name) => {
      const { samples, failure } = results.get(name);
      if (samples.length === 0) return { name, title: name, failure };
      const summaries = columns.map(({ key }) => [key, summaryOf(samples, (sample) => sample[key])]);
      return { name, title: name, failure, ...Object.fromEntries(summaries), samples };
    });
    return { entries };
  },
};
