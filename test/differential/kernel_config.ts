// The tables of a case in the words of ip(8) and bridge(8), or the reason why the kernel has no words for them.

import type { Given, PortGiven } from "../corpus/case.js";
import { interfaceOf } from "../corpus/given.js";
import { routerMac } from "../corpus/lab.js";

/** Deleted together when the next configuration comes. */
const GROUP = 77;
const ROUTER = { 4: "172.31.255.1", 6: "fe80::1" } as const;

export interface KernelConfig {
  /** Lines for `ip -batch`. */
  readonly ip: readonly string[];
  /** Lines for `bridge -batch`: flood lists and port flags. */
  readonly bridge: readonly string[];
  /** The same, once the ports forward: before, they take no dynamic entries. */
  readonly fdb: readonly string[];
  /** Lines for `ip -batch` that take it all away again. */
  readonly undo: readonly string[];
}

export const isIpv6 = (given: Given): boolean => given.vtep.address.includes(":");

/** What the kernel of this run cannot be told; undefined where the whole case can be. */
export function inexpressible(given: Given): string | undefined {
  const ports = Object.entries(given.ports);
  const domains = Object.values(given.domains);
  const vteps = Object.values(given.vteps);
  if (ports.some(([key]) => key !== interfaceOf(key))) return "VLANs: this kernel has no 8021q and no VLAN filtering";
  if (ports.some(([, port]) => isSecured(port))) return "port security and storm control";
  if (domains.some(({ mobility }) => mobility === "deny")) return "mobility: deny";
  if (given.vrfs !== undefined) return "VRFs: this kernel has no vrf device; the labs route with its namespaces";
  if (domains.some(({ arpSuppression }) => arpSuppression)) return "bindings of neighbours";
  if (given.fdb.some(({ at }) => at === "held")) return "held MACs";
  if (given.fdbCapacity !== undefined) return "a global FDB limit";
  if ([...Object.values(given.ports), ...Object.values(given.uplinks)].some(({ repair }) => repair !== undefined))
    return "a repair of Ethertypes";
  if (vteps.some(({ via }) => via === "resolving")) return "an unresolved next hop: the kernel would ask for it";
  if (vteps.some(({ pathMtu }) => pathMtu !== undefined)) return "a learned path MTU: vxlan keeps none by VTEP";
  if (given.segments !== undefined) return "Ethernet segments: the kernel's bridge knows neither DF nor peers";
  if (given.vtep.mssClamp) return "an MSS clamp";
  if (vteps.some(({ via }) => via.length > 1 && Array.isArray(via)))
    return "equal-cost paths: the kernel picks by a hash of its own";
  return undefined;
}

function isSecured({ sticky, allow, maxMacs, secured, storm }: PortGiven): boolean {
  return [sticky, allow, maxMacs, secured, storm].some((policy) => policy !== undefined);
}

const vxlanName = (vni: number): string => `vx${vni}`;
const bridgeName = (domain: string): string => `br-${domain}`;

export function kernelConfig(given: Given, sourcePort: number): KernelConfig {
  const names = Object.keys(given.domains);
  const router = isIpv6(given) ? ROUTER[6] : ROUTER[4];
  return {
    ip: [
      ...Object.entries(given.uplinks).flatMap(([name, { mtu }]) => uplinkLines(given, name, mtu ?? 1500)),
      ...routes(given).map(({ destination, uplink }) => `route add ${destination} via ${router} dev ${uplink} onlink`),
      ...names.flatMap((name) => domainLines(given, name, sourcePort)),
      ...Object.entries(given.ports).flatMap(([name, { domain, mtu }]) => [
        `link set ${name} mtu ${mtu ?? 1500}`,
        `link set ${name} master ${bridgeName(domain)}`,
      ]),
    ],
    bridge: [...names.flatMap((name) => floodLines(given, name)), ...portLines(given)],
    fdb: fdbLines(given),
    undo: [`link del group ${GROUP}`, ...routes(given).map(({ destination }) => `route del ${destination}`)],
  };
}

