// One sample: a path is made afresh, frames are sent through it as fast as it takes them, and what arrives is counted.
import { setTimeout as pause } from "node:timers/promises";
import { CpuMeter } from "./cpu.mjs";
import { Generator } from "./generator.mjs";
import { Sink } from "./sink.mjs";

const POLL_MS = 20;
const FIRST_FRAME_MS = 10_000;
/** Before measuring: for learning, for caches, and for the CPU's clock. */
const WARM_UP_MS = 300;
const FULL_SHARE = 0.9;
const PATIENCE = 6;

async function untilFramesArrive(generator, sink) {
  for (let waited = 0; waited < FIRST_FRAME_MS; waited += POLL_MS) {
    if (sink.counts().frames > 0) return;
    await pause(POLL_MS);
  }
  const { others } = sink.counts();
  throw new Error(
    `of ${generator.generated} frames none arrived as it should within ${FIRST_FRAME_MS / 1000} s (${others} others)`,
  );
}

function look(generator, sink, meter) {
  return { at: process.hrtime.bigint(), generated: generator.generated, ...sink.counts(), cpu: meter.read() };
}

/** On a machine that others use too, a second of CPU time takes longer than a second. */
async function measureFor(seconds, generator, sink, meter) {
  const before = look(generator, sink, meter);
  const wanted = seconds * 1e9 * FULL_SHARE;
  for (let waited = 0; waited < seconds * 1000 * PATIENCE; waited += POLL_MS) {
    await pause(POLL_MS);
    const elapsed = Number(process.hrtime.bigint() - before.at);
    if (elapsed >= seconds * 1e9 && meter.since(before.cpu) >= wanted) break;
  }
  return difference(before, look(generator, sink, meter));
}

function difference(before, after) {
  const ns = Number(after.at - before.at);
  const frames = after.frames - before.frames;
  const generated = after.generated - before.generated;
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
    // Below 1, somebody else had a part of this CPU.
    cpuShare: (cpuNsPerPacket * frames) / ns,
  };
}

const plainSink = (options) => new Sink(options);

/**
 * `source` and `target`: { namespace, interfaceName } in a path that stands already; `pids`: of daemons on the way.
 * `listAttached` is asked while everything is in place. `makeSink`: where another than the plain one stands at the end.
 */
export async function measure(options, listAttached) {
  const { source, target, traffic, arrival, sinkKind, cpu, pids, seconds, makeSink = plainSink } = options;
  const sink = makeSink({ ...target, arrival, kind: sinkKind });
  const generator = new Generator({ ...source, traffic, cpu });
  try {
    const attached = await listAttached();
    generator.start();
    const meter = new CpuMeter({ cpu, threads: generator.threads, pids });
    await untilFramesArrive(generator, sink);
    await pause(WARM_UP_MS);
    return { ...(await measureFor(seconds, generator, sink, meter)), sink: sinkKind, attached };
  } finally {
    await generator.stop();
    generator.close();
    sink.close();
  }
}
