/** Takes all links of an underlay node down or up, and waits until the VTEPs behind them have noticed. */
import { awaitCarrier } from "../carrier.js";
import { type Command, command, runCommands } from "../command.js";
import type { LabContext } from "../context.js";
import { homeOf } from "../kernel_irb.js";
import { interfacesOf, routeCommands } from "../plan.js";
import { type Endpoint, isVtep, type LinkCheck, peerOf, splitEndpoint } from "../topology.js";
import { type Outcome, PATIENCE_MS } from "./outcome.js";
import { pollRows } from "./show.js";

export async function setLinks(context: LabContext, { links }: LinkCheck): Promise<Outcome> {
  const { lab, instance } = context;
  const names = interfacesOf(lab, links.node);
  const spec = lab.nodes[links.node];
  const commands: Command[] = names.map((name) => command("ip", links.node, "link", "set", name, links.state));
  if (spec !== undefined && links.state === "up") commands.push(...routeCommands(links.node, spec));
  await runCommands(commands, instance.namespaceOf);
  const peers = names.flatMap((name) => peerOf(lab, `${links.node}:${name}`) ?? []);
  const problems = (await Promise.all(peers.map((peer) => settle(context, peer, links.state)))).flat();
  return { problems, detail: `${names.length} links ${links.state}` };
}

interface Hop {
  readonly interface: string;
  /** Absent until it is resolved; only then does the leg carry anything. */
  readonly mac?: string | null;
}

/** First the kernel's view of the link, then the daemon's of its next hops. */
async function settle(context: LabContext, peer: Endpoint, state: "up" | "down"): Promise<string[]> {
  const [node, name] = splitEndpoint(peer);
  const spec = context.lab.nodes[node];
  const namespace = context.instance.namespaceOf(homeOf(node, spec, name));
  const late = await awaitCarrier(namespace, [name], state, PATIENCE_MS);
  if (late.length > 0) return [`${peer} does not go ${state}`];
  const daemon = context.daemons.get(node);
  if (daemon === undefined || spec === undefined || !isVtep(spec)) return [];
  const { problems } = await pollRows(daemon.socket, "vteps", (rows) => {
    const uses = rows.map(({ underlay }) => (underlay as Hop[]).some((hop) => hop.interface === name && hop.mac));
    return uses.every((used) => used === (state === "up")) ? [] : [`next hops of ${node}: ${JSON.stringify(rows)}`];
  });
  return [...problems];
}
