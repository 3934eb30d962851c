/** One check of a lab, whichever kind it is. */
import { type LabContext, whileCapturing } from "../context.js";
import type { Check, EthertypeFixCheck, IcmpCheck, LinkCheck, PingCheck } from "../expectation.js";
import { checkConverged } from "./converged.js";
import { checkEthertypeFix } from "./ethertype_fix.js";
import { checkFlows } from "./flows.js";
import { checkFrr } from "./frr.js";
import { checkIcmp, checkTrace } from "./icmp.js";
import { setLinks } from "./links.js";
import { checkMove } from "./move.js";
import { allTaps, offWireProblems, unaskedProblems } from "./off_wire.js";
import type { Outcome } from "./outcome.js";
import { hasOuter, outerProblems, outerTaps } from "./outer.js";
import { checkNoPing, checkPing } from "./ping.js";
import { checkProbes } from "./probes.js";
import { checkSend } from "./send.js";
import { checkShow } from "./show.js";
import { checkTcp } from "./tcp.js";
import { unsignalledProblems } from "./unsignalled.js";
import { checkVtepd } from "./vtepd.js";
import { checkVtysh } from "./vtysh.js";

const CAPTURE_LAG_MS = 1000;

function act(context: LabContext, check: Check): Promise<Outcome> {
  if ("ping" in check) return checkPing(context, check);
  if ("noPing" in check) return checkNoPing(context, check);
  if ("send" in check) return checkSend(context, check);
  if ("tcp" in check) return checkTcp(context, check);
  if ("flows" in check) return checkFlows(context, check);
  if ("show" in check) return checkShow(context, check);
  if ("links" in check) return setLinks(context, check);
  if ("trace" in check) return checkTrace(context, check);
  if ("icmp" in check) return checkIcmp(context, check);
  if ("move" in check) return checkMove(context, check);
  if ("converged" in check) return checkConverged(context, check);
  if ("vtysh" in check) return checkVtysh(context, check);
  if ("frr" in check) return checkFrr(context, check);
  if ("vtepd" in check) return checkVtepd(context, check);
  if ("ethertypeFix" in check) return checkEthertypeFix(context, check);
  return checkProbes(context, check);
}

/** With `outer`, `offWire`, `unasked` or `unsignalled`, what goes over the wire meanwhile is looked at too. */
export async function runCheck(context: LabContext, check: Check): Promise<Outcome> {
  const { outer = [], offWire = [], unasked = [], unsignalled = [] } = check;
  const silent = offWire.length + unasked.length + unsignalled.length;
  if (outer.length + silent === 0) return act(context, check);
  let outcome: Outcome = { problems: [], detail: "" };
  const taps = [...outerTaps(context, outer), ...(silent > 0 ? allTaps(context) : [])];
  const frames = await whileCapturing(context, taps, async (watch) => {
    outcome = await act(context, check);
    // tcpdump may not have come to the last frames yet.
    await watch.until((seen) => outer.every((wanted) => hasOuter(context, seen, wanted)), CAPTURE_LAG_MS);
  });
  const problems = [
    ...outer.flatMap((wanted) => outerProblems(context, frames, wanted)),
    ...offWireProblems(context, frames, offWire),
    ...unaskedProblems(context, frames, unasked),
    ...unsignalledProblems(context, frames, unsignalled),
  ];
  const seen = [
    ...(outer.length > 0 ? ["headers as configured"] : []),
    ...(offWire.length > 0 ? ["not on the wire"] : []),
    ...(unasked.length > 0 ? ["not asked for on the wire"] : []),
    ...(unsignalled.length > 0 ? ["not in BGP"] : []),
  ];
  return { problems: [...outcome.problems, ...problems], detail: [outcome.detail, ...seen].filter(Boolean).join("; ") };
}

/** A line for people. */
export function describeCheck(check: Check): string {
  if ("ping" in check) return describePing(check.ping);
  if ("noPing" in check) return `${check.noPing.from} does not reach ${check.noPing.addresses.join(", ")}`;
  if ("tcp" in check) return `TCP from ${check.tcp.from} to ${check.tcp.to} over IPv${check.tcp.family ?? 4}`;
  if ("flows" in check) return `${check.flows.count} flows from ${check.flows.from} to ${check.flows.to}`;
  if ("show" in check) return `show ${check.show.noun} of ${check.show.node}`;
  if ("links" in check) return describeLinks(check.links);
  if ("converged" in check) return `the control plane has told ${(check.converged.nodes ?? ["everybody"]).join(", ")}`;
  if ("vtysh" in check) return `${check.vtysh.node}: ${check.vtysh.command}`;
  if ("frr" in check) return `${check.frr.action} ${check.frr.daemon} of ${check.frr.node}`;
  if ("vtepd" in check) return `${check.vtepd.action} vtepd of ${check.vtepd.node}`;
  if ("ethertypeFix" in check) return describeFix(check.ethertypeFix);
  if ("trace" in check) return `path from ${check.trace.from} to ${check.trace.to}, hop by hop`;
  if ("icmp" in check) return describeIcmp(check.icmp);
  if ("move" in check) return `${check.move.host} moves from ${check.move.from} to ${check.move.to}`;
  if ("probes" in check) return `${check.probes.host} is probed by IPv${check.probes.family ?? 4}`;
  const { from, cast, family, to, arrives } = check.send;
  const target = to === undefined ? "" : ` to ${to}`;
  const receivers = Object.keys(arrives);
  const whom = receivers.length === 0 ? "nobody" : `${receivers.join(", ")} only`;
  return `${cast} IPv${family} from ${from}${target} reaches ${whom}`;
}

function describePing(ping: PingCheck["ping"]): string {
  const who = "from" in ping ? `from ${ping.from} to ${ping.to.join(", ")}` : `among ${ping.between.join(", ")}`;
  const ttl = ping.ttl === undefined ? "" : `, replies with TTL ${ping.ttl}`;
  return `ping ${who}${sizes(ping.sizes)}${ttl}`;
}

function describeLinks({ node, state, interfaces, silent = false }: LinkCheck["links"]): string {
  const which = interfaces === undefined ? `all links of ${node}` : `${interfaces.join(", ")} of ${node}`;
  return `${which} go ${state}${silent ? ", which nobody sees" : ""}`;
}

function describeFix({ node, interface: name, hook }: EthertypeFixCheck["ethertypeFix"]): string {
  return `IPv4 reaches ${node} by ${name} while a fixer is attached at ${hook}, and only then`;
}

function describeIcmp({ from, to, size, answer, by }: IcmpCheck["icmp"]): string {
  const what = size === undefined ? "" : ` with ${size} bytes`;
  return `${from} to ${to}${what} earns ${answer} from ${by}`;
}

const sizes = (list: readonly number[] | undefined): string =>
  list === undefined ? "" : ` with ${list.join(" and ")} bytes`;
