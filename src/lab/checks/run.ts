/** One check of a lab, whichever kind it is. */
import { type LabContext, whileCapturing } from "../context.js";
import type { Check } from "../topology.js";
import { checkFlows } from "./flows.js";
import { setLinks } from "./links.js";
import type { Outcome } from "./outcome.js";
import { outerProblems, outerTaps } from "./outer.js";
import { checkNoPing, checkPing } from "./ping.js";
import { checkSend } from "./send.js";
import { checkShow } from "./show.js";
import { checkTcp } from "./tcp.js";

function act(context: LabContext, check: Check): Promise<Outcome> {
  if ("ping" in check) return checkPing(context, check);
  if ("noPing" in check) return checkNoPing(context, check);
  if ("send" in check) return checkSend(context, check);
  if ("tcp" in check) return checkTcp(context, check);
  if ("flows" in check) return checkFlows(context, check);
  if ("show" in check) return checkShow(context, check);
  return setLinks(context, check);
}

/** With `outer`, what goes over the wire meanwhile is looked at too. */
export async function runCheck(context: LabContext, check: Check): Promise<Outcome> {
  const { outer } = check;
  if (outer === undefined) return act(context, check);
  let outcome: Outcome = { problems: [], detail: "" };
  const frames = await whileCapturing(context, outerTaps(context, outer), async () => {
    outcome = await act(context, check);
  });
  const problems = outer.flatMap((wanted) => outerProblems(context, frames, wanted));
  return { problems: [...outcome.problems, ...problems], detail: `${outcome.detail}; outer headers as configured` };
}

/** A line for people. */
export function describeCheck(check: Check): string {
  if ("ping" in check) return `ping among ${check.ping.between.join(", ")}${sizes(check.ping.sizes)}`;
  if ("noPing" in check) return `${check.noPing.from} does not reach ${check.noPing.addresses.join(", ")}`;
  if ("tcp" in check) return `TCP from ${check.tcp.from} to ${check.tcp.to} over IPv${check.tcp.family ?? 4}`;
  if ("flows" in check) return `${check.flows.count} flows from ${check.flows.from} to ${check.flows.to}`;
  if ("show" in check) return `show ${check.show.noun} of ${check.show.node}`;
  if ("links" in check) return `all links of ${check.links.node} go ${check.links.state}`;
  const { from, cast, family, to, arrives } = check.send;
  const target = to === undefined ? "" : ` to ${to}`;
  return `${cast} IPv${family} from ${from}${target} reaches ${Object.keys(arrives).join(", ")} only`;
}

const sizes = (list: readonly number[] | undefined): string =>
  list === undefined ? "" : ` with ${list.join(" and ")} bytes`;
