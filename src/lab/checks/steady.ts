/** Echo requests that run while something is done to the lab: that they are answered again, and how many were lost. */
import { VtepError } from "../../wire/error.js";
import { findPlace, type LabContext } from "../context.js";
import type { SteadyPings } from "../expectation.js";
import { isAddress } from "../outer.js";
import type { Outcome } from "./outcome.js";
import { SteadyPing } from "./steady_ping.js";

/** Replies to see before and after. */
const REPLIES = 10;

/**
 * Does `act` between replies to all the pings, and `afterwards` once there are replies again, while they still run.
 * Without pings both are only done.
 */
export async function whilePinging(
  context: LabContext,
  { pings: wanted = [], mostLost }: SteadyPings,
  act: () => Promise<void>,
  afterwards: () => Promise<void> = async () => {},
): Promise<Outcome> {
  const pings = wanted.map(({ from, to }) => startPing(context, from, to));
  try {
    const before = await Promise.all(pings.map((ping) => ping.more(REPLIES)));
    if (before.includes(false)) return { problems: unanswered(pings, before, "before"), detail: "" };
    await act();
    const after = await Promise.all(pings.map((ping) => ping.more(REPLIES)));
    await afterwards();
    const lost = pings.filter((ping) => ping.lost > (mostLost ?? Number.POSITIVE_INFINITY));
    const problems = [
      ...unanswered(pings, after, "afterwards"),
      ...lost.map((ping) => `${ping.lost} echo requests to ${ping.address} were lost, more than ${mostLost}`),
    ];
    const counts = pings.map((ping) => ping.lost).join(", ");
    return { problems, detail: pings.length === 0 ? "" : `lost ${counts} echo requests` };
  } finally {
    await Promise.all(pings.map((ping) => ping.stop()));
  }
}

function startPing({ lab, instance }: LabContext, from: string, to: string): SteadyPing {
  const place = findPlace(lab, from);
  const address = isAddress(to) ? to : findPlace(lab, to).address[4];
  if (address === undefined) throw new VtepError("lab_name", `${to} has no IPv4 address`, { to });
  return new SteadyPing(instance.namespaceOf(place.node), place, address);
}

function unanswered(pings: readonly SteadyPing[], answered: readonly boolean[], when: string): string[] {
  return pings.flatMap((ping, index) => (answered[index] === true ? [] : [`${ping.address} does not answer ${when}`]));
}
