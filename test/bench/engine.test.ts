import { describe, expect, it } from "vitest";
import { BATCH_FRAMES, Batch } from "../../bench/engine/batch.mjs";
import { cases } from "../../bench/engine/cases.mjs";
import { page } from "../../bench/report/html/page.mjs";
import { engineRow, measureCase } from "../../bench/rows/engine.mjs";
import { report } from "./stored.js";

describe("engine bench", () => {
  it.each(Object.keys(cases) as (keyof typeof cases)[])(
    "%s: every frame leaves the engine, batch after batch",
    (name) => {
      const batch = new Batch(cases[name]);
      batch.run();
      batch.run();
      batch.verify(2);
      expect(batch.sink.copies).toBe(2 * BATCH_FRAMES * cases[name].copies);
      expect(() => batch.verify(3)).toThrow("copies");
    },
  );

  it("measures a case, and the row stands on the page of a report", { timeout: 60_000 }, async () => {
    const entry = await measureCase("local", { engineSeconds: 0.05, heapFrames: 2000 });
    expect(entry.nsP50).toBeGreaterThan(0);
    const row = { name: engineRow.name, title: engineRow.title, columns: engineRow.columns, entries: [entry] };
    expect(page({ ...report, rows: [row] })).toContain(entry.title);
  });
});
