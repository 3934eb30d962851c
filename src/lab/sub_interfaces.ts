/**
 * 802.1Q sub-interfaces without the kernel's 8021q module: veth pairs joined to the trunk by `netns-lab/dot1q.bpf.c`,
 * which says how. Hosts that send tagged frames use them, and so does the kernel's VTEP for its tagged ports.
 */
import { type Command, command } from "./command.js";
import type { NodeSpec } from "./topology.js";

const TRUNK_STEP = 1000;
const INNER_STEP = 10_000;

export interface Trunk {
  /** The interface index that the program expects. */
  readonly index: number;
  readonly vlans: readonly SubInterface[];
}

export interface SubInterface {
  readonly vlan: number;
  readonly mac?: string | undefined;
}

export const subInterfaceName = (trunk: string, vlan: number): string => `${trunk}.${vlan}`;
const innerName = (trunk: string, vlan: number): string => `${trunk}.${vlan}i`;

/** The interfaces of a node that carry tagged frames for sub-interfaces of that node. */
export function trunksOf(spec: NodeSpec | undefined): Map<string, Trunk> {
  const vlans = new Map<string, SubInterface[]>();
  for (const [name, one] of subInterfaces(spec)) vlans.set(name, [...(vlans.get(name) ?? []), one]);
  const entries = [...vlans].map(([name, list], order): [string, Trunk] => [
    name,
    { index: (order + 1) * TRUNK_STEP, vlans: list },
  ]);
  return new Map(entries);
}

function subInterfaces(spec: NodeSpec | undefined): [string, SubInterface][] {
  if (spec?.kind === "kernel-vtep") {
    return (spec.config?.ports ?? []).flatMap(({ interface: name, vlan }): [string, SubInterface][] =>
      vlan === undefined ? [] : [[name, { vlan }]],
    );
  }
  return Object.entries(spec?.interfaces ?? {}).flatMap(([name, { vlans = {} }]) =>
    Object.entries(vlans).map(([vlan, sub]): [string, SubInterface] => [name, { vlan: Number(vlan), mac: sub.mac }]),
  );
}

export function subInterfaceCommands(node: string, name: string, trunk: Trunk, object: string): Command[] {
  const pairs = trunk.vlans.flatMap(({ vlan, mac }) => {
    const inner = innerName(name, vlan);
    const outer = subInterfaceName(name, vlan);
    const index = String((trunk.index / TRUNK_STEP) * INNER_STEP + vlan);
    const address = mac === undefined ? [] : ["address", mac];
    return [
      command("ip", node, "link", "add", inner, "index", index, "type", "veth", "peer", "name", outer, ...address),
      command("ip", node, "link", "set", inner, "addrgenmode", "none"),
      command("ip", node, "link", "set", inner, "up"),
    ];
  });
  const joined = [name, ...trunk.vlans.map(({ vlan }) => innerName(name, vlan))];
  return [...pairs, ...joined.flatMap((device) => tcCommands(node, device, "ingress", object))];
}

/** The program of a compiled object at a device. */
export function tcCommands(node: string, device: string, side: "ingress" | "egress", object: string): Command[] {
  return [
    command("tc", node, "qdisc", "add", "dev", device, "clsact"),
    command("tc", node, "filter", "add", "dev", device, side, "bpf", "direct-action", "obj", object, "sec", "tc"),
  ];
}
