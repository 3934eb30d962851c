// Before something is changed: tells a leaf of MACs, and waits until all of it has come to rest.
import { MapName } from "../../dist/dataplane/ebpf/maps.js";
import { DaemonMap } from "./daemon_map.mjs";
import { until, untilQuiet } from "./leaf.mjs";
import { NetlinkWatch } from "./watch.mjs";

/** `routes`: their MACs are not there yet. */
export async function fill(leaf, speaker, routes) {
  const count = routes.reduce((sum, route) => sum + (route.count ?? 0), 0);
  const watch = new NetlinkWatch(leaf.netns);
  const map = leaf.daemon && (await DaemonMap.open(leaf.pids.vtepd, MapName.FDB));
  const base = map?.count ?? 0;
  const told = () => watch.messages().deviceAdded.count;
  try {
    await speaker.prepare({ announce: routes });
    await speaker.send();
    const missing = () => `${told()} of ${count} MACs in the kernel, ${map?.count} in the map`;
    await until(() => told() >= count && (map === undefined || map.count >= base + count), missing);
    await untilQuiet(told);
  } finally {
    map?.close();
    watch.close();
  }
}
