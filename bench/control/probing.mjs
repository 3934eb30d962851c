// One change while traffic flows, and how long after the kernel told of it each MAC's frames still went the old way.

import { until, untilQuiet } from "./leaf.mjs";
import { Prober } from "./prober.mjs";
import { ArrivalWatch, NetlinkWatch, probesOf } from "./watch.mjs";

const NS_PER_MS = 1e6;

/** What stands at the ends while `work` runs: `work({ watch, arrivals, prober })`; `arrivals` by interface of `far`. */
export async function whileProbing(leaf, { count, interfaces }, work) {
  const probing = probesOf(count);
  const netns = `/run/netns/${leaf.namespaceOf("far")}`;
  const open = [];
  const keep = (one) => {
    open.push(one);
    return one;
  };
  try {
    const watch = keep(new NetlinkWatch(leaf.netns, probing));
    const arrivals = interfaces.map((interfaceName) => keep(new ArrivalWatch({ netns, interfaceName }, probing)));
    const prober = new Prober(leaf, probing.numbers);
    open.push({ close: () => prober.stop() });
    return await work({ watch, arrivals, prober });
  } finally {
    for (const one of open.reverse()) await one.close();
  }
}

const total = (spans) => spans.reduce((sum, { count }) => sum + count, 0);
export const arrivedAll = (spans) => spans.every(({ count }) => count > 0);
const missingOf = (spans, where) => () =>
  `of ${spans().length} probes ${spans().filter(({ count }) => count > 0).length} arrive ${where}`;

export const untilArrived = (spans, where) => until(() => arrivedAll(spans()), missingOf(spans, where));

/**
 * `change` is made; `isDone` says when all has been told; `oldWay` and `newWay` give what arrived, by probe, since
 * `reset`. `newWay` is absent where there is none. Times are by probe, in milliseconds after `toldNs`.
 */
export async function observe({ leaf, reset, change, isDone, toldNs, oldWay, newWay }) {
  reset();
  const waitedBefore = leaf.waitedNs();
  await change();
  await until(isDone, () => "not all is told");
  if (newWay !== undefined) await untilArrived(newWay, "the new way");
  const waitedMs = (leaf.waitedNs() - waitedBefore) / NS_PER_MS;
  await untilQuiet(() => total(oldWay()));
  const told = toldNs();
  const first = Math.min(...told);
  const last = (spans) => Math.max(...spans.map(({ lastNs }) => lastNs), first);
  // A MAC of which nothing went wrong after the kernel had told of it was late by nothing.
  const wrongMs = oldWay().map(({ lastNs }, probe) => Math.max(0, lastNs - told[probe]) / NS_PER_MS);
  const rightMs = newWay?.().map(({ firstNs }, probe) => (firstNs - told[probe]) / NS_PER_MS);
  return {
    waitedMs,
    wrongMs,
    rightMs,
    tellingMs: (Math.max(...told) - first) / NS_PER_MS,
    wholeMs: (last(oldWay()) - first) / NS_PER_MS,
  };
}
