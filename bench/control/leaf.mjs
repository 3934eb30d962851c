// The leaf of a control plane row while it runs: its processes, the namespace that its domain or VRF is in, and BGP to it.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { runText } from "../../dist/lab/process.js";
import { withLab } from "../../dist/lab/runner.js";
import { processNs } from "../datapath/cpu.mjs";
import { SpeakerProcess } from "./speaker_process.mjs";
import { AS, LEAF, leafLab, SPEAKER, TENANT, VNI, VTEPS } from "./topology.mjs";

const POLL_MS = 1;
const PATIENCE_MS = 120_000;
/** Nothing has changed for so long: whatever was under way is done. */
const QUIET_MS = 500;

/** Waits for a condition; `what` says what is missing when it does not come. */
export async function until(condition, what, patienceMs = PATIENCE_MS) {
  for (const end = Date.now() + patienceMs; !condition(); ) {
    if (Date.now() > end) throw new Error(`${what()} within ${patienceMs / 1000} s`);
    await pause(POLL_MS);
  }
}

/** Waits until a number has stopped changing. */
export async function untilQuiet(read) {
  for (let last = Number.NaN; read() !== last; await pause(QUIET_MS)) last = read();
}

const nameOf = (pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

/** By name; a VTEP is a program of Node. */
async function processesOf({ instance, frr }, daemon) {
  const listed = await runText("ip", ["netns", "pids", instance.namespaceOf("leaf")]);
  const own = listed.split("\n").flatMap((pid) => (pid === "" ? [] : [[nameOf(pid), Number(pid)]]));
  const found = Object.fromEntries(own);
  const { zebra, bgpd } = found;
  if (zebra === undefined || bgpd === undefined)
    throw new Error(`FRR does not run:\n${frr.get("leaf").logTail("bgpd")}`);
  return { zebra, bgpd, ...(daemon === undefined ? {} : { vtepd: found.vtepd ?? found.node }) };
}

export class Leaf {
  constructor(context, routing, pids) {
    const cell = context.frr.get("leaf").cell;
    this.context = context;
    this.pids = pids;
    this.daemon = context.daemons.get("leaf");
    /** Where its bridges are. */
    this.netns = routing ? cell.path(`/run/netns/${TENANT}`) : `/run/netns/${this.namespaceOf("leaf")}`;
  }

  namespaceOf(node) {
    return this.context.instance.namespaceOf(node);
  }

  /** CPU nanoseconds until now, by process. */
  cpuNs() {
    return Object.fromEntries(Object.entries(this.pids).map(([name, pid]) => [name, processNs(pid)]));
  }

  /** How long the VTEP's main thread, or zebra where there is no VTEP, has been ready and waiting for a CPU until now. */
  waitedNs() {
    const pid = this.pids.vtepd ?? this.pids.zebra;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[1]);
  }

  /** Output of a command in the namespace of its bridges. */
  inside(...argv) {
    return runText("nsenter", [`--net=${this.netns}`, ...argv]);
  }
}

/** Runs `work` with a leaf whose BGP is up and which knows that both VTEPs want what is flooded. */
export function withLeaf({ kind, variant = "ebpf", routing = false }, work) {
  return withLab(leafLab(kind, { routing }), variant, async (context) => {
    const leaf = new Leaf(context, routing, await processesOf(context, context.daemons.get("leaf")));
    const options = { local: SPEAKER, peer: LEAF, as: AS, routerId: SPEAKER };
    const speaker = await SpeakerProcess.start(leaf.namespaceOf("far"), options);
    try {
      await speaker.prepare({ announce: VTEPS.map((vtep) => ({ kind: "inclusive", vtep, vni: VNI })) });
      await speaker.send();
      return await work(leaf, speaker);
    } finally {
      await speaker.stop();
    }
  });
}
