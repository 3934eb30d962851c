// The end of the path: counts the frames that arrive as they should, and drops them where they are cheapest to drop.
import { interfaceIndex } from "../../dist/native/index.js";
import { attachAt, loadProgram } from "./object.mjs";
import { MARK } from "./traffic.mjs";

const SHAPES = 3;

/** TWIN: struct sink of bench_sink.bpf.c. */
function constants({ markAt, frameBytes }) {
  return new Uint8Array(
    Uint32Array.of(markAt, MARK, ...frameBytes, ...Array(SHAPES - frameBytes.length).fill(0)).buffer,
  );
}

/** TWIN: struct sunk; one for each CPU. */
const COUNTERS = 2;

export class Sink {
  /** `kind`: "xdp" for frames that XDP redirects, "tc" for those that are sent as socket buffers. */
  constructor({ namespace, interfaceName, arrival, kind }) {
    const netns = `/run/netns/${namespace}`;
    const ifindex = interfaceIndex(interfaceName, netns);
    this.object = loadProgram("sink", constants(arrival), [`bench_sink_${kind}`]);
    this.map = this.object.map("sunk_frames");
    this.values = new BigUint64Array(this.map.valueSize / 8);
    const program = this.object.program(`bench_sink_${kind}`);
    this.link = attachAt(program, kind, ifindex, netns);
  }

  /** Frames that came as they should, and everything else that came. */
  counts() {
    this.map.lookup(new Uint8Array(4), new Uint8Array(this.values.buffer));
    let [frames, others] = [0, 0];
    for (let at = 0; at < this.values.length; at += COUNTERS) {
      frames += Number(this.values[at]);
      others += Number(this.values[at + 1]);
    }
    return { frames, others };
  }

  close() {
    this.link.close();
    this.object.close();
  }
}
