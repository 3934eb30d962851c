// Static control: the config file is the whole truth about remote VTEPs and MACs.

import { BdFlag, ConfigFlag, Df, Family } from "../../abi/generated.js";
import type { BridgeDomainConfig, VtepConfig } from "../../config/schema.js";
import type { VtepSettings } from "../../tables/tables.js";
import { frrIntentOf } from "../frr/intent.js";
import type { BridgeDomainIntent, Intent, RemoteMacIntent, VtepIntent } from "../intent.js";
import { mappedAddress } from "../mapped_address.js";
import { interfacesOf, portsOf } from "./interfaces_from_config.js";
import { bindingPolicyOf, gatewayOf, macOf, neighborsOf, routesOf, vrfsOf } from "./routing_from_config.js";

const ECN_BITS = 3;
const DEFAULT_TTL = 64;

export function intentFromConfig(config: VtepConfig): Intent {
  return {
    address: config.vtep.address,
    settings: settingsOf(config),
    interfaces: interfacesOf(config),
    bridgeDomains: new Map(config.bridgeDomains.map((domain) => [domain.name, domainOf(domain)])),
    ports: portsOf(config),
    vteps: vtepsOf(config),
    remoteMacs: remoteMacsOf(config),
    vrfs: vrfsOf(config),
    routes: routesOf(config),
    neighbors: neighborsOf(config),
    frr: frrIntentOf(config),
  };
}

function settingsOf({ vtep }: VtepConfig): VtepSettings {
  const [first, last] = vtep.sourcePorts as readonly [number, number];
  const flags =
    (vtep.ttl === "inherit" ? ConfigFlag.TTL_INHERIT : 0) |
    (vtep.tos === "inherit" ? ConfigFlag.TOS_INHERIT : 0) |
    (vtep.udpChecksum ? ConfigFlag.UDP_CHECKSUM : 0) |
    (vtep.profile === "linux" ? ConfigFlag.PROFILE_LINUX : 0) |
    (vtep.knownVtepsOnly ? ConfigFlag.KNOWN_VTEPS_ONLY : 0) |
    (vtep.mssClamp ? ConfigFlag.MSS_CLAMP : 0);
  return {
    family: vtep.address.includes(":") ? Family.IPV6 : Family.IPV4,
    localAddress: mappedAddress(vtep.address),
    udpPort: vtep.udpPort,
    sourcePortMin: first,
    sourcePortCount: last - first + 1,
    ttl: typeof vtep.ttl === "number" ? vtep.ttl : DEFAULT_TTL,
    tos: typeof vtep.tos === "number" ? vtep.tos & ~ECN_BITS : 0,
    df: { set: Df.SET, unset: Df.UNSET, inherit: Df.INHERIT }[vtep.df as "set" | "unset" | "inherit"],
    flags,
  };
}

function domainOf(domain: BridgeDomainConfig): BridgeDomainIntent {
  const flags =
    (domain.learnRemote ? BdFlag.LEARN_REMOTE : 0) |
    (domain.unknownUnicast === "drop" ? BdFlag.UNKNOWN_UNICAST_DROP : 0) |
    (domain.mobility === "deny" ? BdFlag.MOBILITY_DENY : 0) |
    (domain.vrf !== undefined && domain.gateway !== undefined ? BdFlag.GATEWAY : 0) |
    (domain.arpSuppression ? BdFlag.ARP_SUPPRESSION : 0) |
    (domain.unknownArp === "drop" ? BdFlag.UNKNOWN_ARP_DROP : 0) |
    (domain.knownArp === "unicast-forward" ? BdFlag.UNICAST_FORWARD : 0) |
    (domain.unknownNdOptions === "drop" ? BdFlag.UNKNOWN_OPTION_DROP : 0) |
    (domain.vrf !== undefined && domain.gateway?.central ? BdFlag.GATEWAY_CENTRAL : 0);
  const { name, vni = 0, learning, ageing, unknownUnicastHold } = domain;
  const kept = { learning, ageSeconds: ageing, holdSeconds: unknownUnicastHold, bindings: bindingPolicyOf(domain) };
  return { name, vni, flags, ...kept, gateway: gatewayOf(domain) };
}

/** A MAC or a route may name a VTEP that takes part in no flooding. */
function vtepsOf(config: VtepConfig): Map<string, VtepIntent> {
  const vteps = new Map<string, VtepIntent>();
  const { fdb, routes } = config.control.static;
  for (const { vtep } of [...fdb, ...routes]) vteps.set(vtep, { address: vtep, bridgeDomains: [] });
  for (const { address, bridgeDomains } of config.control.static.vteps) vteps.set(address, { address, bridgeDomains });
  return vteps;
}

function remoteMacsOf(config: VtepConfig): Map<string, RemoteMacIntent> {
  const macs = new Map<string, RemoteMacIntent>();
  for (const { bridgeDomain, mac, vtep } of config.control.static.fdb) {
    macs.set(`${bridgeDomain} ${mac}`, { bridgeDomain, mac: macOf(mac), vtep });
  }
  return macs;
}
