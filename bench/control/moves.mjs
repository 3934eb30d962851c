// MACs that move from one VTEP to another, by a route with a higher sequence number (RFC 7432 §7.7).
import { fill } from "./fill.mjs";
import { withLeaf } from "./leaf.mjs";
import { observe, untilArrived, whileProbing } from "./probing.mjs";
import { VNI, VTEPS } from "./topology.mjs";

/** One leaf with `present` MACs, of which `counts` move, each `times` times: `{ count, times }`. */
export function sampleMoves({ kind, present, cases }) {
  return withLeaf({ kind }, async (leaf, speaker) => {
    let sequence = 0;
    const macs = (count, side) => ({ kind: "macs", vtep: VTEPS[side], vni: VNI, count, sequence });
    await fill(leaf, speaker, [macs(present, 0)]);
    const results = [];
    for (const { count, times } of cases) {
      const move = (to) => {
        sequence += 1;
        return { announce: [macs(count, to)], withdraw: [macs(count, 1 - to)] };
      };
      results.push({ count, ...(await moveAll({ leaf, speaker, count, times, move })) });
    }
    return results;
  });
}

function moveAll({ leaf, speaker, count, times, move }) {
  return whileProbing(leaf, { count, interfaces: ["s0"] }, async ({ watch, arrivals: [arrivals], prober }) => {
    const way = (side) => () => arrivals.of(side);
    await untilArrived(way(0), "before any move");
    const observed = [];
    for (let at = 0; at < times * 2; at++) {
      const to = 1 - (at % 2);
      await speaker.prepare(move(to));
      observed.push(
        await observe({
          leaf,
          reset: () => {
            watch.reset();
            arrivals.reset();
          },
          change: () => speaker.send(),
          isDone: () => watch.toldNs().every((ns) => ns > 0),
          toldNs: () => watch.toldNs(),
          oldWay: way(1 - to),
          newWay: way(to),
        }),
      );
    }
    return { observed, periodMs: prober.periodMs };
  });
}
