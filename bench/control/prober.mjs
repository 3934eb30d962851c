// Traffic to some of the leaf's MACs, so often that the moment from which it goes elsewhere is known to a millisecond.
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { HOST_MAC } from "./topology.mjs";

/** So that the traffic takes a tenth of a CPU, whatever is probed. */
const MS_A_PROBE = 0.016;
const SHORTEST_MS = 0.2;

export class Prober {
  /** `numbers`: of the MACs that are sent to. */
  constructor(leaf, numbers) {
    this.stopped = new SharedArrayBuffer(4);
    /** Between two frames to the same MAC. */
    this.periodMs = Math.max(SHORTEST_MS, numbers.length * MS_A_PROBE);
    const netns = `/run/netns/${leaf.namespaceOf("host")}`;
    const { stopped, periodMs } = this;
    const workerData = { netns, interfaceName: "a0", from: HOST_MAC, numbers, periodMs, stopped };
    this.worker = new Worker(join(import.meta.dirname, "prober_thread.mjs"), { workerData });
    this.ended = once(this.worker, "exit");
  }

  async stop() {
    const flag = new Int32Array(this.stopped);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
    await this.ended;
  }
}
