// Everything at once: how long until all of it is in the kernel's tables, and in the data path's map; then, how long until
// it is gone again. Nothing may be lost on the way.

import { MapName } from "../../dist/dataplane/ebpf/maps.js";
import { showRows, vtepdProgram } from "../../dist/lab/daemon.js";
import { runText } from "../../dist/lab/process.js";
import { MAC_PREFIX, PREFIX_LENGTH } from "../bgp/routes.mjs";
import { DaemonMap } from "./daemon_map.mjs";
import { until, untilQuiet, withLeaf } from "./leaf.mjs";
import { L3_VNI, ROUTER_MAC, VNI, VTEPS } from "./topology.mjs";
import { NetlinkWatch } from "./watch.mjs";

const NS_PER_MS = 1e6;
const nowNs = () => Number(process.hrtime.bigint());
const [VTEP] = VTEPS;

const macText = MAC_PREFIX.toString(16)
  .padStart(6, "0")
  .replace(/..(?=.)/g, "$&:");
const linesOf = (text, pattern) => text.split("\n").filter((line) => pattern.test(line)).length;

/** What is sent: as routes, as messages of the kernel, as entries of a map, and how each place is asked at last. */
export const loads = {
  macs: {
    routing: false,
    route: (count) => ({ kind: "macs", vtep: VTEP, vni: VNI, count }),
    map: MapName.FDB,
    messages: { added: ["bridgeAdded", "deviceAdded"], gone: ["bridgeGone", "deviceGone"] },
    async kernel(leaf) {
      const text = await leaf.inside("bridge", "fdb", "show");
      const [master, device] = [/ master /, / dst /].map((half) =>
        linesOf(text, new RegExp(`^${macText}:.*${half.source}`)),
      );
      return Math.min(master, device);
    },
    shown: (daemon) => countRows(daemon, "fdb", ({ mac }) => mac.startsWith(macText)),
  },
  prefixes: {
    routing: true,
    route: (count) => ({ kind: "prefixes", vtep: VTEP, l3vni: L3_VNI, routerMac: ROUTER_MAC, count }),
    map: MapName.PREFIX,
    messages: { added: ["routeAdded"], gone: ["routeGone"] },
    kernel: async (leaf) =>
      linesOf(await leaf.inside("ip", "route", "show"), new RegExp(`^198\\.1[89]\\..*/${PREFIX_LENGTH} `)),
    shown: (daemon) => countRows(daemon, "routes", ({ prefix }) => prefix.endsWith(`/${PREFIX_LENGTH}`)),
  },
};

const countRows = async ({ socket }, noun, isOurs) => (await showRows(socket, noun)).filter(isOurs).length;

/** From the first message of the kernel to the last, and to the last entry of the map. */
async function follow({ leaf, watch, map, speaker, names, count, mapCount }) {
  watch.reset();
  const before = leaf.cpuNs();
  let mapNs = Number.NaN;
  const lookAtMap = () => {
    if (Number.isNaN(mapNs) && map?.count === mapCount) mapNs = nowNs();
    return map === undefined || !Number.isNaN(mapNs);
  };
  const spans = () => names.map((name) => watch.messages()[name]);
  const isTold = () => spans().every((span) => span.count >= count);
  const sending = speaker.send();
  const missing = () => `${spans().map((span) => span.count)} of ${count} in the kernel, ${map?.count} in the map`;
  await until(() => lookAtMap() && isTold(), missing);
  const sentNs = await sending;
  await untilQuiet(() => spans().reduce((sum, span) => sum + span.count, 0));
  const after = leaf.cpuNs();
  const firstNs = Math.min(...spans().map((span) => span.firstNs));
  const lastNs = Math.max(...spans().map((span) => span.lastNs));
  const cpuMs = Object.fromEntries(Object.keys(after).map((name) => [name, (after[name] - before[name]) / NS_PER_MS]));
  return {
    bgpMs: (firstNs - sentNs) / NS_PER_MS,
    kernelMs: (lastNs - firstNs) / NS_PER_MS,
    mapMs: (mapNs - firstNs) / NS_PER_MS,
    lagMs: (mapNs - lastNs) / NS_PER_MS,
    messages: spans().map((span) => span.count),
    cpuMs,
  };
}

/** Of 132000 MACs, on a machine that others use. */
const AUDIT_MS = 180_000;

/** Where FRR, the kernel, vtepd and the map differ. */
async function differences({ socket }) {
  const argv = ["show", "audit", "--dry-run", "--json", "--socket", socket];
  return JSON.parse(await runText(vtepdProgram, argv, { timeoutMs: AUDIT_MS })).length;
}

/** Entries that are there, by whom is asked. */
async function held(load, leaf, map, mapBase) {
  const kernel = await load.kernel(leaf);
  if (leaf.daemon === undefined) return { kernel };
  return { kernel, map: map.look() - mapBase, vtepd: await load.shown(leaf.daemon) };
}

async function assertHeld(counts, wanted, daemon) {
  const wrong = Object.entries(counts).filter(([, count]) => count !== wanted);
  if (wrong.length > 0) throw new Error(`not ${wanted}: ${wrong.map(([who, count]) => `${who} ${count}`).join(", ")}`);
  const found = daemon === undefined ? 0 : await differences(daemon);
  if (found > 0) throw new Error(`vtepd's audit finds ${found} differences`);
}

/** `kind`: whose leaf; `load`: of `loads`. */
export function sampleBurst({ kind, load: name, count }) {
  const load = loads[name];
  return withLeaf({ kind, routing: load.routing }, async (leaf, speaker) => {
    const watch = new NetlinkWatch(leaf.netns);
    const map = leaf.daemon && (await DaemonMap.open(leaf.pids.vtepd, load.map));
    try {
      const base = map?.count ?? 0;
      const route = load.route(count);
      const what = { leaf, watch, map, speaker, count };
      await speaker.prepare({ announce: [route] });
      const filled = await follow({ ...what, names: load.messages.added, mapCount: base + count });
      const counts = await held(load, leaf, map, base);
      await assertHeld(counts, count, leaf.daemon);
      await speaker.prepare({ withdraw: [route] });
      const emptied = await follow({ ...what, names: load.messages.gone, mapCount: base });
      await assertHeld(await held(load, leaf, map, base), 0, leaf.daemon);
      return { filled, emptied, counts };
    } finally {
      map?.close();
      watch.close();
    }
  });
}
