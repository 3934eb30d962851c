/**
 * The kernel's VTEP as a router (RFC 9135). A VRF is a network namespace, which every kernel has: the bridges of its
 * domains, its access ports and its vxlan devices are moved there, while their UDP sockets stay with the underlay. The
 * bridge itself is the gateway: it has the addresses and the MAC.
 */
import { type Command, command } from "./command.js";
import {
  bridgeCommands,
  portDevice,
  remoteMacCommands,
  roomOf,
  type Surroundings,
  tunnelCommands,
  vxlanName,
} from "./kernel_vtep.js";
import type { BridgeDomainSpec, NodeSpec, RouteSpec, VrfSpec, VtepSpec } from "./topology.js";

/** Where a VRF of a node lives: a node of its own to everything that runs commands. */
export const vrfPlace = (node: string, vrf: string): string => `${node}.${vrf}`;

export const placeOf = (node: string, domain: BridgeDomainSpec): string =>
  domain.vrf === undefined ? node : vrfPlace(node, domain.vrf);

/** The VRFs of a node that are namespaces. */
export function vrfPlaces(node: string, spec: NodeSpec | undefined): string[] {
  if (spec?.kind !== "kernel-vtep") return [];
  return (spec.config?.vrfs ?? []).map(({ name }) => vrfPlace(node, name));
}

/** Where an interface of a node is once everything is made. */
export function homeOf(node: string, spec: NodeSpec | undefined, interfaceName: string): string {
  if (spec?.kind !== "kernel-vtep") return node;
  const port = spec.config?.ports.find((one) => portDevice(one) === interfaceName);
  const domain = spec.config?.bridgeDomains.find(({ name }) => name === port?.bridgeDomain);
  return domain === undefined ? node : placeOf(node, domain);
}

/** The addresses of the gateway, and the bindings of remote hosts, for which the bridge then answers. */
export function gatewayCommands(place: string, spec: VtepSpec, domain: BridgeDomainSpec, bridge: string): Command[] {
  const { gateway, vni, arpSuppression = true } = domain;
  const neighbors = (spec.control.static?.neighbors ?? []).filter(({ bridgeDomain }) => bridgeDomain === domain.name);
  const knowsHosts = gateway !== undefined || spec.control.mode === "frr";
  const suppresses = knowsHosts && vni !== undefined && arpSuppression;
  return [
    ...(suppresses ? [command("bridge", place, "link", "set", "dev", vxlanName(vni), "neigh_suppress", "on")] : []),
    ...(gateway?.addresses ?? []).map((address) => addressCommand(place, bridge, address)),
    ...neighbors.map(({ ip, mac }) => neighborCommand(place, bridge, ip, mac)),
  ];
}

function addressCommand(place: string, bridge: string, address: string): Command {
  return command("ip", place, "addr", "add", address, "dev", bridge, ...(address.includes(":") ? ["nodad"] : []));
}

function neighborCommand(place: string, bridge: string, ip: string, mac: string): Command {
  return command("ip", place, "neigh", "replace", ip, "lladdr", mac, "dev", bridge, "nud", "permanent");
}

/** The L3 VNI: a bridge whose MAC is the router MAC, without an address, and routes that lead into it. */
export function vrfCommands(node: string, spec: VtepSpec, vrf: VrfSpec, around: Surroundings): Command[] {
  const { name, l3vni, routerMac, irb = "symmetric" } = vrf;
  if (irb !== "symmetric" || l3vni === undefined) return [];
  const place = vrfPlace(node, name);
  const bridge = `br${l3vni}`;
  const routes = (spec.control.static?.routes ?? []).filter((route) => route.vrf === name);
  const routers = new Map(routes.map((route) => [route.vtep, route.routerMac]));
  const tunnel = { bridge, vni: l3vni, mtu: roomOf(spec, around.mtuOf), learning: false };
  return [
    ...bridgeCommands(place, bridge, routerMac, "none"),
    ...tunnelCommands(node, place, spec, tunnel, around),
    ...[...routers].flatMap(([vtep, mac]) => [
      ...remoteMacCommands(place, l3vni, mac, vtep),
      ...nextHops(vtep).map((ip) => neighborCommand(place, bridge, ip, mac)),
    ]),
    ...[...new Set(routes.map(({ prefix }) => prefix))].map((prefix) => {
      const group = routes.filter((route) => route.prefix === prefix);
      return routeCommand(place, bridge, prefix, group);
    }),
  ];
}

/** The VTEP as next hop of either family; an IPv4 one stands in IPv6 as its mapped address, as zebra writes it. */
const nextHops = (vtep: string): string[] => (vtep.includes(":") ? [vtep] : [vtep, `::ffff:${vtep}`]);

function routeCommand(place: string, bridge: string, prefix: string, group: readonly RouteSpec[]): Command {
  const via = ({ vtep }: RouteSpec): string => {
    if (prefix.includes(":")) return `via ${nextHops(vtep).at(-1)}`;
    return vtep.includes(":") ? `via inet6 ${vtep}` : `via ${vtep}`;
  };
  const legs = group.map((route) => `nexthop ${via(route)} dev ${bridge} onlink`);
  return command("ip", place, "route", "replace", prefix, ...legs);
}
