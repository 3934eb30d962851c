// The VTEP of the routed paths, and what it routes between: the host's subnet, and one behind the other VTEP.
import { addresses, FIRST, macs, vtepOf } from "./topology.mjs";

const TENANT = "tenant";
export const L3_VNI = 5000;
export const FAR_VNI = 200;
export const gatewayMacs = { host: "02:00:5e:00:01:00", far: "02:00:5e:00:02:00" };
export const routerMacs = { local: "02:bb:00:00:00:01", far: "02:bb:00:00:00:02" };

/** The two hosts, in subnets of their own. */
export const hosts = {
  4: { host: addresses.host, far: "192.168.6.2" },
  6: { host: "2001:db8:5::1", far: "2001:db8:6::2" },
};
const HOST_PREFIX = { 4: 32, 6: 128 };
const FAMILIES = [4, 6];

const PREFIXES = 1000;
/** /24 and /64. In IPv6 a prefix's number stands by itself in the two bytes before the host's part. */
const numberedPrefixes = Array.from({ length: PREFIXES }, (_, number) => [
  `10.${number >> 8}.${number & 0xff}.0/24`,
  `2001:db8:7:${number.toString(16)}::/64`,
]).flat();
export const prefixHosts = { 4: "10.1.2.3", 6: "2001:db8:7::1" };

const hostDomain = {
  name: "red",
  vni: 100,
  vrf: TENANT,
  gateway: { mac: gatewayMacs.host, addresses: ["192.168.5.254/24", "2001:db8:5::fe/64"] },
};
const farDomain = {
  name: "blue",
  vni: FAR_VNI,
  vrf: TENANT,
  gateway: { mac: gatewayMacs.far, addresses: ["192.168.6.254/24", "2001:db8:6::fe/64"] },
};

const bindings = (bridgeDomain, end, mac) => FAMILIES.map((family) => ({ bridgeDomain, ip: hosts[family][end], mac }));

function config(choice, { vrf, domains, neighbors = [], ...remote }) {
  const vteps = [{ address: FIRST.remote, bridgeDomains: domains.map(({ name }) => name) }];
  const known = [...bindings("red", "host", macs.host), ...neighbors];
  return {
    vtep: vtepOf(FIRST, choice),
    vrfs: [{ name: TENANT, ...vrf }],
    bridgeDomains: domains,
    ports: [{ interface: FIRST.access, bridgeDomain: "red", hook: choice.hook ?? "auto" }],
    control: { mode: "static", static: { vteps, neighbors: known, ...remote } },
  };
}

/** Symmetric IRB: the other subnet is behind the L3 VNI, by its hosts' routes. */
function symmetric(choice, prefixes) {
  const vrf = { irb: "symmetric", l3vni: L3_VNI, routerMac: routerMacs.local };
  const routes = prefixes.map((prefix) => ({ vrf: TENANT, prefix, vtep: FIRST.remote, routerMac: routerMacs.far }));
  return config(choice, { vrf, domains: [hostDomain], routes });
}

const hostRoutes = FAMILIES.map((family) => `${hosts[family].far}/${HOST_PREFIX[family]}`);
export const byHostRoute = (choice) => symmetric(choice, hostRoutes);
export const byPrefix = (choice) => symmetric(choice, numberedPrefixes);

/** Asymmetric IRB: the other subnet's bridge domain is here too, without any port. */
export function byDomain(choice) {
  const fdb = [{ bridgeDomain: "blue", mac: macs.farHost, vtep: FIRST.remote }];
  const neighbors = bindings("blue", "far", macs.farHost);
  return config(choice, { vrf: { irb: "asymmetric" }, domains: [hostDomain, farDomain], fdb, neighbors });
}
