/** What a person would ask first when a lab fails: collected while the lab still stands. */
import type { LabContext } from "./context.js";
import { vtepNodes } from "./context.js";
import { type Daemon, vtepd } from "./daemon.js";
import type { Cell } from "./frr/cell.js";
import type { Frr } from "./frr/frr.js";
import { vrfPlaces } from "./kernel_irb.js";
import { finish, inNamespace } from "./process.js";

const NOUNS = ["status", "ports", "fdb", "neighbors", "routes", "vteps", "drops"];

async function section(title: string, text: Promise<string>): Promise<string> {
  const body = await text.catch((error: unknown) => String(error));
  return `--- ${title}\n${body.trimEnd()}\n`;
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await finish(program, args);
  return stdout + stderr;
}

async function show(daemon: Daemon, noun: string): Promise<string> {
  const { stdout, stderr } = await vtepd(daemon.socket, ["show", noun]);
  return stdout + stderr;
}

async function daemonSections(daemon: Daemon | undefined): Promise<string[]> {
  if (daemon === undefined) return [];
  const nouns = await Promise.all(NOUNS.map((noun) => section(`${daemon.node}: show ${noun}`, show(daemon, noun))));
  return [...nouns, await section(`${daemon.node}: end of its log`, Promise.resolve(daemon.logTail()))];
}

/** In a cell namespaces have names of their own. */
function kernelSections(title: string, namespace: string, cell?: Cell): Promise<string>[] {
  const views: [string, string[]][] = [
    ["ip", ["-s", "link"]],
    ["ip", ["route", "show", "table", "all"]],
    ["ip", ["neigh", "show", "nud", "all"]],
    ["bridge", ["fdb"]],
  ];
  return views.map(([tool, words]) => {
    const argv = [tool, "-n", namespace, ...words];
    const [program, args] = cell?.inside(argv) ?? inNamespace(undefined, argv);
    return section(`${title}: ${tool} ${words.join(" ")}`, output(program, args));
  });
}

const VTYSH = [
  "show evpn vni",
  "show bgp l2vpn evpn summary",
  "show bgp summary",
  "show bgp l2vpn evpn",
  "show bfd peers brief",
];

function frrSections(frr: Frr): Promise<string>[] {
  return [
    ...VTYSH.map((command) => section(`${frr.node}: vtysh ${command}`, frr.vtysh(command))),
    section(`${frr.node}: end of bgpd's log`, Promise.resolve(frr.logTail("bgpd"))),
  ];
}

export async function diagnose(context: LabContext): Promise<string> {
  const parts: string[] = [];
  for (const node of vtepNodes(context.lab)) {
    parts.push(...(await daemonSections(context.daemons.get(node))));
    for (const place of [node, ...vrfPlaces(node, context.lab.nodes[node])]) {
      parts.push(...(await Promise.all(kernelSections(place, context.instance.namespaceOf(place)))));
    }
    const cell = context.daemons.has(node) ? context.frr.get(node)?.cell : undefined;
    for (const vrf of cell?.vrfs() ?? []) {
      parts.push(...(await Promise.all(kernelSections(`${node}.${vrf}`, vrf, cell))));
    }
  }
  for (const frr of context.frr.values()) parts.push(...(await Promise.all(frrSections(frr))));
  return parts.join("\n");
}
