// The daemon at rest, on both data paths, with few MACs and with many.
import { sampleRest } from "../daemon/rest.mjs";
import { fixed, spread, table } from "../report/table.mjs";
import { compare, summaryOf } from "./compare.mjs";

const starts = {
  "ebpf, 1 remote MAC": { datapath: "ebpf", macs: 1 },
  "ebpf, 1000 remote MACs": { datapath: "ebpf", macs: 1000 },
  "userspace, 1 remote MAC": { datapath: "userspace", macs: 1 },
};

const describe = ({ readyMs, rssMegabytes, cpuPercent }) =>
  `ready after ${readyMs} ms, ${fixed(rssMegabytes, 0)} MB, ${fixed(cpuPercent, 2)} % CPU`;

function render(entries) {
  const rows = entries.map((entry) =>
    entry.readyMs === undefined
      ? [entry.name, "failed", "", "", ""]
      : [
          entry.name,
          spread(entry.forwardingMs, 0),
          spread(entry.readyMs, 0),
          fixed(entry.rssMegabytes.median, 0),
          fixed(entry.cpuPercent.median, 2),
        ],
  );
  return table(["", "forwards after ms", "answers after ms", "RSS MB", "idle CPU %"], rows);
}

export const restRow = {
  name: "rest",
  title: "the daemon at rest",
  async run({ quick, rounds, restSeconds, say }) {
    const names = Object.keys(starts).slice(0, quick ? 1 : undefined);
    const sample = (name) => sampleRest({ ...starts[name], seconds: restSeconds });
    const results = await compare({ subjects: names, rounds, sample, describe, say });
    const fields = ["forwardingMs", "readyMs", "rssMegabytes", "cpuPercent"];
    const entries = names.map((name) => {
      const { samples, failure } = results.get(name);
      if (samples.length === 0) return { name, failure };
      const summaries = fields.map((field) => [field, summaryOf(samples, (sample) => sample[field])]);
      return { name, failure, ...Object.fromEntries(summaries), samples };
    });
    return { entries, text: render(entries) };
  },
};
