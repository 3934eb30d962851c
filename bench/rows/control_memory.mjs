// The row of what a MAC takes in memory.
import { sampleMemory } from "../control/memory.mjs";
import { fixed, spread, table } from "../report/table.mjs";
import { compare, summaryOf } from "./compare.mjs";
import { withFrr } from "./control_plane.mjs";

const COUNT = 132_000;
const QUICK_COUNT = 20_000;
const MEGABYTE = 1e6;
const parts = {
  vtepd: "vtepd, resident",
  heap: "of which JavaScript's heap",
  external: "of which typed arrays",
  map: "the map, in the kernel",
  zebra: "zebra, resident",
  bgpd: "bgpd, resident",
};

const describe = ({ empty, full }) =>
  `vtepd ${fixed(empty.vtepd / MEGABYTE, 0)} MB without a MAC, ${fixed(full.vtepd / MEGABYTE, 0)} MB with all`;

function render(entries) {
  const rows = entries.map((entry) =>
    entry.full === undefined
      ? [entry.title, "failed", "", ""]
      : [entry.title, fixed(entry.empty.median, 1), fixed(entry.full.median, 1), spread(entry.perMac, 0)],
  );
  return table(["", "MB with none", "MB with all", "bytes a MAC"], rows);
}

export const memoryRow = withFrr({
  name: "evpn-memory",
  title: "memory for 132000 remote MACs, garbage collected (--quick: 20000)",
  async run({ quick, rounds, say }) {
    const count = quick ? QUICK_COUNT : COUNT;
    const sample = () => sampleMemory({ count });
    const results = await compare({ subjects: ["vtepd"], rounds, sample, describe, say });
    const { samples, failure } = results.get("vtepd");
    const entries = Object.entries(parts).map(([name, title]) => {
      if (samples.length === 0) return { name, title, failure };
      const of = (value) => summaryOf(samples, value);
      return {
        ...{ name, title, failure },
        empty: of(({ empty }) => empty[name] / MEGABYTE),
        full: of(({ full }) => full[name] / MEGABYTE),
        perMac: of(({ empty, full }) => (full[name] - empty[name]) / count),
        samples: samples.map(({ empty, full }) => ({ empty: empty[name], full: full[name] })),
      };
    });
    return { entries, text: render(entries) };
  },
});
