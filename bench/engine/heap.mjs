// Heap bytes that one frame costs: node --expose-gc --min-semi-space-size=… heap.mjs CASE FRAMES. The young generation is
// so large that nothing is collected in between: what the heap counter has grown by is all that was ever allocated.
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { BATCH_FRAMES, Batch } from "./batch.mjs";
import { cases } from "./cases.mjs";

const [name = "encap", frames = "5000000"] = process.argv.slice(2);
/** The observer hears of a collection a little later. */
const OBSERVED_MS = 50;
const batches = Math.ceil(Number(frames) / BATCH_FRAMES);

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ["gc"] });

const batch = new Batch(cases[name]);
const run = (count) => {
  for (let index = 0; index < count; index++) batch.run();
};
// Optimised code is made while it runs, and its making allocates.
run(batches);
globalThis.gc();
await pause(OBSERVED_MS);
collections = 0;
const before = process.memoryUsage().heapUsed;
run(batches);
const after = process.memoryUsage().heapUsed;
await pause(OBSERVED_MS);
batch.verify(2 * batches);
console.log(
  JSON.stringify({
    heapFrames: batches * BATCH_FRAMES,
    heapBytesPerFrame: (after - before) / (batches * BATCH_FRAMES),
    heapBytes: after - before,
    collections,
  }),
);
