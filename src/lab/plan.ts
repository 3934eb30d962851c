/**
 * From a lab to the commands that make it: pure, so that a test can read them. A command is one line of a tool that
 * runs in one node's namespace; lines of the same tool and node in a row are run as one batch.
 */
import { type Command, command } from "./command.js";
import { homeOf, vrfPlaces } from "./kernel_irb.js";
import { kernelVtepCommands } from "./kernel_vtep.js";
import { subInterfaceCommands, subInterfaceName, tcCommands, trunksOf } from "./sub_interfaces.js";
import { type InterfaceSpec, type LabSpec, type NodeSpec, splitEndpoint, type Variant } from "./topology.js";

export type NamespaceOf = (node: string) => string;

export interface PlanOptions {
  readonly namespaceOf: NamespaceOf;
  /** The compiled `dot1q.bpf.c`. */
  readonly dot1qObject: string;
  /** The compiled `wrong_ethertype.bpf.c`. */
  readonly wrongEthertypeObject: string;
}

/** Quick and quiet: no wait for duplicate address detection, no router solicitations, no reverse path check. */
const COMMON_SYSCTLS = {
  "net.ipv6.conf.all.accept_dad": 0,
  "net.ipv6.conf.default.accept_dad": 0,
  "net.ipv6.conf.default.router_solicitations": 0,
  "net.ipv4.conf.all.rp_filter": 0,
  "net.ipv4.conf.default.rp_filter": 0,
};
/** Bridges of a lab bridge; they do not ask the packet filter, which would drop what it takes for malformed. */
const BRIDGE_SYSCTLS = {
  "net.bridge.bridge-nf-call-iptables": 0,
  "net.bridge.bridge-nf-call-ip6tables": 0,
  "net.bridge.bridge-nf-call-arptables": 0,
};
const ROUTER_SYSCTLS = { "net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1 };
/**
 * Flows are told apart by their ports. In a VRF an ICMP error may come from another VTEP's gateway, which is an address of this one's too (accept_local), and
 * a packet may go back by the L3 VNI that it came from, which is no reason to tell its sender of another way.
 */
const VRF_SYSCTLS = {
  ...ROUTER_SYSCTLS,
  "net.ipv4.conf.all.accept_local": 1,
  "net.ipv4.fib_multipath_hash_policy": 1,
  "net.ipv6.fib_multipath_hash_policy": 1,
  "net.ipv4.conf.all.send_redirects": 0,
  "net.ipv4.conf.default.send_redirects": 0,
};

const DEFAULT_MTU = 1500;
export const SWITCH_BRIDGE = "br0";

/** The lab with the kernel's VTEPs in place of ours, or as it is. */
export function withVariant<L extends LabSpec>(lab: L, variant: Variant): L {
  if (variant !== "kernel") return lab;
  const swap = (spec: NodeSpec): NodeSpec => (spec.kind === "vtepd" ? { ...spec, kind: "kernel-vtep" } : spec);
  return { ...lab, nodes: Object.fromEntries(Object.entries(lab.nodes).map(([node, spec]) => [node, swap(spec)])) };
}

export function plan(lab: LabSpec, options: PlanOptions): Command[] {
  const nodes = Object.entries(lab.nodes);
  const vrfs = nodes.flatMap(([node, spec]) => vrfPlaces(node, spec));
  return [
    ...[...Object.keys(lab.nodes), ...vrfs].map((place) =>
      command("ip", undefined, "netns", "add", options.namespaceOf(place)),
    ),
    ...nodes.flatMap(([node, spec]) =>
      sysctlCommands(node, { ...(spec.kind === "router" ? ROUTER_SYSCTLS : {}), ...spec.sysctls }),
    ),
    ...vrfs.flatMap((place) => sysctlCommands(place, VRF_SYSCTLS)),
    ...lab.links.map((link) => linkCommand(lab, link, options)),
    ...nodes.flatMap(([node, spec]) => nodeCommands(lab, node, spec, options)),
    ...nodes.flatMap(([node, spec]) => routeCommands(node, spec)),
  ];
}

/** Routes go last, and again after a link came back: the kernel forgets those of an interface that went down. */
export function routeCommands(node: string, spec: NodeSpec): Command[] {
  return (spec.routes ?? []).map((route) => command("ip", node, "route", "replace", route));
}

export function interfacesOf(lab: LabSpec, node: string): string[] {
  return lab.links
    .flat()
    .map(splitEndpoint)
    .filter(([owner]) => owner === node)
    .map(([, name]) => name);
}

function sysctlCommands(node: string, sysctls: Readonly<Record<string, number>>): Command[] {
  const settings = Object.entries({ ...COMMON_SYSCTLS, ...BRIDGE_SYSCTLS, ...sysctls });
  return [
    // Not every kernel has them all.
    command("sysctl", node, "--ignore", ...settings.map(([name, value]) => `${name}=${value}`)),
    command("ip", node, "link", "set", "lo", "up"),
  ];
}

function linkCommand(lab: LabSpec, [a, b]: readonly [string, string], options: PlanOptions): Command {
  const ends = [veth(lab, a, options), veth(lab, b, options)] as const;
  return command("ip", undefined, "link", "add", ...ends[0], "type", "veth", "peer", ...ends[1]);
}

function veth(lab: LabSpec, endpoint: string, { namespaceOf }: PlanOptions): string[] {
  const [node, name] = splitEndpoint(endpoint);
  const spec = interfaceSpec(lab, node, name);
  const trunk = trunksOf(lab.nodes[node]).get(name);
  return [
    ...["name", name, "netns", namespaceOf(node), "address", macOf(lab, node, name)],
    ...(spec.mtu === undefined ? [] : ["mtu", String(spec.mtu)]),
    ...(trunk === undefined ? [] : ["index", String(trunk.index)]),
    ...(spec.queues === undefined ? [] : ["numrxqueues", String(spec.queues), "numtxqueues", String(spec.queues)]),
  ];
}

function interfaceSpec(lab: LabSpec, node: string, name: string): InterfaceSpec {
  return lab.nodes[node]?.interfaces?.[name] ?? {};
}

/** Every lab run has the same MAC addresses: 02:00:00:00:NODE:INTERFACE, counted in the order of the file. */
export function macOf(lab: LabSpec, node: string, name: string): string {
  const byte = (value: number) => value.toString(16).padStart(2, "0");
  const given = interfaceSpec(lab, node, name).mac;
  if (given !== undefined) return given;
  const nodeNumber = Object.keys(lab.nodes).indexOf(node) + 1;
  return `02:00:00:00:${byte(nodeNumber)}:${byte(interfacesOf(lab, node).indexOf(name) + 1)}`;
}

/** Up comes last: a bridge port that was up before it was told not to would have made itself an address. */
function nodeCommands(lab: LabSpec, node: string, spec: NodeSpec, options: PlanOptions): Command[] {
  const trunks = [...trunksOf(spec)];
  const subInterfaces = trunks.flatMap(([name, trunk]) => trunk.vlans.map(({ vlan }) => subInterfaceName(name, vlan)));
  const bonds = Object.entries(spec.interfaces ?? {}).filter(([, { bond }]) => bond !== undefined);
  const names = [...interfacesOf(lab, node), ...bonds.map(([name]) => name), ...subInterfaces];
  return [
    ...trunks.flatMap(([name, trunk]) => subInterfaceCommands(node, name, trunk, options.dot1qObject)),
    ...bonds.flatMap(([name, { bond }]) => (bond === undefined ? [] : bondCommands(lab, node, name, bond))),
    ...roleCommands(lab, node, spec, options),
    ...names.map((name) => command("ip", homeOf(node, spec, name), "link", "set", name, "up")),
    ...Object.entries(spec.interfaces ?? {}).flatMap(([name, one]) => [
      ...offloadCommands(homeOf(node, spec, name), name, one),
      ...addressCommands(node, name, one),
    ]),
  ];
}

/** Members join while they are down. Without LACP a member counts for as long as its carrier is there. */
function bondCommands(lab: LabSpec, node: string, name: string, bond: NonNullable<InterfaceSpec["bond"]>): Command[] {
  const mode = ["mode", bond.mode ?? "balance-xor", "miimon", "20", "xmit_hash_policy", "layer3+4"];
  return [
    command("ip", node, "link", "add", name, "address", macOf(lab, node, name), "type", "bond", ...mode),
    ...bond.members.map((member) => command("ip", node, "link", "set", member, "master", name)),
  ];
}

function offloadCommands(node: string, name: string, { offloads = {} }: InterfaceSpec): Command[] {
  const words = Object.entries(offloads).flatMap(([feature, on]) => [feature, on ? "on" : "off"]);
  return words.length === 0 ? [] : [command("ethtool", node, "-K", name, ...words)];
}

function addressCommands(node: string, name: string, spec: InterfaceSpec): Command[] {
  const add = (dev: string, address: string) =>
    command("ip", node, "addr", "add", address, "dev", dev, ...(address.includes(":") ? ["nodad"] : []));
  return [
    ...(spec.addresses ?? []).map((address) => add(name, address)),
    ...Object.entries(spec.vlans ?? {}).flatMap(([vlan, sub]) =>
      sub.addresses.map((address) => add(subInterfaceName(name, Number(vlan)), address)),
    ),
  ];
}

function roleCommands(lab: LabSpec, node: string, spec: NodeSpec, options: PlanOptions): Command[] {
  const { namespaceOf, wrongEthertypeObject } = options;
  if (spec.kind === "switch") {
    const ports = interfacesOf(lab, node);
    const broken = ports.filter((port) => spec.interfaces?.[port]?.wrongEthertype === true);
    return [
      ...switchCommands(node, spec, ports),
      ...broken.flatMap((port) => tcCommands(node, port, "egress", wrongEthertypeObject)),
    ];
  }
  if (spec.kind !== "kernel-vtep" || spec.config === undefined) return [];
  const mtuOf = (name: string) => interfaceSpec(lab, node, name).mtu ?? DEFAULT_MTU;
  return kernelVtepCommands(node, spec.config, { namespaceOf, mtuOf });
}

/** A plain learning switch; it must stay silent itself, or its own ND would stand in the captures. */
function switchCommands(node: string, spec: NodeSpec, ports: readonly string[]): Command[] {
  const joined = ports.filter((port) => spec.interfaces?.[port]?.apart !== true);
  return [
    command("ip", node, "link", "add", SWITCH_BRIDGE, "type", "bridge", "mcast_snooping", "0"),
    command("ip", node, "link", "set", SWITCH_BRIDGE, "addrgenmode", "none"),
    command("ip", node, "link", "set", SWITCH_BRIDGE, "up"),
    ...ports.map((port) => command("ip", node, "link", "set", port, "addrgenmode", "none")),
    ...joined.map((port) => command("ip", node, "link", "set", port, "master", SWITCH_BRIDGE)),
  ];
}
