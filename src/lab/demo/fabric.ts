/**
 * The demo: an EVPN fabric of real FRR, from the first BGP session to a host that moves and an uplink that fails. Told
 * step by step; every number is of this run. It ends at the first step that did not go as it must.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { checkConverged } from "../checks/converged.js";
import { checkFlows } from "../checks/flows.js";
import { linkCommands } from "../checks/links.js";
import { moveHost } from "../checks/move.js";
import { type Outcome, PATIENCE_MS } from "../checks/outcome.js";
import { checkPing } from "../checks/ping.js";
import { checkVtysh } from "../checks/vtysh.js";
import { runCommands } from "../command.js";
import { findPlace, hostPlaces, type LabContext, vtepAddress, vtepNodes, vtepSpec } from "../context.js";
import { diagnose } from "../diagnose.js";
import { bindingFact } from "../facts.js";
import { kernelFacts } from "../kernel_facts.js";
import { brokenOff, type Conversation, heardLines, heardSentence, whileTalking } from "./conversations.js";
import { checkKnowledge } from "./knowledge.js";
import { describeLeaf } from "./leaf.js";
import { pingEverybody, sendStreams } from "./reach.js";
import { type Print, secondsSince } from "./text.js";

export const FABRIC_LAB = "evpn-fabric";
const FLOWS = 100;
const POLL_MS = 50;
const HOSTS: Readonly<Record<string, string>> = { r1: "v1", m: "v1", b2: "v2", r3: "k3", b3: "k3" };
const MOVE = { host: "m", switch: "msw", from: "p1", to: "p2" };
/** The first uplink of v1 runs through it, to s1. */
const WIRE = { node: "wire", interfaces: ["p1", "p2"], silent: true } as const;
const FAMILIES = [4, 6] as const;
/** v1 takes the addresses back when the MAC is elsewhere; and who asks from k3 is answered to v2, the gateway there. */
const ASKS = "And m asks for its gateway a moment later: a Linux leaf learns its addresses from nothing else.";

type Step = (context: LabContext, print: Print) => Promise<readonly string[]>;

const STEPS: readonly Step[] = [pingEverybody, sendStreams, move, failUplink, checkKnowledge];

/** What went wrong, if anything did. */
export async function showFabric(context: LabContext, start: number, print: Print): Promise<readonly string[]> {
  const steps: Step[] = [(...told) => converge(...told, start), ...STEPS];
  for (const step of steps) {
    const problems = await step(context, print);
    if (problems.length > 0) return [...problems, await saveDiagnosis(context)];
  }
  return [];
}

async function saveDiagnosis(context: LabContext): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), "vtepd-demo-")), "state.txt");
  writeFileSync(file, await diagnose(context));
  return `the state of every leaf at that moment: ${file}`;
}

/** A host must have spoken before anybody can know it, and what it asks for first is its gateway. */
async function converge(context: LabContext, print: Print, start: number): Promise<readonly string[]> {
  const fabric = [...(await checkConverged(context, { converged: {} })).problems, ...(await awaitAllUplinks(context))];
  if (fabric.length > 0) return fabric;
  const leaves = vtepNodes(context.lab);
  const firstPort = (node: string) => vtepSpec(context.lab, node).ports[0]?.interface ?? "";
  const described = await Promise.all(leaves.map((node) => describeLeaf(context, node, firstPort(node))));
  print(`Everything was made and started, and by EVPN every leaf knows the others, after ${secondsSince(start)}.`);
  print(`Leaves: ${described.join(", ")}; FRR ${await frrVersion(context)} runs on all ${context.frr.size} routers.`);
  const greeted = await Promise.all(hostPlaces(context.lab).map(({ node }) => greet(context, node)));
  const said = Date.now();
  const hosts = await checkConverged(context, { converged: { hosts: HOSTS } });
  print(
    `Each host pinged its gateway; ${secondsSince(said)} later every leaf knew all hosts: MAC, addresses, host routes.`,
  );
  return [...greeted.flat(), ...hosts.problems];
}

async function frrVersion({ frr }: LabContext): Promise<string> {
  const text = await frr.get("v1")?.vtysh("show version");
  return /FRRouting (\S+)/.exec(text ?? "")?.[1] ?? "of unknown version";
}

/** Both of the gateway's addresses. */
async function greet(context: LabContext, host: string): Promise<readonly string[]> {
  const routes = context.lab.nodes[host]?.routes ?? [];
  const to = routes.map((route) => route.split(" via ")[1] ?? "");
  return (await checkPing(context, { ping: { from: host, to, fresh: true } })).problems;
}

