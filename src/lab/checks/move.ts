/**
 * A host moves behind another VTEP while it is being talked to. What must not change is what it knows of its
 * neighbours: the gateway is the same everywhere.
 */
import { VtepError } from "../../wire/error.js";
import { command, runCommands } from "../command.js";
import { findPlace, type HostPlace, type LabContext } from "../context.js";
import type { MoveCheck } from "../expectation.js";
import { SWITCH_BRIDGE } from "../plan.js";
import { finish, runText } from "../process.js";
import { broadcastOf } from "./addresses.js";
import type { Outcome } from "./outcome.js";
import { whilePinging } from "./steady.js";

interface Mover {
  readonly place: HostPlace;
  readonly namespace: string;
}

/** The change itself in one run of ip, and the host's word at its new place, which the switches and VTEPs learn from. */
async function swap({ instance }: LabContext, { move }: MoveCheck, { place, namespace }: Mover): Promise<void> {
  const commands = [
    command("ip", move.switch, "link", "set", move.from, "nomaster"),
    command("ip", move.switch, "link", "set", move.to, "master", SWITCH_BRIDGE),
  ];
  await runCommands(commands, instance.namespaceOf);
  const own = place.address[4];
  if (own === undefined) throw new VtepError("lab_name", `${move.host} has no IPv4 address`, { host: move.host });
  const target = broadcastOf(own, place.prefixLength[4]);
  // Nobody answers a broadcast echo, which is all the same.
  await finish("ping", ["-b", "-c", "1", "-W", "0.1", "-I", place.interface, target], { namespace });
}

/** What the host knows of others: address and MAC, whatever their state. */
async function neighborsOf(namespace: string): Promise<Map<string, string>> {
  const rows = JSON.parse(await runText("ip", ["-n", namespace, "-j", "neigh"])) as { dst: string; lladdr?: string }[];
  return new Map(rows.flatMap(({ dst, lladdr }) => (lladdr === undefined ? [] : [[dst, lladdr]])));
}

export async function checkMove(context: LabContext, check: MoveCheck): Promise<Outcome> {
  const place = findPlace(context.lab, check.move.host);
  const mover = { place, namespace: context.instance.namespaceOf(place.node) };
  const problems: string[] = [];
  let known: ReadonlyMap<string, string> = new Map();
  const act = async () => {
    known = await neighborsOf(mover.namespace);
    await swap(context, check, mover);
  };
  const afterwards = async () => {
    problems.push(...neighborProblems(known, await neighborsOf(mover.namespace)));
  };
  const outcome = await whilePinging(context, check.move, act, afterwards);
  return { ...outcome, problems: [...outcome.problems, ...problems] };
}

function neighborProblems(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...before]
    .filter(([address, mac]) => after.has(address) && after.get(address) !== mac)
    .map(([address, mac]) => `the host knew ${address} as ${mac}, now as ${after.get(address)}`);
}
