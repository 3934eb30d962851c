/**
 * The kernel's own VTEP, a bridge and a vxlan device per bridge domain, made from the same configuration as vtepd.
 * It is the peer in interop labs, and with `--vtep kernel` the stand-in for vtepd: what a lab expects should then hold
 * just the same, or the lab is wrong. What routes is in `kernel_irb.ts`.
 */
import { type Command, command } from "./command.js";
import { gatewayCommands, placeOf, vrfCommands } from "./kernel_irb.js";
import { subInterfaceName } from "./sub_interfaces.js";
import type { BridgeDomainSpec, PortSpec, VtepSpec } from "./topology.js";

const DEFAULT_UDP_PORT = 4789;
const DEFAULT_SOURCE_PORTS = [49152, 65535] as const;
const HIGHEST_PORT = 65535;
/** Inner Ethernet, VXLAN, UDP and IP. */
const OVERHEAD = { 4: 50, 6: 70 } as const;

export const vxlanName = (vni: number): string => `vx${vni}`;

/** What the plan knows and the configuration does not say. */
export interface Surroundings {
  readonly namespaceOf: (node: string) => string;
  readonly mtuOf: (interfaceName: string) => number;
}

/** A vxlan device and the bridge that it is in. */
export interface Tunnel {
  readonly bridge: string;
  readonly vni: number;
  readonly mtu: number;
  readonly learning: boolean;
}

export function kernelVtepCommands(node: string, spec: VtepSpec, around: Surroundings): Command[] {
  return [
    ...spec.bridgeDomains.flatMap((domain) => domainCommands(node, spec, domain, around)),
    ...(spec.vrfs ?? []).flatMap((vrf) => vrfCommands(node, spec, vrf, around)),
  ];
}

function domainCommands(node: string, spec: VtepSpec, domain: BridgeDomainSpec, around: Surroundings): Command[] {
  const place = placeOf(node, domain);
  const bridge = `br-${domain.name}`;
  const ports = spec.ports.filter((port) => port.bridgeDomain === domain.name);
  return [
    ...bridgeCommands(place, bridge, domain.gateway?.mac, domain.gateway === undefined ? "none" : "eui64"),
    ...tunnelOf(spec, domain, ports, around).flatMap((tunnel) => tunnelCommands(node, place, spec, tunnel, around)),
    ...ports.flatMap((port) => portCommands(node, place, bridge, port, around)),
    ...gatewayCommands(place, spec, domain, bridge),
    ...remoteCommands(place, spec, domain),
  ];
}

/**
 * A bridge has no address of its own, for its ND would stand in the captures; but a gateway needs a link-local one,
 * without which the kernel cannot ask for a host (ndisc_send_ns).
 */
export function bridgeCommands(
  place: string,
  bridge: string,
  mac: string | undefined,
  linkLocal: "none" | "eui64",
): Command[] {
  const address = mac === undefined ? [] : ["address", mac];
  return [
    command("ip", place, "link", "add", bridge, ...address, "type", "bridge", "mcast_snooping", "0"),
    command("ip", place, "link", "set", bridge, "addrgenmode", linkLocal),
    command("ip", place, "link", "set", bridge, "up"),
  ];
}

/** No larger than its ports need, and than the underlay carries. */
function tunnelOf(
  spec: VtepSpec,
  { name, vni, learnRemote = false }: BridgeDomainSpec,
  ports: readonly PortSpec[],
  { mtuOf }: Surroundings,
): Tunnel[] {
  if (vni === undefined) return [];
  const portMtus = ports.map((port) => mtuOf(port.interface));
  const mtu = Math.min(roomOf(spec, mtuOf), portMtus.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...portMtus));
  return [{ bridge: `br-${name}`, vni, mtu, learning: learnRemote }];
}

/** The largest inner IP packet that the uplinks take. */
export function roomOf({ vtep }: VtepSpec, mtuOf: (interfaceName: string) => number): number {
  return Math.min(...vtep.underlay.map(mtuOf)) - OVERHEAD[vtep.address.includes(":") ? 6 : 4];
}

