/** Waits until every VTEP knows what the control plane has to tell it, whoever holds that knowledge. */
import { setTimeout as delay } from "node:timers/promises";
import { type LabContext, vtepSpec } from "../context.js";
import { daemonFacts } from "../daemon_facts.js";
import type { ConvergedCheck } from "../expectation.js";
import { expectedKnowledge, type Fact, type Knowledge, problemsWith } from "../facts.js";
import { kernelFacts } from "../kernel_facts.js";
import { type Outcome, SPEAKER_PATIENCE_MS } from "./outcome.js";

const POLL_MS = 200;

export async function checkConverged(context: LabContext, check: ConvergedCheck): Promise<Outcome> {
  const expected = [...expectedKnowledge(context.lab, check)];
  const start = Date.now();
  const problems = await Promise.all(expected.map(([node, knowledge]) => awaitKnowledge(context, node, knowledge)));
  const facts = expected.reduce((sum, [, { wanted }]) => sum + wanted.length, 0);
  return { problems: problems.flat(), detail: `${facts} facts after ${((Date.now() - start) / 1000).toFixed(1)} s` };
}

async function awaitKnowledge(context: LabContext, node: string, knowledge: Knowledge): Promise<string[]> {
  const deadline = Date.now() + SPEAKER_PATIENCE_MS;
  for (;;) {
    const problems = problemsWith(await factsOf(context, node), knowledge);
    if (problems.length === 0) return [];
    if (Date.now() > deadline) return problems.map((problem) => `${node} ${problem}`);
    await delay(POLL_MS);
  }
}

function factsOf({ lab, daemons, instance }: LabContext, node: string): Promise<Set<Fact>> {
  const daemon = daemons.get(node);
  return daemon === undefined ? kernelFacts(instance, node, vtepSpec(lab, node)) : daemonFacts(daemon.socket);
}
