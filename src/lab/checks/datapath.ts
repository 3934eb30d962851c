/**
 * That a daemon uses the data path it was told to, on every port: else a lab could pass for the wrong reason. It is ready
 * with its first access port; one on an interface that it makes itself, for the host's own stack, may come later.
 */
import { setTimeout as delay } from "node:timers/promises";
import { showRows } from "../daemon.js";
import type { Variant } from "../topology.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";

const POLL_MS = 100;
/** What a port's hook may be in each variant. */
const HOOKS: Readonly<Record<Variant, readonly string[]>> = {
  ebpf: ["tc", "xdp"],
  userspace: ["userspace"],
  auto: ["tc", "xdp", "userspace"],
  kernel: [],
};

export async function checkDatapath(socket: string, variant: Variant): Promise<Outcome> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const outcome = await look(socket, variant);
    if (outcome.problems.length === 0 || Date.now() > deadline) return outcome;
    await delay(POLL_MS);
  }
}

async function look(socket: string, variant: Variant): Promise<Outcome> {
  const [[status], ports] = await Promise.all([showRows(socket, "status"), showRows(socket, "ports")]);
  const wrong = ports.filter(({ hook }) => !HOOKS[variant].includes(String(hook)));
  const problems = [
    ...(variant === "auto" || status?.datapath === variant ? [] : [`status says ${status?.datapath}`]),
    ...wrong.map((port) => `port ${port.interface}: its hook is ${port.hook}, its state ${port.state}`),
  ];
  return { problems, detail: [...new Set(ports.map(({ hook }) => String(hook)))].join(", ") };
}
