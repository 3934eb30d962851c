// The row of what a MAC takes in memory.
import { sampleMemory } from "../control/memory.mjs";
import { fixed } from "../report/table.mjs";
import { compare, summaryOf } from "./compare.mjs";
import { withFrr } from "./control_plane.mjs";

const COUNT = 132_000;
const QUICK_COUNT = 20_000;
const MEGABYTE = 1e6;
const SAMPLE_SECONDS = 60;
const parts = {
  vtepd: "vtepd, resident",
  heap: "of which JavaScript's heap",
  external: "of which typed arrays",
  map: "the map, in the kernel",
  zebra: "zebra, resident",
  bgpd: "bgpd, resident",
};

const columns = [
  { key: "empty", title: "MB with none", digits: 1, range: false },
  { key: "full", title: "MB with all", digits: 1, range: false, plot: true },
  { key: "perMac", title: "bytes a MAC", digits: 0, plot: true },
];

const describe = ({ empty, full }) =>
  `vtepd ${fixed(empty.vtepd / MEGABYTE, 0)} MB without a MAC, ${fixed(full.vtepd / MEGABYTE, 0)} MB with all`;

export const memoryRow = withFrr({
  name: "evpn-memory",
  title: "memory for 132000 remote MACs, garbage collected (--quick: 20000)",
  slow: true,
  columns,
  plan: ({ rounds }) => ({ samples: rounds, seconds: SAMPLE_SECONDS }),
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
    return { entries };
  },
});
