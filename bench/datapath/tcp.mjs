// One TCP stream between two hosts behind two VTEPs, by iperf3: client, server, daemons and softirq on one CPU, because on
// two the same path gives anything between 7 and 16 Gbit/s.
import { spawn } from "node:child_process";
import { inNamespace, runText, stop } from "../../dist/lab/process.js";
import { withLab } from "../../dist/lab/runner.js";
import { announceHosts } from "./announce.mjs";
import { CpuMeter } from "./cpu.mjs";
import { hooksOf, pinDaemons } from "./daemons.mjs";
import { Generator } from "./generator.mjs";
import { subjects } from "./subjects.mjs";
import { addresses, macs, NAPI, twoVteps } from "./topology.mjs";
import { plain } from "./traffic.mjs";

/**
 * How the underlay is: `offload` as veths come, super-packets go through whole; `segment` as a NIC that knows no
 * segmentation inside tunnels: cut in front of it, joined again behind it; `gro`: whole, and joined where possible;
 * `plain`: cut, and never joined.
 */
export const underlays = {
  offload: undefined,
  segment: { tso: false, gro: true },
  gro: { tso: true, gro: true },
  plain: { tso: false, gro: false },
};

const START_MS = 5000;

/** A server for one client; ready once it says so. */
async function startServer(namespace, cpu) {
  const [program, args] = inNamespace(namespace, pinned(cpu, ["iperf3", "--server", "--one-off", "--forceflush"]));
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of server.stdout.setEncoding("utf8")) {
    if (line.includes("listening")) break;
  }
  return server;
}

const pinned = (cpu, argv) => ["taskset", "--cpu-list", String(cpu), ...argv];

/** Seconds that client and server had of a CPU, with the softirq work in their time. */
function processSeconds({ end }) {
  const { host_total, remote_total } = end.cpu_utilization_percent;
  return (end.sum_sent.seconds * (host_total + remote_total)) / 100;
}

/** From host to host, over the tunnel. */
const OVERLAY = { client: "host", server: "host2", address: addresses.farHost };
/** From VTEP to VTEP, beside it. */
const UNDERLAY = { client: "vtep", server: "vtep2", address: addresses.far };

async function stream(context, { cpu, seconds, streams, pids, ends = OVERLAY }) {
  const meter = new CpuMeter({ cpu, pids });
  const server = await startServer(context.instance.namespaceOf(ends.server), cpu);
  try {
    const before = meter.read();
    const argv = ["--client", ends.address, "--time", String(seconds), "--parallel", String(streams), "--json"];
    const text = await runText("taskset", ["--cpu-list", String(cpu), "iperf3", ...argv], {
      namespace: context.instance.namespaceOf(ends.client),
      timeoutMs: START_MS + seconds * 2000,
    });
    const cpuSeconds = meter.since(before) / 1e9;
    const report = JSON.parse(text);
    const { sum_received: received, sum_sent: sent } = report.end;
    const totalSeconds = cpuSeconds + processSeconds(report);
    return {
      gigabitsPerSecond: received.bits_per_second / 1e9,
      // What a CPU of its own would carry: the same, unless somebody else had a part of this one.
      gigabitsPerCpuSecond: (received.bytes * 8) / totalSeconds / 1e9,
      cpuShare: totalSeconds / sent.seconds,
      retransmits: sent.retransmits,
    };
  } finally {
    await stop(server);
  }
}

/** One sample of a subject, in namespaces of its own. */
export function sampleTcp({ subject: subjectName, underlay: underlayName, streams = 1, cpu, seconds }) {
  const subject = subjects[subjectName];
  const offloads = { host: subject.hostOffloads, underlay: underlays[underlayName] };
  return withLab(twoVteps({ ...subject, offloads }), subject.variant, async (context) => {
    const peer = await subject.prepare?.(context, cpu);
    try {
      const pids = [...(await pinDaemons(context, cpu)), ...(peer?.pids ?? [])];
      await announceHosts(context);
      const sample = await stream(context, { cpu, seconds, streams, pids });
      return { ...sample, hooks: await hooksOf(context) };
    } finally {
      await peer?.close();
    }
  });
}

/** As many frames as a CPU makes, over the tunnel. */
async function loadTunnel(context, cpu) {
  await announceHosts(context);
  const namespace = context.instance.namespaceOf("host");
  const traffic = plain({ from: macs.host, to: macs.farHost });
  const generator = new Generator({ namespace, interfaceName: "a0", traffic, cpu });
  generator.start();
  return generator;
}

/**
 * TCP on the underlay, through the interfaces that the VTEPs stand on, while another CPU sends frames through the
 * tunnel. What a subject has no tunnel for is not loaded either.
 */
export function sampleBeside({ subject, cpu, loadCpu, seconds }) {
  const lab = twoVteps({ ...subject, offloads: { host: NAPI, access: NAPI } });
  return withLab(lab, subject.variant, async (context) => {
    await subject.prepare?.(context);
    await pinDaemons(context, loadCpu);
    const load = subject.tunnel === false ? undefined : await loadTunnel(context, loadCpu);
    try {
      const sample = await stream(context, { cpu, seconds, streams: 1, pids: [], ends: UNDERLAY });
      return { ...sample, loadFrames: load?.generated ?? 0, hooks: await hooksOf(context) };
    } finally {
      await load?.stop();
      load?.close();
    }
  });
}
