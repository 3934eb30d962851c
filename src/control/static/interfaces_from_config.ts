// Interfaces and ports of the config file, and those that follow from it: where a gateway's addresses are open to this
// host's own stack, one more port leads there.

import { domainNames } from "../../config/kernel_names.js";
import type { PortConfig, VtepConfig } from "../../config/schema.js";
import { Violation } from "../../tables/port.js";
import { type InterfaceIntent, type PortIntent, portName } from "../intent.js";
import { macOf } from "./routing_from_config.js";

/** A port's hook and repair go for its interface; the config rules refuse two that differ. */
export function interfacesOf(config: VtepConfig): Map<string, InterfaceIntent> {
  const interfaces = new Map<string, InterfaceIntent>();
  const { underlay, underlayHook, repair } = config.vtep;
  for (const name of underlay) {
    const isRepaired = repair?.interfaces?.includes(name) ?? true;
    const uplink = { name, role: "uplink", hook: underlayHook, isHostStack: false } as const;
    interfaces.set(name, { ...uplink, ...repairOf(isRepaired ? repair : undefined) });
  }
  for (const port of config.ports) {
    const { interface: name } = port;
    const known = interfaces.get(name);
    const hook = known === undefined || known.hook === "auto" ? port.hook : known.hook;
    interfaces.set(name, { ...known, name, role: "access", hook, isHostStack: false, ...repairOf(port.repair) });
  }
  for (const { name } of hostStackPorts(config))
    interfaces.set(name, { name, role: "access", hook: "auto", isHostStack: true });
  return interfaces;
}

/** As a property, where there is one: any port of an interface may say it for all. */
function repairOf(repair: PortConfig["repair"]): Pick<InterfaceIntent, "repair"> {
  return repair?.ethertype ? { repair: { ipv6: repair.ipv6 } } : {};
}

export function portsOf(config: VtepConfig): Map<string, PortIntent> {
  const ports = new Map(config.ports.map((port) => [portName(port.interface, port.vlan ?? 0), portOf(port)]));
  for (const { name, bridgeDomain } of hostStackPorts(config)) {
    ports.set(name, { ...UNRESTRICTED, interface: name, vlan: 0, bridgeDomain, isHostStack: true });
  }
  return ports;
}

/** The far ends of stand-in ports that lead here; see frr/objects. */
function hostStackPorts({
  bridgeDomains,
  control,
}: VtepConfig): { readonly name: string; readonly bridgeDomain: string }[] {
  if (control.mode !== "frr") return [];
  return bridgeDomains
    .filter(({ gateway, vrf }) => gateway?.hostStack && vrf !== undefined)
    .map(({ name, vni }) => ({ name: domainNames(control.frr.names, name, vni).portPeer, bridgeDomain: name }));
}

const UNRESTRICTED: Omit<PortIntent, "interface" | "vlan" | "bridgeDomain" | "isHostStack"> = {
  deliversToPeer: false,
  isolated: false,
  maxMacs: 0,
  violation: Violation.PROTECT,
  recoverySeconds: 0,
  sticky: false,
  staticMacs: [],
  allow: [],
  stormRates: [0, 0, 0],
};

function portOf(port: PortConfig): PortIntent {
  const { security, stormControl } = port;
  const violation = security?.violation ?? "shutdown";
  return {
    interface: port.interface,
    vlan: port.vlan ?? 0,
    bridgeDomain: port.bridgeDomain,
    isHostStack: false,
    deliversToPeer: port.deliver === "peer",
    isolated: port.isolated,
    maxMacs: security?.maxMacs ?? 0,
    violation: { protect: Violation.PROTECT, restrict: Violation.RESTRICT, shutdown: Violation.SHUTDOWN }[violation],
    recoverySeconds: security?.recovery ?? 0,
    sticky: security?.sticky ?? false,
    staticMacs: (security?.static ?? []).map(macOf),
    allow: (security?.allow ?? []).map(macOf),
    stormRates: [stormControl.broadcast ?? 0, stormControl.multicast ?? 0, stormControl.unknownUnicast ?? 0],
  };
}
