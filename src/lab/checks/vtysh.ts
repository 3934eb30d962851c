/** What FRR says of itself, as JSON. */
import { setTimeout as delay } from "node:timers/promises";
import type { LabContext } from "../context.js";
import type { VtyshCheck } from "../expectation.js";
import { type Outcome, SPEAKER_PATIENCE_MS } from "./outcome.js";
import { matches } from "./show.js";

const POLL_MS = 200;

export function answerProblems(answer: unknown, { has = [], hasNot = [] }: VtyshCheck["vtysh"]): string[] {
  return [
    ...has.filter((pattern) => !matches(answer, pattern)).map((pattern) => `it has no ${JSON.stringify(pattern)}`),
    ...hasNot.filter((pattern) => matches(answer, pattern)).map((pattern) => `it has ${JSON.stringify(pattern)}`),
  ];
}

export async function checkVtysh({ frr }: LabContext, { vtysh }: VtyshCheck): Promise<Outcome> {
  const speaker = frr.get(vtysh.node);
  if (speaker === undefined) return { problems: [`${vtysh.node} runs no FRR`], detail: "" };
  const deadline = Date.now() + SPEAKER_PATIENCE_MS;
  for (;;) {
    const text = await speaker.vtysh(vtysh.command);
    const problems = problemsIn(text, vtysh);
    if (problems.length === 0) return { problems, detail: "" };
    if (Date.now() > deadline) return { problems: [...problems, text], detail: "" };
    await delay(POLL_MS);
  }
}

function problemsIn(text: string, vtysh: VtyshCheck["vtysh"]): string[] {
  try {
    return answerProblems(JSON.parse(text), vtysh);
  } catch {
    return ["the answer is not JSON"];
  }
}
