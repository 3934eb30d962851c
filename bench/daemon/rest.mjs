// The daemon with nothing to do: how soon it forwards and answers, what it takes of memory and CPU.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { vtepdProgram } from "../../dist/lab/daemon.js";
import { inNamespace, stop } from "../../dist/lab/process.js";
import { withLab } from "../../dist/lab/runner.js";
import { processNs } from "../datapath/cpu.mjs";
import { firstConfig, oneVtep } from "../datapath/topology.mjs";
import { macBytes, macText } from "../frames.mjs";

const POLL_MS = 5;
const READY_MS = 20_000;
/** Let garbage be collected and timers come to rest before memory and idleness are read. */
const SETTLE_MS = 2000;
const REMOTE_MACS = 0x02_11_00;

function configFile(folder, datapath, macs) {
  const config = firstConfig({});
  const [entry] = config.control.static.fdb;
  const fdb = Array.from({ length: macs }, (_, number) => ({ ...entry, mac: macText(macBytes(REMOTE_MACS, number)) }));
  const control = { ...config.control, static: { ...config.control.static, fdb } };
  const socket = join(folder, "rest.sock");
  const file = join(folder, "rest.yaml");
  writeFileSync(file, stringify({ ...config, vtep: { ...config.vtep, datapath }, control, api: { socket } }));
  return { file, socket };
}

function statusOf(socketPath) {
  return new Promise((resolve) => {
    const asking = request({ socketPath, path: "/v1/status", agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      answer.on("end", () => resolve(answer.statusCode === 200 ? JSON.parse(text) : undefined));
    });
    asking.on("error", () => resolve(undefined)).end();
  });
}

async function untilReady(socket, child, logFile) {
  for (const end = Date.now() + READY_MS; Date.now() < end; ) {
    if ((await statusOf(socket))?.state === "ready") return;
    if (child.exitCode !== null) break;
    await pause(POLL_MS);
  }
  throw new Error(`vtepd does not become ready:\n${readFileSync(logFile, "utf8")}`);
}

/** When the daemon itself said that it forwards; its API comes later. */
function forwardingAt(logFile) {
  const lines = readFileSync(logFile, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return Date.parse(lines.find(({ msg }) => msg === "forwarding").time);
}

function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)[1]) / 1024;
  // Files that are mapped, Node's program above all, are shared by all daemons of a host.
  return { rssMegabytes: megabytes("VmRSS"), anonymousMegabytes: megabytes("RssAnon") };
}

async function idlePercent(pid, seconds) {
  const [before, at] = [processNs(pid), process.hrtime.bigint()];
  await pause(seconds * 1000);
  return (100 * (processNs(pid) - before)) / Number(process.hrtime.bigint() - at);
}

/** One start of a daemon with `macs` remote MACs; `seconds` of idleness. */
export function sampleRest({ datapath, macs, seconds }) {
  return withLab(oneVtep({ kind: "host" }), "kernel", async ({ instance }) => {
    const { file, socket } = configFile(instance.folder, datapath, macs);
    const logFile = join(instance.folder, "rest.log");
    const log = openSync(logFile, "w");
    const argv = [vtepdProgram, "run", "--config", file, "--socket", socket];
    const [program, args] = inNamespace(instance.namespaceOf("vtep"), argv);
    const startedAt = Date.now();
    const child = spawn(program, args, { stdio: ["ignore", log, log] });
    closeSync(log);
    try {
      await untilReady(socket, child, logFile);
      const readyMs = Date.now() - startedAt;
      await pause(SETTLE_MS);
      const cpuPercent = await idlePercent(child.pid, seconds);
      return { forwardingMs: forwardingAt(logFile) - startedAt, readyMs, cpuPercent, ...memoryOf(child.pid) };
    } finally {
      await stop(child);
    }
  });
}
