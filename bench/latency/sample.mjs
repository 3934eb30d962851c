// Request and response through two VTEPs, end to end: client, server, daemons and softirq on one CPU.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { inNamespace, stop } from "../../dist/lab/process.js";
import { withLab } from "../../dist/lab/runner.js";
import { announceHosts } from "../datapath/announce.mjs";
import { CpuMeter } from "../datapath/cpu.mjs";
import { hooksOf, letGoFirst, pinDaemons } from "../datapath/daemons.mjs";
import { subjects } from "../datapath/subjects.mjs";
import { addresses, twoVteps } from "../datapath/topology.mjs";
import { pingpongProgram } from "./program.mjs";

const PORT = "7";
const WARM_UP_SECONDS = 0.3;

/**
 * Before everybody who has no such rank, as the daemon is: a neighbour's time slice would be the tail of every path. They
 * wait for each other, so none of them keeps the CPU.
 */
function startFirst(namespace, cpu, argv) {
  const [file, args] = inNamespace(namespace, ["taskset", "--cpu-list", String(cpu), "chrt", "--rr", "1", ...argv]);
  return spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
}

/** The next line that a program says; if it ends instead, what it complains of. */
async function nextLine(lines, child) {
  const { value, done } = await lines.next();
  if (done) throw new Error((await text(child.stderr)).trim());
  return value;
}

const linesOf = (child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]();

/** The client knows its own CPU time, as it is gone when it has told the rest. */
async function conversation({ client, server, cpu, pids }) {
  const meter = new CpuMeter({ cpu, pids: [...pids, server.pid] });
  const lines = linesOf(client);
  await nextLine(lines, client);
  const before = meter.read();
  const { cpuNs, ...result } = JSON.parse(await nextLine(lines, client));
  const total = cpuNs + meter.since(before);
  return {
    ...result,
    perSecond: result.count / result.seconds,
    cpuNsPerCall: total / result.count,
    cpuShare: total / 1e9 / result.seconds,
  };
}

async function talk({ instance }, { cpu, seconds, pids }) {
  const program = await pingpongProgram();
  const server = startFirst(instance.namespaceOf("host2"), cpu, [program, "serve", PORT]);
  let client;
  try {
    await nextLine(linesOf(server), server);
    const argv = [program, "ask", addresses.farHost, PORT, String(seconds), String(WARM_UP_SECONDS)];
    client = startFirst(instance.namespaceOf("host"), cpu, argv);
    return await conversation({ client, server, cpu, pids });
  } finally {
    if (client !== undefined) await stop(client);
    await stop(server);
  }
}

/** One sample of a subject, in namespaces of its own. */
export function sampleLatency({ subject: subjectName, cpu, seconds }) {
  const subject = subjects[subjectName];
  const lab = twoVteps({ ...subject, offloads: { host: subject.hostOffloads } });
  return withLab(lab, subject.variant, async (context) => {
    const peer = await subject.prepare?.(context, cpu);
    try {
      const pids = [...(await pinDaemons(context, cpu)), ...(peer?.pids ?? [])];
      await letGoFirst(pids);
      await announceHosts(context);
      const sample = await talk(context, { cpu, seconds, pids });
      return { ...sample, hooks: await hooksOf(context) };
    } finally {
      await peer?.close();
    }
  });
}
