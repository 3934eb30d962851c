// One case in a process of its own, so that no other case has taught V8 other shapes: node measure.mjs CASE SECONDS.
// Prints one line of JSON.
import Benchmark from "benchmark";
import { inlineEngine } from "../../dist/dataplane/userspace/inlining.js";
import { quantile } from "../report/statistics.mjs";
import { BATCH_FRAMES, Batch } from "./batch.mjs";
import { cases } from "./cases.mjs";

const [name = "encap", seconds = "3"] = process.argv.slice(2);
// As the userspace data path does.
inlineEngine();
/** One for both: a second set of tables would make every property access of the engine see two shapes. */
const batch = new Batch(cases[name]);
let runs = 0;

function run() {
  batch.run();
  runs += 1;
}

/** benchmark.js: the mean of each of its samples, without the tail. */
function byBenchmark(maxTime) {
  const benchmark = new Benchmark(name, run, { maxTime });
  benchmark.run();
  if (benchmark.error) throw benchmark.error;
  const samples = benchmark.stats.sample.map((perBatch) => (perBatch * 1e9) / BATCH_FRAMES);
  return { nsMedian: quantile(samples, 0.5), sampleCount: samples.length, errorPercent: benchmark.stats.rme };
}

/** Every batch by the clock: the tail that a mean hides. CPU time beside it, because the machine may be shared. */
function byBatch(maxTime) {
  const times = [];
  const cpuBefore = process.cpuUsage();
  const end = process.hrtime.bigint() + BigInt(Math.round(maxTime * 1e9));
  let before = process.hrtime.bigint();
  while (before < end) {
    run();
    const after = process.hrtime.bigint();
    times.push(Number(after - before) / BATCH_FRAMES);
    before = after;
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  batch.verify(runs);
  const cpuNs = ((user + system) * 1000) / (times.length * BATCH_FRAMES);
  return {
    batches: times.length,
    nsP50: quantile(times, 0.5),
    nsP99: quantile(times, 0.99),
    nsP999: quantile(times, 0.999),
    cpuNs,
    sink: batch.sink.mark,
  };
}

console.log(JSON.stringify({ ...byBenchmark(Number(seconds)), ...byBatch(Number(seconds)) }));
