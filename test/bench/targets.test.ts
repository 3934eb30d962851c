import { describe, expect, it } from "vitest";
import { listText } from "../../bench/report/list.mjs";
import { rows } from "../../bench/rows/all.mjs";
import { judge, markText, targets, verdictOf } from "../../bench/targets.mjs";
import { report } from "./stored.js";

interface Mark {
  readonly row: string;
  readonly column: string;
  readonly floor?: number;
  readonly goal?: number;
  readonly better: "more" | "less";
}

const marks: Mark[] = targets.flatMap((target: { marks: Mark[] }) => target.marks);

describe("targets of the bench", () => {
  it("are twenty, in order", () => {
    expect(targets.map(({ number }: { number: number }) => number)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
  });

  it("stand at columns of rows that exist", () => {
    const columns = new Map(
      rows.map((row: { name: string; columns: { key: string }[] }) => [row.name, row.columns.map(({ key }) => key)]),
    );
    expect(marks.filter(({ row, column }) => columns.get(row)?.includes(column) !== true)).toEqual([]);
  });

  it("aim no lower than their floor", () => {
    const backwards = marks.filter(({ floor = Number.NaN, goal = Number.NaN, better }) =>
      better === "more" ? goal < floor : goal > floor,
    );
    expect(backwards).toEqual([]);
  });

  it("are reached, or not", () => {
    const more = { floor: 5, goal: 6, better: "more" };
    expect([4.9, 5, 6].map((value) => verdictOf(more, value))).toEqual(["below", "floor", "goal"]);
    const less = { floor: 10, goal: 2, better: "less" };
    expect([11, 10, 2].map((value) => verdictOf(less, value))).toEqual(["below", "floor", "goal"]);
    expect(verdictOf({ goal: 0.98, better: "more" }, 0.9)).toBe("short");
    expect(verdictOf(more, Number.NaN)).toBeUndefined();
    expect(markText(less)).toBe("≤ 10 (goal ≤ 2)");
  });

  it("are judged by the medians of a run, and left open where it has none", () => {
    const judged = judge(report.rows);
    const of = (row: string, entry: string) =>
      judged.find((one: { row: string; entry: string }) => one.row === row && one.entry === entry);
    expect(of("encap", "xdp")).toMatchObject({ number: 1, value: 5.5, verdict: "floor" });
    expect(of("encap", "tc")?.verdict).toBeUndefined();
    expect(of("decap", "xdp")?.verdict).toBeUndefined();
  });

  it("are listed under their rows", () => {
    const text = listText(rows);
    expect(text).toMatch(/^ {2}encap +host → VTEP → underlay.*\n +target 1: xdp, × kernel by CPU ≥ 5 \(goal ≥ 6\)$/m);
    expect(text).toMatch(/ tcp-segmented .*\(not with --quick\)/);
  });
});
