// What a MAC takes: memory of the daemon with none and with many, each after garbage is collected, beside FRR's.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MapName } from "../../dist/dataplane/ebpf/maps.js";
import { DaemonMap } from "./daemon_map.mjs";
import { fill } from "./fill.mjs";
import { until, withLeaf } from "./leaf.mjs";
import { VNI, VTEPS } from "./topology.mjs";

const hook = join(import.meta.dirname, "collect_garbage.cjs");

const residentBytes = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

/** Runs `work` with an environment in which a daemon that is started can be told to collect its garbage. */
async function withCollector(work) {
  const file = join(tmpdir(), `vtepd-bench-memory-${process.pid}`);
  const before = process.env.NODE_OPTIONS;
  process.env.VTEPD_BENCH_MEMORY = file;
  process.env.NODE_OPTIONS = `--require ${hook}`;
  try {
    return await work(file);
  } finally {
    delete process.env.VTEPD_BENCH_MEMORY;
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
    rmSync(file, { force: true });
  }
}

async function collect(pid, file) {
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  await until(
    () => existsSync(file),
    () => "the daemon's garbage is not collected",
  );
  return JSON.parse(readFileSync(file, "utf8"));
}

async function look({ pids }, map, file) {
  // Twice: what the first leaves to be finalised, the second frees.
  await collect(pids.vtepd, file);
  const { heapUsed, external, arrayBuffers } = await collect(pids.vtepd, file);
  const resident = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, residentBytes(pid)]));
  return { ...resident, heap: heapUsed, external: Math.max(external, arrayBuffers), map: map.bytes };
}

/** Bytes, by process and kind, without a MAC and with `count`. */
export function sampleMemory({ count }) {
  return withCollector((file) =>
    withLeaf({ kind: "vtepd" }, async (leaf, speaker) => {
      const map = await DaemonMap.open(leaf.pids.vtepd, MapName.FDB);
      try {
        const empty = await look(leaf, map, file);
        await fill(leaf, speaker, [{ kind: "macs", vtep: VTEPS[0], vni: VNI, count }]);
        return { empty, full: await look(leaf, map, file) };
      } finally {
        map.close();
      }
    }),
  );
}
