// The daemons of a lab, as processes: where they may run, and before whom.
import { showRows } from "../../dist/lab/daemon.js";
import { runText } from "../../dist/lab/process.js";

async function processesIn(namespace) {
  return (await runText("ip", ["netns", "pids", namespace])).split("\n").filter(Boolean).map(Number);
}

/** Binds all daemons of a lab, with all their threads, to one CPU; gives their process ids. */
export async function pinDaemons({ daemons, instance }, cpu) {
  const found = await Promise.all([...daemons.keys()].map((node) => processesIn(instance.namespaceOf(node))));
  for (const pid of found.flat()) {
    await runText("taskset", ["--all-tasks", "--cpu-list", "--pid", String(cpu), String(pid)]);
  }
  return found.flat();
}

/**
 * Lets processes go before the generator whenever they have work. On one CPU it then makes as many frames as they take,
 * as it does by itself where the work is softirq's. By weight (nice, SCHED_IDLE) this cannot be said: the scheduler
 * groups processes by session, and weighs the groups.
 */
export async function letGoFirst(pids) {
  for (const pid of pids) await runText("chrt", ["--all-tasks", "--rr", "--pid", "1", String(pid)]);
}

/** What the daemons say of their hooks: the proof that what was measured is what was meant. */
export async function hooksOf({ daemons }) {
  const ports = await Promise.all([...daemons.values()].map(({ socket }) => showRows(socket, "ports")));
  return ports.flat().map((port) => `${port.interface}: ${port.hook}`);
}