function uplinkLines(given: Given, name: string, mtu: number): string[] {
  const router = isIpv6(given) ? ROUTER[6] : ROUTER[4];
  return [`link set ${name} mtu ${mtu}`, `neigh replace ${router} lladdr ${routerMac(name)} dev ${name} nud permanent`];
}

function routes(given: Given): { destination: string; uplink: string }[] {
  const bits = isIpv6(given) ? 128 : 32;
  return Object.values(given.vteps).flatMap(({ address, via }) =>
    typeof via === "string" ? [] : [{ destination: `${address}/${bits}`, uplink: via[0]! }],
  );
}

function domainLines(given: Given, name: string, sourcePort: number): string[] {
  const { vtep, domains } = given;
  const { vni, learnRemote } = domains[name]!;
  const uplinkMtu = Math.min(...Object.values(given.uplinks).map(({ mtu }) => mtu ?? 1500));
  const mtu = uplinkMtu - (isIpv6(given) ? 70 : 50);
  const checksum = isIpv6(given) ? "noudp6zerocsumtx noudp6zerocsumrx" : vtep.udpChecksum ? "udpcsum" : "noudpcsum";
  const header = `ttl ${vtep.ttl} tos ${vtep.tos === "inherit" ? "inherit" : `0x${vtep.tos.toString(16)}`}`;
  const df = isIpv6(given) ? "" : `df ${vtep.df}`;
  const ports = `dstport ${vtep.udpPort} srcport ${sourcePort} ${sourcePort + 1}`;
  const learning = learnRemote ? "learning" : "nolearning";
  const bridge = bridgeName(name);
  return [
    `link add ${bridge} group ${GROUP} type bridge mcast_snooping 0 stp_state 0`,
    `link set ${bridge} up`,
    `link add ${vxlanName(vni)} mtu ${mtu} group ${GROUP} type vxlan id ${vni} local ${vtep.address} ${ports} ${header} ${df} ${checksum} ${learning}`,
    `link set ${vxlanName(vni)} master ${bridge} up`,
  ];
}

function floodLines(given: Given, name: string): string[] {
  const { vni, learnRemote, unknownUnicast } = given.domains[name]!;
  const vxlan = vxlanName(vni);
  const remotes = Object.values(given.vteps).filter(({ floods }) => floods.includes(name));
  return [
    `link set dev ${vxlan} learning ${learnRemote ? "on" : "off"} flood ${unknownUnicast === "drop" ? "off" : "on"}`,
    ...remotes.map(({ address }) => `fdb append 00:00:00:00:00:00 dev ${vxlan} dst ${address} self permanent`),
  ];
}

function portLines(given: Given): string[] {
  return Object.entries(given.ports).flatMap(([name, port]) => {
    const flood = given.domains[port.domain]!.unknownUnicast === "drop" ? "off" : "on";
    const flags = `learning ${port.learning === false ? "off" : "on"} isolated ${port.isolated ? "on" : "off"} flood ${flood}`;
    return [
      `link set dev ${name} ${flags}`,
      ...(port.enabled === false ? [`link set dev ${name} state disabled`] : []),
    ];
  });
}

/** Later entries of a case replace earlier ones, as in the tables. A disabled port takes static entries only. */
function fdbLines(given: Given): string[] {
  return given.fdb.flatMap(({ domain, mac, at, flags = [] }) => {
    const state =
      given.ports[at]?.enabled === false
        ? "static"
        : flags.includes("evpn")
          ? "extern_learn"
          : flags.includes("sticky")
            ? "sticky static"
            : flags.includes("static")
              ? "static"
              : "dynamic";
    const vxlan = vxlanName(given.domains[domain]!.vni);
    const remote = given.vteps[at];
    if (remote === undefined) return [`fdb replace ${mac} dev ${at} master ${state}`];
    return [
      `fdb replace ${mac} dev ${vxlan} master ${state}`,
      `fdb replace ${mac} dev ${vxlan} dst ${remote.address} self ${state.replace("sticky ", "")}`,
    ];
  });
}
