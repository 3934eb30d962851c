/** Kills a VTEP of ours, or starts it again. */
import type { LabContext } from "../context.js";
import type { VtepdCheck } from "../expectation.js";
import type { Outcome } from "./outcome.js";

export async function checkVtepd({ daemons }: LabContext, { vtepd }: VtepdCheck): Promise<Outcome> {
  const daemon = daemons.get(vtepd.node);
  if (daemon === undefined) return { problems: [`${vtepd.node} runs no vtepd`], detail: "" };
  if (vtepd.action === "kill") await daemon.kill();
  else {
    await daemon.start();
    await daemon.waitUntilReady();
  }
  return { problems: [], detail: "" };
}
