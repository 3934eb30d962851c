/**
 * What a VTEP can know of the network, as lines that are the same whoever is asked: `flood red 10.255.0.2`,
 * `mac red 02:aa:00:00:00:02 10.255.0.2`, `binding red 192.168.1.2 02:aa:00:00:00:02`,
 * `route tenant 192.168.2.0/24 10.255.0.2`. Here is what follows from a lab; `kernel_facts.ts` and `daemon_facts.ts` ask.
 */
import { VtepError } from "../wire/error.js";
import { findPlace, type HostPlace, vtepAddress, vtepNodes, vtepSpec } from "./context.js";
import type { ConvergedCheck } from "./expectation.js";
import { isAddress, normalAddress } from "./outer.js";
import { macOf } from "./plan.js";
import { subInterfaceName } from "./sub_interfaces.js";
import { type BridgeDomainSpec, type Lab, peerOf, splitEndpoint, type VrfSpec } from "./topology.js";

export type Fact = string;

export const floodFact = (domain: string, vtep: string): Fact => `flood ${domain} ${normalAddress(vtep)}`;
export const macFact = (domain: string, mac: string, vtep: string): Fact =>
  `mac ${domain} ${mac} ${normalAddress(vtep)}`;
export const bindingFact = (domain: string, ip: string, mac: string): Fact =>
  `binding ${domain} ${normalAddress(ip)} ${mac}`;
export const routeFact = (vrf: string, prefix: string, vtep: string): Fact =>
  `route ${vrf} ${normalPrefix(prefix)} ${normalAddress(vtep)}`;

function normalPrefix(prefix: string): string {
  const [address = "", length] = prefix.split("/");
  const bits = length ?? (address.includes(":") ? "128" : "32");
  return `${normalAddress(address)}/${bits}`;
}

/** What a VTEP must know, and the beginnings of what it must not. */
export interface Knowledge {
  readonly wanted: readonly Fact[];
  readonly unwanted: readonly string[];
}

export function problemsWith(known: ReadonlySet<Fact>, { wanted, unwanted }: Knowledge): string[] {
  const missing = wanted.filter((fact) => !known.has(fact)).map((fact) => `does not know: ${fact}`);
  const wrong = [...known].filter((fact) => unwanted.some((beginning) => fact.startsWith(beginning)));
  return [...missing, ...wrong.map((fact) => `still knows: ${fact}`)];
}

/** By VTEP. */
export function expectedKnowledge(lab: Lab, { converged }: ConvergedCheck): Map<string, Knowledge> {
  const nodes = converged.nodes ?? vtepNodes(lab);
  return new Map(nodes.map((node) => [node, knowledgeOf(lab, node, nodes, converged)]));
}

function knowledgeOf(
  lab: Lab,
  node: string,
  nodes: readonly string[],
  { hosts = {}, absent = [], routes = {} }: ConvergedCheck["converged"],
): Knowledge {
  const others = nodes.filter((other) => other !== node);
  const located = Object.entries(hosts).map(([host, vtep]) => locate(lab, host, vtep));
  return {
    wanted: [
      ...others.flatMap((other) => floodFacts(lab, node, other)),
      ...located.flatMap((host) => (host.vtep === node ? [] : hostFacts(lab, node, host))),
      ...prefixFacts(lab, node, routes),
    ],
    unwanted: absent.flatMap((host) => absentFacts(lab, node, findPlace(lab, host))),
  };
}

/** The VTEPs take part in the same VNIs under whatever names. */
function sharedDomains(lab: Lab, node: string, vni: number | undefined): BridgeDomainSpec[] {
  return vtepSpec(lab, node).bridgeDomains.filter((domain) => vni !== undefined && domain.vni === vni);
}

function floodFacts(lab: Lab, node: string, other: string): Fact[] {
  return vtepSpec(lab, other).bridgeDomains.flatMap(({ vni }) =>
    sharedDomains(lab, node, vni).map(({ name }) => floodFact(name, vtepAddress(lab, other))),
  );
}

interface LocatedHost {
  readonly place: HostPlace;
  readonly mac: string;
  readonly vtep: string;
  readonly domain: BridgeDomainSpec;
}

