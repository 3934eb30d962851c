// The Ethertype fixer, and a program that does nothing, in front of the sink: on a path with nothing else in it.
import { Fixer } from "../../dist/fixer/program.js";
import { withLab } from "../../dist/lab/runner.js";
import { loadProgram } from "./object.mjs";
import { measure } from "./sample.mjs";
import { Sink } from "./sink.mjs";
import { macs, noVtep } from "./topology.mjs";
import { arrivalOf, plain } from "./traffic.mjs";

const TYPE_AT = 12;
const TAG = [0x81, 0x00, 0x00, 0x0a];
const IPV6_TYPE = 0x86dd;
const NO_PROGRAM = new Uint8Array(4);

const right = plain({ from: macs.host, to: macs.far });

function withBytes(traffic, change) {
  const bytes = change(traffic.frame);
  const shift = bytes.length - traffic.frame.length;
  return { ...traffic, frame: bytes, markAt: traffic.markAt + shift, innerPortAt: traffic.innerPortAt + shift };
}

function broken(bytes) {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint16(TYPE_AT, IPV6_TYPE);
  return copy;
}

const tagged = (bytes) => Uint8Array.from([...bytes.subarray(0, TYPE_AT), ...TAG, ...bytes.subarray(TYPE_AT)]);

/** What comes in: as it should be, or to be repaired. */
export const arrivals = {
  right: { title: "IPv4 as 0x0800", traffic: right, repaired: false },
  broken: { title: "IPv4 as 0x86DD", traffic: withBytes(right, broken), repaired: true },
  tagged: {
    title: "IPv4 as 0x86DD behind an 802.1Q tag",
    traffic: withBytes(right, (bytes) => tagged(broken(bytes))),
    repaired: true,
  },
};

function closeAll(...handles) {
  for (const handle of handles) handle.close();
}

function emptyFront(kind, program) {
  const object = loadProgram("front", undefined, [`bench_front_${kind}`]);
  const map = object.map("behind_front");
  map.update(NO_PROGRAM, new Uint8Array(Uint32Array.of(program.fd).buffer));
  const front = object.program(`bench_front_${kind}`);
  return { program: front, close: () => closeAll(map, front, object) };
}

function fixerFront(kind, program) {
  const fixer = Fixer.loadBefore(program, kind, 0);
  return { program: fixer.program, readCounts: () => fixer.readCounts(), close: () => fixer.close() };
}

/** A sink with a program in front of it, on one attachment. */
class FrontedSink extends Sink {
  constructor(options, makeFront) {
    super(options);
    this.behind = this.object.program(`bench_sink_${options.kind}`);
    this.front = makeFront(options.kind, this.behind);
    this.link.update(this.front.program);
  }

  close() {
    super.close();
    this.fixes = this.front.readCounts?.();
    closeAll(this.front, this.behind);
  }
}

/** That the fixer did what it was measured for; a stray frame of the kernel's own may come along. */
function verifyFixes({ passed, fixed4, suspicious }, repaired) {
  const [wanted, other] = repaired ? [fixed4, passed] : [passed, fixed4];
  if (wanted > 1000 * (other + suspicious)) return;
  throw new Error(`the fixer counted ${passed} passed, ${fixed4} repaired, ${suspicious} suspicious`);
}

/** One sample: `front` is "empty" or "fixer". */
export function sampleFront({ front, kind, arrival, cpu, seconds }) {
  const { traffic, repaired } = arrivals[arrival];
  return withLab(noVtep(), "kernel", async ({ instance }) => {
    const place = (node, interfaceName) => ({ namespace: instance.namespaceOf(node), interfaceName });
    let sink;
    const makeSink = (options) => {
      sink = new FrontedSink(options, front === "empty" ? emptyFront : fixerFront);
      return sink;
    };
    const ends = { source: place("host", "a0"), target: place("far", "s0") };
    const options = { ...ends, traffic, arrival: arrivalOf(traffic), sinkKind: kind, cpu, pids: [], seconds, makeSink };
    const sample = await measure(options, async () => []);
    if (sink.fixes !== undefined) verifyFixes(sink.fixes, repaired);
    return sample;
  });
}

/** CPU nanoseconds of one run, of millions in a row on one frame: no driver, no batch, warm caches. */
export async function sampleRuns({ front, cpu, runs }) {
  const { program, close } = front === "empty" ? emptyAlone() : fixerAlone();
  try {
    const { cpuNs, repetitions } = await program.testRunAsync({ data: right.frame, repeat: runs, cpu }).done;
    return { cpuNsPerPacket: Number(cpuNs) / repetitions };
  } finally {
    close();
  }
}

function emptyAlone() {
  const object = loadProgram("front", undefined, ["bench_nothing"]);
  const program = object.program("bench_nothing");
  return { program, close: () => closeAll(program, object) };
}

function fixerAlone() {
  const fixer = Fixer.loadXdp("native", 0);
  return { program: fixer.program, close: () => fixer.close() };
}
