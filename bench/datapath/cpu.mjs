// CPU time by schedstat: in nanoseconds, by thread. Work of the network stack is done in the time of whoever caused it
// (the generator, a daemon that sends) or in ksoftirqd's, so the three together are what a packet costs.
import { readdirSync, readFileSync } from "node:fs";

const readText = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // the thread has ended meanwhile
  }
};

const runNs = (path) => Number(readText(path).split(" ")[0]);

/** Paths of the schedstat files of all threads of a process. */
const threadsOf = (pid) => readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`);

/** Nanoseconds that a process has had until now, with all its threads. */
export const processNs = (pid) => threadsOf(pid).reduce((sum, path) => sum + runNs(path), 0);

function softirqThread(cpu) {
  const name = `ksoftirqd/${cpu}`;
  const pid = readdirSync("/proc").find(
    (entry) => /^\d+$/.test(entry) && readText(`/proc/${entry}/comm`).trim() === name,
  );
  return pid === undefined ? [] : [`/proc/${pid}/schedstat`];
}

export class CpuMeter {
  /** `threads`: of this process; `pids`: processes with all their threads, as they are now. */
  constructor({ cpu, cpus = [cpu], threads = [], pids = [] }) {
    this.groups = {
      generator: threads.map((thread) => `/proc/self/task/${thread}/schedstat`),
      daemon: pids.flatMap(threadsOf),
      softirq: cpus.flatMap(softirqThread),
    };
  }

  /** Nanoseconds until now, by group. */
  read() {
    const sum = (paths) => paths.reduce((total, path) => total + runNs(path), 0);
    return Object.fromEntries(Object.entries(this.groups).map(([group, paths]) => [group, sum(paths)]));
  }

  /** Nanoseconds of all groups since an earlier reading. */
  since(before) {
    const now = this.read();
    return Object.keys(now).reduce((sum, group) => sum + now[group] - before[group], 0);
  }
}
