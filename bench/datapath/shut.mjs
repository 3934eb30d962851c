// How long a port that violates its MAC limit goes on forwarding: every second frame of it is the admitted host's, every
// other violates. The clock runs from the first that violates to the last frame of that port at the far end.
import { setTimeout as pause } from "node:timers/promises";
import { showRows, vtepd } from "../../dist/lab/daemon.js";
import { withLab } from "../../dist/lab/runner.js";
import { interfaceIndex } from "../../dist/native/index.js";
import { announceHosts, sendBroadcast, untilLearned } from "./announce.mjs";
import { pinDaemons } from "./daemons.mjs";
import { Generator } from "./generator.mjs";
import { FLOOD_BYTES, FLOODED, FLOODER, floodLab, floodOf } from "./mac_flood.mjs";
import { attachAt, loadProgram } from "./object.mjs";
import { macs, VNI } from "./topology.mjs";
import { MARK, toVtep } from "./traffic.mjs";

const ONE_MAC = { maxMacs: 1, violation: "shutdown", recovery: 0 };
/** A tenth of a second at full rate. */
const BURST_FRAMES = 1 << 18;
/** Frames in front of the first that violates. */
const BEFORE = 1;
const POLL_MS = 20;
const PATIENCE_MS = 5000;
const SOURCE_AT = 8;
const OUTER_BYTES = 50;

class PassedSink {
  constructor({ namespace, interfaceName, kind }) {
    const netns = `/run/netns/${namespace}`;
    const { frame, markAt } = toVtep(VNI, { from: FLOODER.mac, to: macs.farHost, bytes: FLOOD_BYTES });
    const words = Uint32Array.of(markAt, MARK, frame.length, OUTER_BYTES + SOURCE_AT);
    const name = `bench_shut_${kind}`;
    this.object = loadProgram("shut", new Uint8Array(words.buffer), [name]);
    this.passed = new BigUint64Array(this.object.map("shut_passed").mmap(), 0, 3);
    this.link = attachAt(this.object.program(name), kind, interfaceIndex(interfaceName, netns), netns);
  }

  /** Since the last reset. */
  get counts() {
    const [admitted, violating, lastNs] = this.passed;
    return { admitted: Number(admitted), violating: Number(violating), lastNs };
  }

  reset() {
    this.passed.fill(0n);
  }

  close() {
    this.link.close();
    this.object.close();
  }
}

async function untilPort(socket, state) {
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    const rows = await showRows(socket, "ports");
    if (rows.some((row) => row.interface === FLOODED && row.state === state)) return;
    await pause(POLL_MS);
  }
  throw new Error(`the flooded port is not ${state} within ${PATIENCE_MS / 1000} s`);
}

async function shutOnce({ namespace, socket, sink, cpu }) {
  sendBroadcast(namespace, FLOODER.interface, FLOODER.mac);
  await untilLearned(socket, FLOODER.mac);
  sink.reset();
  const traffic = floodOf({ numbers: 2, hot: 2 });
  const generator = new Generator({ namespace, interfaceName: FLOODER.interface, traffic, cpu });
  try {
    generator.start(BURST_FRAMES);
    await generator.finish();
    await untilPort(socket, "err-disabled");
    const { admitted, violating, lastNs } = sink.counts;
    if (admitted === 0) throw new Error("not even the admitted host's first frame arrived");
    const ms = Math.max(0, Number(lastNs - generator.startedNs) / 1e6);
    return { ms, late: admitted + violating - BEFORE, violating, sent: generator.generated };
  } finally {
    generator.close();
  }
}

/** Time and again; `cpu` is the daemon's, the flood has the other. */
export function sampleShut({ subject, cpu, loadCpu, changes }) {
  return withLab(floodLab(subject, ONE_MAC), subject.variant, async (context) => {
    await pinDaemons(context, cpu);
    await announceHosts(context);
    const { socket } = context.daemons.get("vtep");
    const namespace = context.instance.namespaceOf(FLOODER.node);
    const far = { namespace: context.instance.namespaceOf("far"), interfaceName: "s0", kind: subject.sink };
    const sink = new PassedSink(far);
    const taken = [];
    try {
      for (let change = 0; change < changes; change++) {
        taken.push(await shutOnce({ namespace, socket, sink, cpu: loadCpu }));
        const { code, stderr } = await vtepd(socket, ["enable", FLOODED]);
        if (code !== 0) throw new Error(`vtepd enable: ${stderr.trim()}`);
        await untilPort(socket, "forwarding");
      }
      return { shuts: taken };
    } finally {
      sink.close();
    }
  });
}
