// Static MACs of ports: they fit the limit of their port, and a MAC has one place in a bridge domain.

import type { Path } from "../problem.js";
import { Claims, numbered, type RuleContext } from "./context.js";

export function staticMacsFit({ config, report, at }: RuleContext): void {
  for (const [index, { security }] of numbered(config.ports)) {
    const count = security?.static?.length ?? 0;
    const limit = security?.maxMacs;
    if (limit === undefined || count <= limit) continue;
    const place = at(["ports", index, "security", "maxMacs"]);
    const message = `${count} static MACs are more than maxMacs${place}, allowed: at most ${limit}`;
    report(["ports", index, "security", "static"], message);
  }
}

interface Place {
  readonly path: Path;
  readonly title: string;
}

/** The gateway, static MACs of ports and remote MACs share the forwarding table of their bridge domain. */
export function macsHaveOnePlace({ config, report, at }: RuleContext): void {
  const claims = new Claims<Place>();
  const check = (domain: string | undefined, mac: string | undefined, place: Place): void => {
    if (domain === undefined || mac === undefined) return;
    const earlier = claims.claim(`${domain} ${mac}`, place);
    if (!earlier) return;
    const where = `${earlier.title} in bridge domain ${domain}${at(earlier.path)}`;
    report(place.path, `${mac} is already ${where}, allowed: one place for each MAC`);
  };
  for (const [index, { name, gateway }] of numbered(config.bridgeDomains)) {
    check(name, gateway?.mac, { path: ["bridgeDomains", index, "gateway", "mac"], title: "the gateway" });
  }
  for (const [index, { bridgeDomain, security, interface: name = "?", vlan }] of numbered(config.ports)) {
    const title = `static on ${name}${vlan === undefined ? "" : ` VLAN ${vlan}`}`;
    for (const [item, mac] of numbered(security?.static)) {
      check(bridgeDomain, mac, { path: ["ports", index, "security", "static", item], title });
    }
  }
  for (const [index, { bridgeDomain, mac, vtep = "?" }] of numbered(config.control?.static?.fdb)) {
    check(bridgeDomain, mac, { path: ["control", "static", "fdb", index, "mac"], title: `behind VTEP ${vtep}` });
  }
}
