import { describe, expect, it } from "vitest";
import { missingPeer } from "../../bench/datapath/peers.mjs";
import { median, quantile, summary } from "../../bench/report/statistics.mjs";
import { table } from "../../bench/report/table.mjs";
import { compare, ratios } from "../../bench/rows/compare.mjs";

describe("statistics of benches", () => {
  it("takes quantiles of unsorted numbers, between two where need be", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([10, 20, 30, 40, 50], 0.99)).toBeCloseTo(49.6);
    expect(quantile([], 0.5)).toBeNaN();
    expect(summary([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, count: 3 });
  });

  it("takes ratios within a round, before the median", () => {
    expect(ratios([2, 30, 12], [1, 10, 3], (value: number) => value)).toMatchObject({ median: 3, min: 2, max: 4 });
  });

  it("alternates subjects, and goes on without one that fails", async () => {
    const order: string[] = [];
    const sample = async (subject: string) => {
      order.push(subject);
      if (subject === "broken") throw new Error("no such thing");
      return order.length;
    };
    const subjects = ["ours", "broken", "theirs"];
    const results = await compare({ subjects, rounds: 2, sample, describe: String, say: () => undefined });
    expect(order).toEqual(["ours", "broken", "theirs", "ours", "theirs"]);
    expect(results.get("broken")).toEqual({ samples: [], failure: "no such thing" });
    expect(results.get("theirs").samples).toHaveLength(2);
  });

  it("leaves out a peer that is not installed, by name and with the reason", async () => {
    const missing = (name: string) => missingPeer(name, () => undefined);
    const said: string[] = [];
    const say = (text: string) => said.push(text);
    const sample = async () => 1;
    const results = await compare({ subjects: ["kernel", "ovs"], rounds: 1, sample, describe: String, say, missing });
    const reason = "ovs-vswitchd and ovsdb-server not installed: apt-get install openvswitch-switch";
    expect(results.get("ovs")).toEqual({ samples: [], skipped: reason });
    expect(results.get("kernel")?.samples).toEqual([1]);
    expect(said).toContain(`ovs: SKIP: ${reason}`);
  });

  it("aligns tables", () => {
    expect(table(["", "ns"], [["a case", 7]]).split("\n")).toEqual(["          ns", "  ----------", "  a case   7"]);
  });
});
