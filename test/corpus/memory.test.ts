import { describe, expect, it } from "vitest";
import type { Case } from "./case.js";
import { cases, groups } from "./cases/index.js";
import { MemoryRun } from "./memory.js";
import { outcomeOf } from "./observe.js";

function run(corpusCase: Case): void {
  const memory = new MemoryRun(corpusCase.given);
  for (const [index, step] of corpusCase.frames.entries()) {
    expect(memory.step(step), `frame ${index + 1} from ${step.from}`).toEqual(outcomeOf(step.expect));
  }
  for (const [name, row] of Object.entries(corpusCase.counters ?? {})) {
    expect(memory.traffic(name), `counters of ${name}`).toEqual(row);
  }
  for (const [name, counts] of Object.entries(corpusCase.repairs ?? {})) {
    expect(memory.repairs(name), `repairs at ${name}`).toEqual(counts);
  }
  for (const { domain, mac, tick } of corpusCase.seen ?? []) expect(memory.seen(domain, mac), mac).toBe(tick);
}

for (const [group, members] of Object.entries(groups)) {
  describe(`corpus, ${group}, through the engine`, () => {
    for (const member of members) it(`${member.id} [${member.spec}]`, () => run(member));
  });
}

describe("the corpus itself", () => {
  it("has ids of its own for all cases", () => {
    const ids = cases.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it("has frames and a specification in each case", () => {
    expect(cases.filter(({ frames, spec }) => frames.length === 0 || spec === "").map(({ id }) => id)).toEqual([]);
  });
});
