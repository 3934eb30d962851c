// Static control, routing: VRFs, gateways, overlay routes and bindings of the config file.

import type { BridgeDomainConfig, VtepConfig } from "../../config/schema.js";
import { VtepError } from "../../wire/error.js";
import { type Mac, parseMac } from "../../wire/ethernet.js";
import type { BindingPolicy, GatewayIntent, NeighborIntent, NextHopIntent, RouteIntent, VrfIntent } from "../intent.js";
import { linkLocalOf } from "../link_local.js";
import { isLinkLocal, mappedAddress, mappedPrefix } from "../mapped_address.js";
import { formatIp, isIpv4Mapped } from "../netlink/index.js";

type GatewayConfig = NonNullable<BridgeDomainConfig["gateway"]>;

const NO_MAC: Mac = { hi: 0, lo: 0 };

export function gatewayOf({ vrf, gateway }: BridgeDomainConfig): GatewayIntent | undefined {
  if (vrf === undefined || gateway === undefined) return undefined;
  return { vrf, mac: macOf(gateway.mac), addresses: gatewayAddresses(gateway).map(mappedPrefix) };
}

/**
 * Those of the config; where programs of this host speak IPv6 by them, with a link-local one: without it bgpd lets no
 * session come up. SPEC: RFC 4291 §2.1, every interface has one.
 */
export function gatewayAddresses({ mac, addresses, hostStack }: GatewayConfig): readonly string[] {
  const ipv6 = addresses.filter((text) => text.includes(":")).map((text) => mappedPrefix(text).address);
  if (!hostStack || ipv6.length === 0 || ipv6.some(isLinkLocal)) return addresses;
  return [...addresses, `${formatIp(linkLocalOf(macOf(mac)))}/64`];
}

export function bindingPolicyOf({ maxBindings, liveness, duplicateDetection }: BridgeDomainConfig): BindingPolicy {
  return {
    maxBindings,
    intervalSeconds: liveness.interval,
    probes: liveness.probes,
    retrySeconds: liveness.retry,
    duplicateMoves: duplicateDetection.moves,
    duplicateSeconds: duplicateDetection.seconds,
    freezeSeconds: duplicateDetection.freeze,
  };
}

export function vrfsOf(config: VtepConfig): Map<string, VrfIntent> {
  return new Map(
    config.vrfs.map(({ name, l3vni, routerMac, irb }) => {
      const own = config.bridgeDomains.filter(({ vrf }) => vrf === name).flatMap(({ gateway }) => gateway?.addresses);
      const addresses = own
        .filter((text) => text !== undefined)
        .map((text) => mappedPrefix(text).address)
        .filter((address) => !isLinkLocal(address));
      const intent: VrfIntent = {
        name,
        l3Vni: l3vni ?? 0,
        routerMac: routerMac === undefined ? NO_MAC : macOf(routerMac),
        symmetric: irb === "symmetric",
        address4: addresses.find(isIpv4Mapped),
        address6: addresses.find((address) => !isIpv4Mapped(address)),
      };
      return [name, intent];
    }),
  );
}

/** Several VTEPs for one prefix are one route. */
export function routesOf(config: VtepConfig): Map<string, RouteIntent> {
  const routes = new Map<string, RouteIntent & { readonly nextHops: NextHopIntent[] }>();
  for (const { vrf, prefix, vtep, routerMac } of config.control.static.routes) {
    const key = `${vrf} ${prefix}`;
    const route = routes.get(key) ?? { vrf, prefix, ...mappedPrefix(prefix), nextHops: [] };
    route.nextHops.push({ vtep, routerMac: macOf(routerMac) });
    routes.set(key, route);
  }
  return routes;
}

export function neighborsOf(config: VtepConfig): Map<string, NeighborIntent> {
  return new Map(
    config.control.static.neighbors.map(({ bridgeDomain, ip, mac }) => [
      `${bridgeDomain} ${ip}`,
      { bridgeDomain, address: mappedAddress(ip), mac: macOf(mac) },
    ]),
  );
}

export function macOf(text: string): Mac {
  const mac = parseMac(text);
  if (mac === undefined) throw new VtepError("invalid_mac", `${text} is not a MAC address`);
  return { hi: mac.hi, lo: mac.lo };
}
