// The engine in memory: nanoseconds and heap bytes a frame, each case in processes of its own.
import { join } from "node:path";
import { cases } from "../engine/cases.mjs";
import { fixed, table } from "../report/table.mjs";
import { outputOf } from "./node_process.mjs";

const folder = join(import.meta.dirname, "../engine");
/** Megabytes: so much that nothing is collected while it is measured. */
const YOUNG_GENERATION = 256;
const heapFlags = [
  "--expose-gc",
  `--min-semi-space-size=${YOUNG_GENERATION}`,
  `--max-semi-space-size=${YOUNG_GENERATION}`,
];

async function measureCase(name, { engineSeconds, heapFrames }) {
  const time = await outputOf([join(folder, "measure.mjs"), name, String(engineSeconds)]);
  const heap = await outputOf([...heapFlags, join(folder, "heap.mjs"), name, String(heapFrames)]);
  return { name, title: cases[name].title, ...JSON.parse(time), ...JSON.parse(heap) };
}

function render(entries) {
  const head = ["", "ns p50", "p99", "p99.9", "CPU ns", "benchmark.js", "heap bytes a frame"];
  const rows = entries.map((entry) => [
    entry.title,
    fixed(entry.nsP50, 0),
    fixed(entry.nsP99, 0),
    fixed(entry.nsP999, 0),
    fixed(entry.cpuNs, 0),
    `${fixed(entry.nsMedian, 0)} ± ${fixed(entry.errorPercent, 0)} %`,
    fixed(entry.heapBytesPerFrame, 3),
  ]);
  return table(head, rows);
}

export const engineRow = {
  name: "engine",
  title: "the engine in memory, nanoseconds a frame over batches of 1000, 64-byte frames",
  async run(options) {
    const entries = [];
    for (const name of Object.keys(cases)) {
      const entry = await measureCase(name, options);
      options.say(`${name}: ${fixed(entry.nsP50, 0)} ns`);
      entries.push(entry);
    }
    return { entries, text: render(entries) };
  },
};
