// xdpsock.c in a VTEP's place: what AF_XDP costs on the path without anything that decides.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { checkoutRoot } from "../../dist/lab/load.js";
import { inNamespace, stop } from "../../dist/lab/process.js";
import { cProgram } from "../c_program.mjs";
import { FIRST, macs, VNI } from "../datapath/topology.mjs";
import { toVtep } from "../datapath/traffic.mjs";
import { OUTER_BYTES } from "../frames.mjs";

const STEERING = join(checkoutRoot, "build/bpf/vtep_xsk.bpf.o");

/** The same for every frame of the bench: all have one length. */
const constantHeader = () =>
  Buffer.from(toVtep(VNI, { from: macs.host, to: macs.farHost }).frame.subarray(0, OUTER_BYTES)).toString("hex");

/** Between the interfaces of node `vtep`. Gives its process, and how to end it. */
export async function startXdpsock({ instance }, cpu) {
  const program = await cProgram(join(import.meta.dirname, "xdpsock.c"), ["-lbpf"]);
  const argv = ["taskset", "--cpu-list", String(cpu), program, STEERING, FIRST.access, FIRST.uplink, constantHeader()];
  const [file, args] = inNamespace(instance.namespaceOf("vtep"), argv);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit").then(() => text(child.stderr));
  const started = await Promise.race([once(child.stdout, "data"), ended]);
  if (typeof started === "string") throw new Error(`xdpsock does not start: ${started.trim()}`);
  return { pids: [child.pid], close: () => stop(child) };
}