/** Not before the leaf has forgotten where the host was: what zebra wrote of it no ARP request changes. */
async function introduce(context: LabContext, host: string, leaf: string): Promise<void> {
  const { address } = findPlace(context.lab, host);
  const mac = context.lab.nodes[host]?.interfaces?.eth0?.mac ?? "";
  const old = [address[4], address[6]].flatMap((one) => (one === undefined ? [] : [bindingFact("red", one, mac)]));
  const known = () => kernelFacts(context.instance, leaf, vtepSpec(context.lab, leaf));
  const deadline = Date.now() + PATIENCE_MS;
  for (let facts = await known(); old.some((fact) => facts.has(fact)); facts = await known()) {
    if (Date.now() > deadline) break;
    await delay(POLL_MS);
  }
  await greet(context, host);
}

async function move(context: LabContext, print: Print): Promise<readonly string[]> {
  const conversations = ["r1", "b3"].flatMap((from) =>
    FAMILIES.map((family): Conversation => ({ from, to: "m", family })),
  );
  const asks = context.variant === "kernel";
  const act = async (): Promise<void> => {
    await moveHost(context, MOVE);
    if (asks) await introduce(context, "m", "v2");
  };
  const heard = await whileTalking(context, conversations, act);
  print(
    "\nHost m moves from v1 to v2, as a virtual machine does: v1 sees no link go down, v2 hears one broadcast of m.",
  );
  if (asks) print(ASKS);
  print("Times are from the last answer by way of v1 to the first by way of v2:");
  for (const line of heardLines(heard)) print(line);
  const greeted = await greet(context, "m");
  const { problems } = await checkConverged(context, { converged: { hosts: { m: "v2" } } });
  return [...brokenOff(heard, "after m moved"), ...greeted, ...problems];
}

async function failUplink(context: LabContext, print: Print): Promise<readonly string[]> {
  const others = hostPlaces(context.lab).filter(({ node }) => node !== "r1");
  const conversations = others.flatMap(({ node }) =>
    FAMILIES.map((family): Conversation => ({ from: "r1", to: node, family })),
  );
  const problems: string[] = [];
  const note = ({ problems: found, detail }: Outcome): string => {
    problems.push(...found);
    return detail;
  };
  print(`\n${FLOWS} flows from v1 to v2 take both uplinks: ${note(await checkShares(context, "both"))}.`);
  const cut = await whileTalking(context, conversations, async () =>
    problems.push(...(await setWire(context, "down"))),
  );
  print("The wire between v1 and s1 is cut where nobody sees a link go down; BFD finds out in 3 × 200 ms:");
  print(`  ${heardSentence(cut)};`);
  print(`  flows now: ${note(await checkShares(context, "s2"))}.`);
  const mended = await whileTalking(context, conversations, async () =>
    problems.push(...(await setWire(context, "up"))),
  );
  print("The wire is mended, and used again:");
  print(`  ${heardSentence(mended)};`);
  print(`  flows now: ${note(await checkShares(context, "both"))}.`);
  return [...brokenOff(cut, "after the cut"), ...brokenOff(mended, "after the repair"), ...problems];
}

async function setWire(context: LabContext, state: "up" | "down"): Promise<readonly string[]> {
  await runCommands(linkCommands(context, { ...WIRE, state }, WIRE.interfaces), context.instance.namespaceOf);
  const waiting = ["v2", "k3"].map((to) => awaitUplinks(context, "v1", to, state));
  return (await Promise.all(waiting)).flat();
}

/** Until every leaf has both ways to every other. */
async function awaitAllUplinks(context: LabContext): Promise<readonly string[]> {
  const leaves = vtepNodes(context.lab);
  const pairs = leaves.flatMap((from) => leaves.flatMap((to) => (to === from ? [] : [{ from, to }])));
  const waiting = pairs.map(({ from, to }) => awaitUplinks(context, from, to, "up"));
  return (await Promise.all(waiting)).flat();
}

/** Until FRR of a leaf has the way by s1 to another, or no more. */
async function awaitUplinks(
  context: LabContext,
  from: string,
  to: string,
  state: "up" | "down",
): Promise<readonly string[]> {
  const prefix = `${vtepAddress(context.lab, to)}/32`;
  const route = (interfaceName: string) => ({ [prefix]: [{ nexthops: [{ interfaceName, active: true }] }] });
  const wanted =
    state === "up" ? { has: [route("up0"), route("up1")] } : { has: [route("up1")], hasNot: [route("up0")] };
  const vtysh = { node: from, command: `show ip route ${prefix} json`, ...wanted };
  return (await checkVtysh(context, { vtysh })).problems;
}

/** The kernel's vxlan device keeps one route per CPU: in our place, all its flows may take one uplink. */
function checkShares(context: LabContext, ways: "both" | "s2"): Promise<Outcome> {
  const some = context.variant === "kernel" ? ([0, 100] as const) : ([25, 75] as const);
  const shares: Record<string, readonly [number, number]> =
    ways === "both" ? { wire: some, s2: some } : { wire: [0, 0], s2: [100, 100] };
  return checkFlows(context, { flows: { from: "r1", to: "b2", count: FLOWS, shares } });
}
