import { describe, expect, it } from "vitest";
import { BATCH_FRAMES, Batch } from "../../bench/engine/batch.mjs";
import { cases } from "../../bench/engine/cases.mjs";

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
});
