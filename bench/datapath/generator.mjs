// The packet generator: BPF_PROG_TEST_RUN with live frames on a thread of its own, bound to one CPU. The frames enter the
// stack where a driver's would, so what they cause is done on that CPU, in the generator's time.
import { readdirSync } from "node:fs";
import { BpfLink, interfaceIndex } from "../../dist/native/index.js";
import { loadProgram } from "./object.mjs";
import { FLOWS, shapesOf } from "./traffic.mjs";

/** Below the 256 entries of a veth's ring: more would overflow it before anybody gets to empty it. */
const BATCH_FRAMES = 64;
/** Frames per system call. Each call starts with empty pages and cold caches, so calls are long. */
const CHUNK_FRAMES = 1 << 22;
const HEADER_BYTES = 96;
const SHAPES = 3;
/** Numbers behind the headers and their lengths, with the padding of the whole. */
const NUMBERS_BYTES = 52;
const NOTHING_DRAWN = {};
/** Layout of the variables in .bss of bench_generator.bpf.c. */
const GENERATED_AT = 0;
const STOPPED_AT = 8;
const STARTED_AT = 16;

const LOOPBACK_IFINDEX = 1;

/** TWIN: struct generator of bench_generator.bpf.c. */
function constants(traffic, egressIfindex) {
  const headers = SHAPES * HEADER_BYTES;
  const bytes = new Uint8Array(headers + SHAPES * 4 + NUMBERS_BYTES);
  const shapes = shapesOf(traffic);
  for (const [at, { frame }] of shapes.entries()) {
    bytes.set(frame.subarray(0, traffic.words * 8), at * HEADER_BYTES);
    new DataView(bytes.buffer).setUint32(headers + at * 4, frame.length, true);
  }
  const view = new DataView(bytes.buffer, headers + SHAPES * 4);
  const numbers = [shapes.length, traffic.words, egressIfindex, traffic.flows ?? FLOWS];
  for (const [at, number] of numbers.entries()) view.setUint32(at * 4, number, true);
  const ports = [traffic.outerPort, traffic.innerPort, traffic.outerPortAt, traffic.innerPortAt];
  for (const [at, port] of ports.entries()) view.setUint16(16 + at * 2, port, true);
  view.setUint32(24, traffic.frame.length, true);
  writeDraw(view, 28, traffic.draw ?? NOTHING_DRAWN);
  return bytes;
}

/**
 * `numbers`: how many frames are told apart by, one of them drawn for each; `groups`: equal shares of them; `hot`: draw
 * so few, a power of two, in turns.
 */
function writeDraw(view, at, draw) {
  const { numbers = 0, groups = 1, hot, numberAt = 0, groupAt = 0, firstGroup = 0, balanceAt = 0 } = draw;
  const hotShift = hot === undefined ? 0 : 32 - Math.log2(hot);
  for (const [index, word] of [numbers, groups, hotShift].entries()) view.setUint32(at + index * 4, word, true);
  const places = [numberAt, groupAt, firstGroup, balanceAt];
  for (const [index, half] of places.entries()) view.setUint16(at + 12 + index * 2, half, true);
}

const threads = () => new Set(readdirSync("/proc/self/task"));

export class Generator {
  constructor({ namespace, interfaceName, traffic, cpu, batchFrames = BATCH_FRAMES, parkedIn = namespace }) {
    this.netns = `/run/netns/${namespace}`;
    this.cpu = cpu;
    this.batchFrames = batchFrames;
    this.frame = traffic.frame;
    const ifindex = interfaceIndex(interfaceName, this.netns);
    this.object = loadProgram("generator", constants(traffic, ifindex));
    this.program = this.object.program("bench_generate");
    // The kernel builds its jump table of XDP programs anew, 90 ms, for each run of one that is attached nowhere.
    this.link = BpfLink.attachXdp(this.program, LOOPBACK_IFINDEX, {
      mode: "generic",
      netns: `/run/netns/${parkedIn}`,
    });
    this.state = new DataView(this.object.map("generato.bss").mmap());
  }

  /** Frames made until now. */
  get generated() {
    return Number(this.state.getBigUint64(GENERATED_AT, true));
  }

  /** Of the monotonic clock, when its second frame was made. */
  get startedNs() {
    return this.state.getBigUint64(STARTED_AT, true);
  }

  /** Starts: `frames` of them, or without end. */
  start(frames = 0) {
    const before = threads();
    this.run = this.program.testRunAsync({
      data: this.frame,
      liveFrames: true,
      batchSize: this.batchFrames,
      chunk: CHUNK_FRAMES,
      repeat: frames,
      netns: this.netns,
      cpu: this.cpu,
    });
    this.run.done.catch(() => undefined); // stop() reports it
    this.threads = [...threads()].filter((thread) => !before.has(thread));
  }

  /** Waits until all frames that were asked for are out. */
  async finish() {
    await this.run?.done;
  }

  /** Cuts a run short: the frames that are left do nothing. */
  async stop() {
    this.state.setUint8(STOPPED_AT, 1);
    this.run?.stop();
    await this.finish();
  }

  close() {
    this.link.close();
    this.object.close();
  }
}