function locate(lab: Lab, host: string, vtep: string): LocatedHost {
  const place = findPlace(lab, host);
  const domain = domainBehind(lab, place, vtep);
  if (domain === undefined) throw new VtepError("lab_name", `${host} is not behind a port of ${vtep}`, { host, vtep });
  return { place, mac: hostMac(lab, place), vtep, domain };
}

function hostMac(lab: Lab, { node, interface: name }: HostPlace): string {
  const [trunk = "", vlan] = name.split(".");
  const own = vlan === undefined ? undefined : lab.nodes[node]?.interfaces?.[trunk]?.vlans?.[Number(vlan)]?.mac;
  return own ?? macOf(lab, node, trunk);
}

/** Directly, or through a switch. */
function domainBehind(lab: Lab, { node, interface: name }: HostPlace, vtep: string): BridgeDomainSpec | undefined {
  const [trunk = "", vlan] = name.split(".");
  const { ports, bridgeDomains } = vtepSpec(lab, vtep);
  const reached = reachedFrom(lab, `${node}:${trunk}`).filter(([owner]) => owner === vtep);
  const names = reached.map(([, port]) => (vlan === undefined ? port : subInterfaceName(port, Number(vlan))));
  const port = ports.find((one) =>
    names.includes(one.vlan === undefined ? one.interface : subInterfaceName(one.interface, one.vlan)),
  );
  return bridgeDomains.find((domain) => domain.name === port?.bridgeDomain);
}

function reachedFrom(lab: Lab, endpoint: string): [string, string][] {
  const peer = peerOf(lab, endpoint);
  if (peer === undefined) return [];
  const [node, name] = splitEndpoint(peer);
  if (lab.nodes[node]?.kind !== "switch") return [[node, name]];
  const ports = lab.links.flat().filter((end) => end !== peer && splitEndpoint(end)[0] === node);
  return ports.map((port) => splitEndpoint(peerOf(lab, port) ?? port));
}

const addressesOf = ({ address }: HostPlace): string[] => [address[4], address[6]].flatMap((one) => one ?? []);

function hostFacts(lab: Lab, node: string, { place, mac, vtep, domain }: LocatedHost): Fact[] {
  const address = vtepAddress(lab, vtep);
  const known = domain.gateway === undefined ? [] : addressesOf(place);
  const inDomain = sharedDomains(lab, node, domain.vni).flatMap(({ name }) => [
    macFact(name, mac, address),
    ...known.map((ip) => bindingFact(name, ip, mac)),
  ]);
  const vrf = sharedVrf(lab, node, vtep, domain.vrf);
  return [...inDomain, ...(vrf === undefined ? [] : known.map((ip) => routeFact(vrf.name, ip, address)))];
}

/** The VRF of `node` with the L3 VNI of the other VTEP's, if both route through it. */
function sharedVrf(lab: Lab, node: string, other: string, name: string | undefined): VrfSpec | undefined {
  const theirs = vtepSpec(lab, other).vrfs?.find((vrf) => vrf.name === name);
  if (theirs?.l3vni === undefined || theirs.irb === "asymmetric") return undefined;
  return vtepSpec(lab, node).vrfs?.find(({ l3vni, irb }) => l3vni === theirs.l3vni && irb !== "asymmetric");
}

function prefixFacts(lab: Lab, node: string, routes: NonNullable<ConvergedCheck["converged"]["routes"]>): Fact[] {
  const vrfs = new Set((vtepSpec(lab, node).vrfs ?? []).map(({ name }) => name));
  return Object.entries(routes).flatMap(([vrf, prefixes]) =>
    Object.entries(prefixes).flatMap(([prefix, vteps]) => {
      if (!vrfs.has(vrf) || vteps.includes(node)) return [];
      return vteps.map((vtep) => routeFact(vrf, prefix, isAddress(vtep) ? vtep : vtepAddress(lab, vtep)));
    }),
  );
}

function absentFacts(lab: Lab, node: string, place: HostPlace): string[] {
  const { bridgeDomains, vrfs = [] } = vtepSpec(lab, node);
  const mac = hostMac(lab, place);
  return [
    ...bridgeDomains.map(({ name }) => `mac ${name} ${mac} `),
    ...vrfs.flatMap(({ name }) => addressesOf(place).map((ip) => `route ${name} ${normalPrefix(ip)} `)),
  ];
}
