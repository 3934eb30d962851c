// The engine in memory: nanoseconds and heap bytes a frame, each case in processes of its own.
import { join } from "node:path";
import { cases } from "../engine/cases.mjs";
import { fixed } from "../report/table.mjs";
import { outputOf } from "./node_process.mjs";

const folder = join(import.meta.dirname, "../engine");
/** Megabytes: so much that nothing is collected while it is measured. */
const YOUNG_GENERATION = 256;
const heapFlags = [
  "--expose-gc",
  `--min-semi-space-size=${YOUNG_GENERATION}`,
  `--max-semi-space-size=${YOUNG_GENERATION}`,
];
/** Of the heap's run, and of two starts of Node. */
const HEAP_SECONDS = 4;

const columns = [
  { key: "nsP50", title: "ns p50", digits: 0, plot: true },
  { key: "nsP99", title: "p99", digits: 0 },
  { key: "nsP999", title: "p99.9", digits: 0 },
  { key: "tail", title: "p99.9 / p50", digits: 1, plot: true },
  { key: "cpuNs", title: "CPU ns", digits: 0 },
  { key: "benchmarkJs", title: "benchmark.js" },
  { key: "heapBytesPerFrame", title: "heap bytes a frame", digits: 3 },
];

export async function measureCase(name, { engineSeconds, heapFrames }) {
  const time = JSON.parse(await outputOf([join(folder, "measure.mjs"), name, String(engineSeconds)]));
  const heap = JSON.parse(await outputOf([...heapFlags, join(folder, "heap.mjs"), name, String(heapFrames)]));
  const derived = {
    tail: time.nsP999 / time.nsP50,
    benchmarkJs: `${fixed(time.nsMedian, 0)} ± ${fixed(time.errorPercent, 0)} %`,
  };
  return { name, title: cases[name].title, ...time, ...heap, ...derived };
}

const QUICK_CASES = ["encap", "decap"];
const namesOf = ({ quick }) => (quick ? QUICK_CASES : Object.keys(cases));

export const engineRow = {
  name: "engine",
  title: "the engine in memory, nanoseconds a frame over batches of 1000, 64-byte frames",
  columns,
  plan: (options) => ({ samples: namesOf(options).length, seconds: HEAP_SECONDS + 2 * options.engineSeconds }),
  async run(options) {
    const entries = [];
    for (const name of namesOf(options)) {
      const entry = await measureCase(name, options);
      options.say(`${name}: ${fixed(entry.nsP50, 0)} ns`);
      entries.push(entry);
    }
    return { entries };
  },
};
