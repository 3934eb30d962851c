// One sample: a path is made afresh, frames are sent through it as fast as it takes them, and what arrives is counted.
import { setTimeout as pause } from "node:timers/promises";
import { CpuMeter } from "./cpu.mjs";
import { Generator } from "./generator.mjs";
import { Sink } from "./sink.mjs";

const POLL_MS = 20;
const FIRST_FRAME_MS = 10_000;
/** Before measuring: for learning, for caches, and for the CPU's clock. */
const WARM_UP_MS = 300;
/** With a process on the way that compiles itself as it runs: V8's threads take half a second each time it does so anew. */
const PROCESS_WARM_UP_MS = 2000;
const FULL_SHARE = 0.9;
const PATIENCE = 6;

const generatedBy = (generators) => generators.reduce((sum, { generated }) => sum + generated, 0);

async function untilFramesArrive(generators, sink) {
  for (let waited = 0; waited < FIRST_FRAME_MS; waited += POLL_MS) {
    if (sink.counts().frames > 0) return;
    await pause(POLL_MS);
  }
  const { others } = sink.counts();
  throw new Error(
    `of ${generatedBy(generators)} frames none arrived as it should within ${FIRST_FRAME_MS / 1000} s (${others} others)`,
  );
}

function look({ generators, sink, meter }) {
  return { at: process.hrtime.bigint(), generated: generatedBy(generators), ...sink.counts(), cpu: meter.read() };
}

/** On a machine that others use too, a second of CPU time takes longer than a second. */
async function measureFor({ seconds, copies = 1, cpus }, running) {
  const before = look(running);
  const wanted = seconds * 1e9 * FULL_SHARE * cpus.length;
  for (let waited = 0; waited < seconds * 1000 * PATIENCE; waited += POLL_MS) {
    await pause(POLL_MS);
    const elapsed = Number(process.hrtime.bigint() - before.at);
    if (elapsed >= seconds * 1e9 && running.meter.since(before.cpu) >= wanted) break;
  }
  return difference(before, look(running), { copies, cpus });
}

/** `copies`: frames that have to arrive of each one that is sent. */
function difference(before, after, { copies, cpus }) {
  const ns = Number(after.at - before.at);
  const frames = after.frames - before.frames;
  const generated = (after.generated - before.generated) * copies;
  if (frames === 0) throw new Error("no frame arrived while it was measured: somebody else had the CPU");
  const cpuNs = Object.fromEntries(
    Object.entries(after.cpu).map(([group, value]) => [group, (value - before.cpu[group]) / frames]),
  );
  const cpuNsPerPacket = Object.values(cpuNs).reduce((sum, value) => sum + value, 0);
  return {
    seconds: ns / 1e9,
    frames,
    mpps: (frames * 1e3) / ns,
    lossPercent: Math.max(0, (100 * (generated - frames)) / generated),
    strayFrames: after.others - before.others,
    cpuNsPerPacket,
    cpuNs,
    // Below 1, somebody else had a part of these CPUs.
    cpuShare: (cpuNsPerPacket * frames) / ns / cpus.length,
  };
}

const plainSink = (options) => new Sink(options);

/**
 * `source` and `target`: { namespace, interfaceName } in a path that stands already; `pids`: of daemons on the way.
 * `process`: one of them carries every frame. `cpus`: one generator on each. `listAttached` is asked while everything is
 * in place. `makeSink`: where another than the plain one stands at the end.
 */
export async function measure(options, listAttached) {
  const { source, target, traffic, arrival, sinkKind, cpu, cpus = [cpu], pids, batchFrames } = options;
  const { makeSink = plainSink } = options;
  const sink = makeSink({ ...target, arrival, kind: sinkKind });
  // An interface has room for one program, so each generator's stands elsewhere; where they run is another matter.
  const parkedIn = [source.namespace, target.namespace];
  const generators = cpus.map(
    (one, at) => new Generator({ ...source, traffic, cpu: one, batchFrames, parkedIn: parkedIn[at] }),
  );
  try {
    const attached = await listAttached();
    for (const generator of generators) generator.start();
    const meter = new CpuMeter({ cpus, threads: generators.flatMap(({ threads }) => threads), pids });
    await untilFramesArrive(generators, sink);
    await pause(options.process ? PROCESS_WARM_UP_MS : WARM_UP_MS);
    const sample = await measureFor({ ...options, cpus }, { generators, sink, meter });
    return { ...sample, sink: sinkKind, attached };
  } finally {
    for (const generator of generators) {
      await generator.stop();
      generator.close();
    }
    sink.close();
  }
}