/** The device is made where the underlay is: that is where its socket stays when it moves. */
export function tunnelCommands(
  node: string,
  place: string,
  spec: VtepSpec,
  tunnel: Tunnel,
  { namespaceOf }: Surroundings,
): Command[] {
  const { bridge, vni, mtu, learning } = tunnel;
  const vxlan = vxlanName(vni);
  const options = vxlanOptions(spec, vni, learning);
  return [
    command("ip", node, "link", "add", vxlan, "mtu", String(mtu), "type", "vxlan", ...options),
    ...(place === node ? [] : [command("ip", node, "link", "set", vxlan, "netns", namespaceOf(place))]),
    command("ip", place, "link", "set", vxlan, "addrgenmode", "none", "master", bridge),
    command("ip", place, "link", "set", vxlan, "up"),
    command("bridge", place, "link", "set", "dev", vxlan, "learning", learning ? "on" : "off"),
  ];
}

function vxlanOptions({ vtep }: VtepSpec, vni: number, learning: boolean): string[] {
  const [low, high] = vtep.sourcePorts ?? DEFAULT_SOURCE_PORTS;
  return [
    ...["id", String(vni), "local", vtep.address, "dstport", String(vtep.udpPort ?? DEFAULT_UDP_PORT)],
    // The kernel's upper bound is exclusive.
    ...["srcport", String(low), String(Math.min(high + 1, HIGHEST_PORT))],
    ...["ttl", String(vtep.ttl ?? 64), "tos", tosWord(vtep.tos), "df", vtep.df ?? "unset"],
    vtep.udpChecksum === true ? "udpcsum" : "noudpcsum",
    learning ? "learning" : "nolearning",
  ];
}

/** iproute2 reads hexadecimal here, whatever it looks like. */
const tosWord = (tos: number | "inherit" = "inherit"): string => (tos === "inherit" ? tos : tos.toString(16));

export const portDevice = ({ interface: name, vlan }: PortSpec): string =>
  vlan === undefined ? name : subInterfaceName(name, vlan);

function portCommands(
  node: string,
  place: string,
  bridge: string,
  port: PortSpec,
  { namespaceOf }: Surroundings,
): Command[] {
  const device = portDevice(port);
  return [
    ...(place === node ? [] : [command("ip", node, "link", "set", device, "netns", namespaceOf(place))]),
    command("ip", place, "link", "set", device, "addrgenmode", "none", "master", bridge),
    ...(port.isolated === true ? [command("bridge", place, "link", "set", "dev", device, "isolated", "on")] : []),
    ...staticMacCommands(place, device, port),
  ];
}

/** Sticky ones zebra announces as such; the kernel cannot make those that it learns sticky. */
function staticMacCommands(place: string, device: string, { security = {} }: PortSpec): Command[] {
  const sticky = security.sticky === true ? ["sticky"] : [];
  return (security.static ?? []).map((mac) =>
    command("bridge", place, "fdb", "replace", mac, "dev", device, "master", "static", ...sticky),
  );
}

function remoteCommands(place: string, spec: VtepSpec, { name, vni }: BridgeDomainSpec): Command[] {
  if (vni === undefined) return [];
  const { vteps = [], fdb = [] } = spec.control.static ?? {};
  const flood = vteps
    .filter(({ bridgeDomains = [] }) => bridgeDomains.includes(name))
    .map(({ address }) =>
      command(
        "bridge",
        place,
        "fdb",
        "append",
        "00:00:00:00:00:00",
        "dev",
        vxlanName(vni),
        "dst",
        address,
        "permanent",
      ),
    );
  const known = fdb
    .filter(({ bridgeDomain }) => bridgeDomain === name)
    .flatMap(({ mac, vtep }) => remoteMacCommands(place, vni, mac, vtep));
  return [...flood, ...known];
}

/** A MAC behind a VTEP: for the vxlan device, and for the bridge. */
export function remoteMacCommands(place: string, vni: number, mac: string, vtep: string): Command[] {
  const device = vxlanName(vni);
  return [
    command("bridge", place, "fdb", "add", mac, "dev", device, "dst", vtep, "self", "permanent"),
    command("bridge", place, "fdb", "add", mac, "dev", device, "master", "static"),
  ];
}
