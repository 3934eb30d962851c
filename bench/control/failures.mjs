// A VTEP with MACs behind it fails. Either the way to it is gone, and there is another: then nothing of BGP changes. Or BGP
// takes it back, MAC by MAC: then each MAC has its own moment.
import { runText } from "../../dist/lab/process.js";
import { fill } from "./fill.mjs";
import { withLeaf } from "./leaf.mjs";
import { observe, untilArrived, whileProbing } from "./probing.mjs";
import { FAR_ROUTE, FAR_VTEP, VNI, VTEPS } from "./topology.mjs";

/** FAR_VTEP ends in an even byte. */
const FAR_SIDE = 0;

const macsBehind = (vtep, count) => ({ kind: "macs", vtep, vni: VNI, count });
const flooding = (vtep) => ({ kind: "inclusive", vtep, vni: VNI });

/** The route to the VTEP by u0 is deleted, and its prefix by u1 is left; then the route comes back. */
export function sampleLostRoute({ kind, count, times }) {
  return withLeaf({ kind }, async (leaf, speaker) => {
    await fill(leaf, speaker, [macsBehind(FAR_VTEP, count)]);
    const route = (verb) => runText("ip", ["-n", leaf.namespaceOf("leaf"), "route", verb, ...FAR_ROUTE]);
    return whileProbing(leaf, { count, interfaces: ["s0", "s1"] }, async ({ watch, arrivals: [s0, s1], prober }) => {
      const by = (arrivals) => () => arrivals.of(FAR_SIDE);
      const observed = [];
      for (let at = 0; at < times; at++) {
        await untilArrived(by(s0), "by the first uplink");
        const gone = () => watch.messages().routeGone;
        observed.push(
          await observe({
            leaf,
            reset: () => [watch, s0, s1].map((one) => one.reset()),
            change: () => route("del"),
            isDone: () => gone().count > 0,
            toldNs: () => watch.toldNs().map(() => gone().firstNs),
            oldWay: by(s0),
            newWay: by(s1),
          }),
        );
        s0.reset();
        await route("add");
      }
      return { observed, periodMs: prober.periodMs };
    });
  });
}

/** BGP takes back all that a VTEP announced, what it wants flooded first; the other VTEP stays. */
export function sampleWithdrawnVtep({ kind, count, times }) {
  const [vtep] = VTEPS;
  const routes = [flooding(vtep), macsBehind(vtep, count)];
  return withLeaf({ kind }, async (leaf, speaker) => {
    await fill(leaf, speaker, [macsBehind(vtep, count)]);
    return whileProbing(leaf, { count, interfaces: ["s0"] }, async ({ watch, arrivals: [arrivals], prober }) => {
      const observed = [];
      for (let at = 0; at < times; at++) {
        await untilArrived(() => arrivals.of(0), "before the VTEP fails");
        await speaker.prepare({ withdraw: routes });
        observed.push(
          await observe({
            leaf,
            reset: () => [watch, arrivals].map((one) => one.reset()),
            change: () => speaker.send(),
            isDone: () => watch.messages().bridgeGone.count >= count,
            toldNs: () => watch.toldNs(),
            oldWay: () => arrivals.of(0),
          }),
        );
        if (at + 1 < times) await fill(leaf, speaker, routes.toReversed());
      }
      return { observed, periodMs: prober.periodMs };
    });
  });
}
