/**
 * A host moves behind another VTEP while it is being talked to. What must not change is what it knows of its
 * neighbours: the gateway is the same everywhere.
 */
import { VtepError } from "../../wire/error.js";
import { command, runCommands } from "../command.js";
import { findPlace, type LabContext } from "../context.js";
import type { MoveCheck } from "../expectation.js";
import { SWITCH_BRIDGE } from "../plan.js";
import { finish, runText } from "../process.js";
import { broadcastOf } from "./addresses.js";
import type { Outcome } from "./outcome.js";
import { whilePinging } from "./steady.js";

/** The change itself in one run of ip, and the host's word at its new place, which the switches and VTEPs learn from. */
export async function moveHost({ lab, instance }: LabContext, move: MoveCheck["move"]): Promise<void> {
  const commands = [
    command("ip", move.switch, "link", "set", move.from, "nomaster"),
    command("ip", move.switch, "link", "set", move.to, "master", SWITCH_BRIDGE),
  ];
  await runCommands(commands, instance.namespaceOf);
  const { node, interface: name, address, prefixLength } = findPlace(lab, move.host);
  if (address[4] === undefined) throw new VtepError("lab_name", `${node} has no IPv4 address`, { host: node });
  const target = broadcastOf(address[4], prefixLength[4]);
  // Nobody answers a broadcast echo, which is all the same.
  const words = ["-b", "-c", "1", "-W", "0.1", "-I", name, target];
  await finish("ping", words, { namespace: instance.namespaceOf(node) });
}

/** What the host knows of others: address and MAC, whatever their state. */
async function neighborsOf(namespace: string): Promise<Map<string, string>> {
  const rows = JSON.parse(await runText("ip", ["-n", namespace, "-j", "neigh"])) as { dst: string; lladdr?: string }[];
  return new Map(rows.flatMap(({ dst, lladdr }) => (lladdr === undefined ? [] : [[dst, lladdr]])));
}

export async function checkMove(context: LabContext, check: MoveCheck): Promise<Outcome> {
  const namespace = context.instance.namespaceOf(findPlace(context.lab, check.move.host).node);
  const problems: string[] = [];
  let known: ReadonlyMap<string, string> = new Map();
  const act = async () => {
    known = await neighborsOf(namespace);
    await moveHost(context, check.move);
  };
  const afterwards = async () => {
    problems.push(...neighborProblems(known, await neighborsOf(namespace)));
  };
  const outcome = await whilePinging(context, check.move, act, afterwards);
  return { ...outcome, problems: [...outcome.problems, ...problems] };
}

function neighborProblems(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...before]
    .filter(([address, mac]) => after.has(address) && after.get(address) !== mac)
    .map(([address, mac]) => `the host knew ${address} as ${mac}, now as ${after.get(address)}`);
}
