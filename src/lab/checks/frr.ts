/** Ends or starts daemons of FRR, with hosts talking meanwhile. */
import type { LabContext } from "../context.js";
import type { FrrCheck } from "../expectation.js";
import type { Outcome } from "./outcome.js";
import { whilePinging } from "./steady.js";

export async function checkFrr(context: LabContext, { frr }: FrrCheck): Promise<Outcome> {
  const { node, action, daemon } = frr;
  const speaker = context.frr.get(node);
  if (speaker === undefined) return { problems: [`${node} runs no FRR`], detail: "" };
  return whilePinging(context, frr, async () => {
    if (action !== "start") await speaker.end(daemon, action === "kill" ? "SIGKILL" : "SIGTERM");
    if (action !== "kill") await speaker.start(daemon);
  });
}
