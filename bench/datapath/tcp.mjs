// One TCP stream between two hosts behind two VTEPs, by iperf3: client, server, daemons and softirq on one CPU, because on
// two the same path gives anything between 7 and 16 Gbit/s.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { inNamespace, runText, stop } from "../../dist/lab/process.js";
import { withLab } from "../../dist/lab/runner.js";
import { announceHosts } from "./announce.mjs";
import { hooksOf, pinDaemons } from "./daemons.mjs";
import { subjects } from "./subjects.mjs";
import { addresses, twoVteps } from "./topology.mjs";

/**
 * How the underlay is: `offload` as veths come, super-packets go through whole; `segment` as a NIC that knows no
 * segmentation inside tunnels: cut in front of it, joined again behind it.
 */
export const underlays = {
  offload: undefined,
  segment: { tso: false, gro: true },
};

const START_MS = 5000;

/** A server for one client; ready once it says so. */
async function startServer(namespace, cpu) {
  const [program, args] = inNamespace(namespace, pinned(cpu, ["iperf3", "--server", "--one-off", "--forceflush"]));
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of server.stdout.setEncoding("utf8")) {
    if (line.includes("listening")) break;
  }
  server.stdout.resume?.();
  return server;
}

const pinned = (cpu, argv) => ["taskset", "--cpu-list", String(cpu), ...argv];

/** Share of the time that a CPU was busy, from /proc/stat: fields are ticks, the fourth and fifth are idle. */
function busyTicks(cpu) {
  const line = readFileSync("/proc/stat", "utf8")
    .split("\n")
    .find((text) => text.startsWith(`cpu${cpu} `));
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, value) => sum + value, 0);
  return { all, busy: all - ticks[3] - ticks[4] };
}

async function stream(context, { cpu, seconds }) {
  const server = await startServer(context.instance.namespaceOf("host2"), cpu);
  try {
    const before = busyTicks(cpu);
    const argv = ["--client", addresses.farHost, "--time", String(seconds), "--json"];
    const text = await runText("taskset", ["--cpu-list", String(cpu), "iperf3", ...argv], {
      namespace: context.instance.namespaceOf("host"),
      timeoutMs: START_MS + seconds * 2000,
    });
    const after = busyTicks(cpu);
    const { end } = JSON.parse(text);
    return {
      gigabitsPerSecond: end.sum_received.bits_per_second / 1e9,
      retransmits: end.sum_sent.retransmits,
      busyShare: (after.busy - before.busy) / (after.all - before.all),
    };
  } finally {
    await stop(server);
  }
}

/** One sample of a subject, in namespaces of its own. */
export function sampleTcp({ subject: subjectName, underlay: underlayName, cpu, seconds }) {
  const subject = subjects[subjectName];
  const offloads = { host: subject.hostOffloads, underlay: underlays[underlayName] };
  return withLab(twoVteps({ ...subject, offloads }), subject.variant, async (context) => {
    await subject.prepare?.(context);
    await pinDaemons(context, cpu);
    await announceHosts(context);
    const sample = await stream(context, { cpu, seconds });
    return { ...sample, hooks: await hooksOf(context) };
  });
}
