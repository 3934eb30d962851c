/**
 * The kernel's own VTEP, a bridge and a vxlan device per bridge domain, made from the same configuration as vtepd.
 * It is the peer in interop labs, and with `--vtep kernel` the stand-in for vtepd: what a lab expects should then hold
 * just the same, or the lab is wrong.
 */
import { type Command, command } from "./command.js";
import { subInterfaceName } from "./sub_interfaces.js";
import type { BridgeDomainSpec, PortSpec, VtepSpec } from "./topology.js";

const DEFAULT_UDP_PORT = 4789;
const DEFAULT_SOURCE_PORTS = [49152, 65535] as const;
const HIGHEST_PORT = 65535;

export const bridgeName = (domain: BridgeDomainSpec): string => `br-${domain.name}`;
export const vxlanName = (domain: BridgeDomainSpec): string => `vx${domain.vni}`;

export function kernelVtepCommands(node: string, spec: VtepSpec, mtuOf: (port: PortSpec) => number): Command[] {
  return spec.bridgeDomains.flatMap((domain) => {
    const ports = spec.ports.filter((port) => port.bridgeDomain === domain.name);
    return [
      ...deviceCommands(node, spec, domain, Math.max(...ports.map(mtuOf))),
      ...ports.flatMap((port) => portCommands(node, domain, port)),
      ...remoteCommands(node, spec, domain),
    ];
  });
}

function deviceCommands(node: string, spec: VtepSpec, domain: BridgeDomainSpec, mtu: number): Command[] {
  const bridge = bridgeName(domain);
  const vxlan = vxlanName(domain);
  const learning = domain.learnRemote === true;
  return [
    // Neither may have an address of its own: its ND would stand in the captures.
    command("ip", node, "link", "add", bridge, "type", "bridge", "mcast_snooping", "0"),
    command("ip", node, "link", "set", bridge, "addrgenmode", "none"),
    command("ip", node, "link", "set", bridge, "up"),
    command("ip", node, "link", "add", vxlan, "mtu", String(mtu), "type", "vxlan", ...vxlanOptions(spec, domain)),
    command("ip", node, "link", "set", vxlan, "addrgenmode", "none", "master", bridge),
    command("ip", node, "link", "set", vxlan, "up"),
    command("bridge", node, "link", "set", "dev", vxlan, "learning", learning ? "on" : "off"),
  ];
}

function vxlanOptions({ vtep }: VtepSpec, domain: BridgeDomainSpec): string[] {
  const [low, high] = vtep.sourcePorts ?? DEFAULT_SOURCE_PORTS;
  return [
    ...["id", String(domain.vni), "local", vtep.address, "dstport", String(vtep.udpPort ?? DEFAULT_UDP_PORT)],
    // The kernel's upper bound is exclusive.
    ...["srcport", String(low), String(Math.min(high + 1, HIGHEST_PORT))],
    ...["ttl", String(vtep.ttl ?? 64), "tos", tosWord(vtep.tos), "df", vtep.df ?? "unset"],
    vtep.udpChecksum === true ? "udpcsum" : "noudpcsum",
    domain.learnRemote === true ? "learning" : "nolearning",
  ];
}

/** iproute2 reads hexadecimal here, whatever it looks like. */
const tosWord = (tos: number | "inherit" = "inherit"): string => (tos === "inherit" ? tos : tos.toString(16));

function portCommands(node: string, domain: BridgeDomainSpec, port: PortSpec): Command[] {
  const device = port.vlan === undefined ? port.interface : subInterfaceName(port.interface, port.vlan);
  return [
    command("ip", node, "link", "set", device, "addrgenmode", "none", "master", bridgeName(domain)),
    ...(port.isolated === true ? [command("bridge", node, "link", "set", "dev", device, "isolated", "on")] : []),
  ];
}

function remoteCommands(node: string, spec: VtepSpec, domain: BridgeDomainSpec): Command[] {
  const { vteps = [], fdb = [] } = spec.control.static;
  const device = vxlanName(domain);
  const flood = vteps
    .filter(({ bridgeDomains }) => bridgeDomains.includes(domain.name))
    .map(({ address }) =>
      command("bridge", node, "fdb", "append", "00:00:00:00:00:00", "dev", device, "dst", address, "permanent"),
    );
  const known = fdb
    .filter(({ bridgeDomain }) => bridgeDomain === domain.name)
    .flatMap(({ mac, vtep }) => [
      command("bridge", node, "fdb", "add", mac, "dev", device, "dst", vtep, "self", "permanent"),
      command("bridge", node, "fdb", "add", mac, "dev", device, "master", "static"),
    ]);
  return [...flood, ...known];
}
