/** Takes links of an underlay node down or up, and waits until the VTEPs behind them have noticed. */
import { awaitCarrier } from "../carrier.js";
import { type Command, command, runCommands } from "../command.js";
import type { LabContext } from "../context.js";
import type { LinkCheck } from "../expectation.js";
import { homeOf } from "../kernel_irb.js";
import { interfacesOf, routeCommands, SWITCH_BRIDGE } from "../plan.js";
import { type Endpoint, isVtep, peerOf, splitEndpoint } from "../topology.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";
import { pollRows } from "./show.js";
import { whilePinging } from "./steady.js";

export async function setLinks(context: LabContext, { links }: LinkCheck): Promise<Outcome> {
  const names = links.interfaces ?? interfacesOf(context.lab, links.node);
  const problems: string[] = [];
  const outcome = await whilePinging(context, links, async () => {
    await runCommands(linkCommands(context, links, names), context.instance.namespaceOf);
    if (links.silent !== true) problems.push(...(await settled(context, links, names)));
  });
  const detail = [`${names.length} links ${links.state}`, outcome.detail].filter(Boolean).join(", ");
  return { problems: [...problems, ...outcome.problems], detail };
}

export function linkCommands({ lab }: LabContext, links: LinkCheck["links"], names: readonly string[]): Command[] {
  const { node, state, silent = false } = links;
  const membership = state === "up" ? ["master", SWITCH_BRIDGE] : ["nomaster"];
  const change = silent ? membership : [state];
  const commands = names.map((name) => command("ip", node, "link", "set", name, ...change));
  const spec = lab.nodes[node];
  return spec === undefined || state === "down" ? commands : [...commands, ...routeCommands(node, spec)];
}

async function settled(context: LabContext, { node, state }: LinkCheck["links"], names: readonly string[]) {
  const peers = names.flatMap((name) => peerOf(context.lab, `${node}:${name}`) ?? []);
  return (await Promise.all(peers.map((peer) => settle(context, peer, state)))).flat();
}

interface Hop {
  readonly interface: string;
  /** Absent until it is resolved; only then does the leg carry anything. */
  readonly mac?: string | null;
}

/** First the kernel's view of the link, then the daemon's of its next hops: unless FRR chooses those in its own time. */
async function settle(context: LabContext, peer: Endpoint, state: "up" | "down"): Promise<string[]> {
  const [node, name] = splitEndpoint(peer);
  const spec = context.lab.nodes[node];
  const namespace = context.instance.namespaceOf(homeOf(node, spec, name));
  const late = await awaitCarrier(namespace, [name], state, PATIENCE_MS);
  if (late.length > 0) return [`${peer} does not go ${state}`];
  const daemon = context.daemons.get(node);
  if (daemon === undefined || spec === undefined || !isVtep(spec) || spec.frr !== undefined) return [];
  const { problems } = await pollRows(daemon.socket, "vteps", (rows) => {
    const uses = rows.map(({ underlay }) => (underlay as Hop[]).some((hop) => hop.interface === name && hop.mac));
    return uses.every((used) => used === (state === "up")) ? [] : [`next hops of ${node}: ${JSON.stringify(rows)}`];
  });
  return [...problems];
}
