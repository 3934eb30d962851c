// Anycast gateways: they need a VRF, and one VRF must not have one subnet in two places.

import { isIpv6LinkLocal, networkOf, type Prefix, parsePrefix } from "../address.js";
import type { Path } from "../problem.js";
import { Claims, numbered, type RuleContext } from "./context.js";

export function gatewaysHaveVrf({ config, report, isBroken }: RuleContext): void {
  for (const [index, { gateway, vrf }] of numbered(config.bridgeDomains)) {
    if (gateway === undefined || vrf !== undefined || isBroken(["bridgeDomains", index, "vrf"])) continue;
    report(["bridgeDomains", index, "gateway"], "has no VRF to route in, allowed: together with bridgeDomains[].vrf");
  }
}

/** What leads to the host's stack is a kernel object that is made for zebra. */
export function hostStackNeedsBridge({ config, report }: RuleContext): void {
  if (config.control?.mode !== "static") return;
  for (const [index, { gateway }] of numbered(config.bridgeDomains)) {
    if (gateway?.hostStack !== true) continue;
    const why = "needs the bridge that only control.mode frr makes, allowed: false, or control.mode: frr";
    report(["bridgeDomains", index, "gateway", "hostStack"], `true ${why}`);
  }
}

/** Without VNI there is no way to other VTEPs but by routing. */
export function bridgedDomainsHaveVni({ config, report, isBroken }: RuleContext): void {
  for (const [index, { vni, vrf, gateway }] of numbered(config.bridgeDomains)) {
    const at = (key: string): Path => ["bridgeDomains", index, key];
    const isRouted = (vrf !== undefined || isBroken(at("vrf"))) && (gateway !== undefined || isBroken(at("gateway")));
    if (vni !== undefined || isRouted) continue;
    report(at("vni"), "is missing, allowed: 1..16777215, or vrf and gateway for a domain that is only routed");
  }
}

/** What a domain without VNI cannot have: anything behind another VTEP. */
export function remoteDomainsHaveVni({ config, report, at, isBroken }: RuleContext): void {
  const local = new Map<string, Path>();
  for (const [index, { name, vni }] of numbered(config.bridgeDomains)) {
    const path = ["bridgeDomains", index, "vni"];
    if (name !== undefined && vni === undefined && !isBroken(path)) local.set(name, ["bridgeDomains", index]);
  }
  const check = (path: Path, name: string | undefined): void => {
    const domain = name === undefined ? undefined : local.get(name);
    if (domain === undefined) return;
    report(path, `bridge domain ${name} has no VNI${at(domain)}, allowed: a bridge domain with vni`);
  };
  for (const [index, { bridgeDomains }] of numbered(config.control?.static?.vteps)) {
    for (const [place, name] of numbered(bridgeDomains)) {
      check(["control", "static", "vteps", index, "bridgeDomains", place], name);
    }
  }
  for (const [index, { bridgeDomain }] of numbered(config.control?.static?.fdb)) {
    check(["control", "static", "fdb", index, "bridgeDomain"], bridgeDomain);
  }
}

export function gatewayAddressesOnce({ config, report, at }: RuleContext): void {
  for (const [index, { gateway }] of numbered(config.bridgeDomains)) {
    const claims = new Claims<Path>();
    for (const [place, text] of numbered(gateway?.addresses)) {
      const path = ["bridgeDomains", index, "gateway", "addresses", place];
      const earlier = claims.claim(hostOf(text), path);
      if (earlier)
        report(path, `${hostOf(text)} is already an address of the gateway${at(earlier)}, allowed: each once`);
    }
  }
}

/** The address of ADDRESS/LENGTH. */
export function hostOf(prefix: string): string {
  return prefix.slice(0, prefix.indexOf("/"));
}

interface GatewaySubnet {
  readonly prefix: Prefix;
  readonly text: string;
  readonly domain: number;
  readonly title: string;
  readonly path: Path;
}

export function gatewaySubnetsApart({ config, report, at }: RuleContext): void {
  const byVrf = new Map<string, GatewaySubnet[]>();
  for (const [index, { name = index, vrf, gateway }] of numbered(config.bridgeDomains)) {
    for (const [place, text] of numbered(gateway?.addresses)) {
      const prefix = parsePrefix(text);
      // fe80::1/64 may be the gateway of every domain: link-local subnets are per link.
      if (vrf === undefined || prefix === undefined || isIpv6LinkLocal(prefix.address)) continue;
      const path = ["bridgeDomains", index, "gateway", "addresses", place];
      const subnet = { prefix, text, domain: index, title: `bridge domain ${name}`, path };
      const known = byVrf.get(vrf);
      if (known === undefined) byVrf.set(vrf, [subnet]);
      else known.push(subnet);
    }
  }
  for (const [vrf, subnets] of byVrf) {
    for (const [subnet, other] of overlaps(subnets)) {
      const rest = `of ${other.title} in VRF ${vrf}${at(other.path)}, allowed: subnets that do not overlap`;
      report(subnet.path, `${subnet.text} overlaps ${other.text} ${rest}`);
    }
  }
}

/** Each subnet that lies inside one of another domain, with that one. PERF: linear; a VRF may have thousands. */
function* overlaps(subnets: readonly GatewaySubnet[]): Generator<readonly [GatewaySubnet, GatewaySubnet]> {
  const widestFirst = [...subnets].sort((a, b) => a.prefix.length - b.prefix.length);
  const lengths = [...new Set(widestFirst.map((subnet) => subnet.prefix.length))];
  const claims = new Claims<GatewaySubnet>();
  for (const subnet of widestFirst) {
    const { address, length } = subnet.prefix;
    const around = lengths.filter((wider) => wider < length).map((wider) => networkOf({ address, length: wider }));
    const own = claims.claim(networkOf(subnet.prefix), subnet);
    const others = [...around.map((network) => claims.get(network)), own];
    const other = others.find((candidate) => candidate !== undefined && candidate.domain !== subnet.domain);
    if (other !== undefined) yield [subnet, other];
  }
}
