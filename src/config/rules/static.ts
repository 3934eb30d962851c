// Static bindings and routes that contradict each other. Static MACs are in security.ts: they share a table with ports.

import { Limit } from "../../abi/generated.js";
import type { Path } from "../problem.js";
import { Claims, numbered, type RuleContext } from "./context.js";
import { hostOf } from "./gateway.js";

export function bindingsOnce({ config, report, at }: RuleContext): void {
  const claims = new Claims<{ readonly path: Path; readonly title: string }>();
  for (const [index, { name, gateway }] of numbered(config.bridgeDomains)) {
    for (const [place, text] of numbered(gateway?.addresses)) {
      const path = ["bridgeDomains", index, "gateway", "addresses", place];
      if (name !== undefined) claims.claim(`${name} ${hostOf(text)}`, { path, title: "the gateway" });
    }
  }
  for (const [index, { bridgeDomain, ip, mac = "a MAC" }] of numbered(config.control?.static?.neighbors)) {
    if (bridgeDomain === undefined || ip === undefined) continue;
    const path = ["control", "static", "neighbors", index, "ip"];
    const earlier = claims.claim(`${bridgeDomain} ${ip}`, { path, title: `bound to ${mac}` });
    if (!earlier) continue;
    const where = `${earlier.title} in bridge domain ${bridgeDomain}${at(earlier.path)}`;
    report(path, `${ip} is already ${where}, allowed: one MAC for each address`);
  }
}

export function routesOnce({ config, report, at }: RuleContext): void {
  const claims = new Claims<Path>();
  for (const [index, { vrf, prefix, vtep }] of numbered(config.control?.static?.routes)) {
    if (vrf === undefined || prefix === undefined || vtep === undefined) continue;
    const path = ["control", "static", "routes", index, "prefix"];
    const earlier = claims.claim(`${vrf} ${prefix} ${vtep}`, path);
    if (!earlier) continue;
    const allowed = "each once; ECMP goes to different VTEPs";
    report(path, `${prefix} by VTEP ${vtep} is already a route of VRF ${vrf}${at(earlier)}, allowed: ${allowed}`);
  }
}

/** A router MAC belongs to a VTEP inside an L3 VNI: the far side drops what is sent to another. */
export function routerMacsAgree({ config, report, at }: RuleContext): void {
  const claims = new Claims<{ readonly path: Path; readonly mac: string }>();
  for (const [index, { vrf, vtep, routerMac }] of numbered(config.control?.static?.routes)) {
    if (vrf === undefined || vtep === undefined || routerMac === undefined) continue;
    const path = ["control", "static", "routes", index, "routerMac"];
    const earlier = claims.claim(`${vrf} ${vtep}`, { path, mac: routerMac });
    if (earlier === undefined || earlier.mac === routerMac) continue;
    const before = `VTEP ${vtep} already has router MAC ${earlier.mac} in VRF ${vrf}${at(earlier.path)}`;
    report(path, `${before}, allowed: one router MAC for each VTEP and VRF`);
  }
}

export function routesHaveL3Vni({ config, report, isBroken }: RuleContext): void {
  const without = new Set<string>();
  for (const [index, { name, irb, l3vni }] of numbered(config.vrfs)) {
    // A symmetric VRF without L3 VNI is reported at the VRF.
    const missing = l3vni === undefined && !isBroken(["vrfs", index, "l3vni"]);
    if (name !== undefined && irb === "asymmetric" && missing) without.add(name);
  }
  for (const [index, { vrf }] of numbered(config.control?.static?.routes)) {
    if (vrf === undefined || !without.has(vrf)) continue;
    const path = ["control", "static", "routes", index, "vrf"];
    report(path, `VRF ${vrf} has no L3 VNI to send with, allowed: a VRF with l3vni`);
  }
}

/** Tables hold so many different sets of next hops and so many router MACs; a gateway's own subnet is one of each. */
export function routesFitTables({ config, report }: RuleContext): void {
  const nextHops = new Set<string>();
  const sets = new Map<string, string[]>();
  const gateways = [...numbered(config.bridgeDomains)].filter(([, { gateway }]) => gateway !== undefined).length;
  for (const [index, { vrf, prefix, vtep, routerMac }] of numbered(config.control?.static?.routes)) {
    const nextHop = `${vtep} ${routerMac}`;
    nextHops.add(nextHop);
    const key = `${vrf} ${prefix}`;
    sets.set(key, [...(sets.get(key) ?? []), nextHop]);
    if (nextHops.size + gateways < Limit.MAX_PATHS) continue;
    const path = ["control", "static", "routes", index, "routerMac"];
    report(path, `is one router MAC too many, allowed: ${Limit.MAX_PATHS - 1 - gateways} pairs of VTEP and router MAC`);
    return;
  }
  const different = new Set([...sets.values()].map((members) => members.sort().join()));
  if (different.size + gateways < Limit.MAX_ROUTES) return;
  const allowed = `${Limit.MAX_ROUTES - 1 - gateways} beside ${gateways} gateways`;
  report(["control", "static", "routes"], `have ${different.size} different sets of VTEPs, allowed: ${allowed}`);
}
