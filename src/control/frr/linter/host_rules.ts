// Mistakes in the host: sysctls, devices, and how the underlay leads to other VTEPs.

import { type ConfigLine, findLines } from "./config_tree.js";
import type { LintFacts } from "./facts.js";
import type { Finding, Rule } from "./finding.js";

const STRICT = 1;

/** The kernel takes the greater of "all" and the interface's own (ip-sysctl, rp_filter). */
export const strictReversePath: Rule = ({ config, host }) => {
  const all = host.rpFilter("all") ?? 0;
  return config.vtep.underlay.flatMap((name): Finding[] => {
    const own = host.rpFilter(name);
    if (own === undefined || Math.max(own, all) !== STRICT) return [];
    const culprit = all === STRICT ? "all" : name;
    return [
      {
        name: "strict_rp_filter",
        place: `sysctl net.ipv4.conf.${culprit}.rp_filter = 1`,
        happens: `packets that come in by ${name} while the way back leads elsewhere are dropped: BGP and BFD fail over equal-cost paths`,
        change: `set net.ipv4.conf.${culprit}.rp_filter to 0 or 2`,
      },
    ];
  });
};

/** Of devices that vtepd did not make: its own carry nothing. */
export const portLearning: Rule = ({ vnis, host }) =>
  vnis.flatMap(({ vni, type, vxlanDevice }): Finding[] => {
    const learns = host.learns(vxlanDevice);
    if (learns === undefined || host.isOurs(vxlanDevice)) return [];
    const place = `bridge port ${vxlanDevice}`;
    if (type === "L2" && learns) {
      const happens = `the bridge learns MACs of VNI ${vni} from the tunnel beside EVPN, and they outlive their withdrawal`;
      return [
        { name: "l2_vni_learning_on", place, happens, change: `bridge link set dev ${vxlanDevice} learning off` },
      ];
    }
    if (type === "L3" && !learns) {
      const happens = `a VTEP of the kernel knows the router MACs of L3 VNI ${vni} from zebra alone: what zebra has not written, or lost, is unknown`;
      return [
        { name: "l3_vni_learning_off", place, happens, change: `bridge link set dev ${vxlanDevice} learning on` },
      ];
    }
    return [];
  });

export const bridgeMacIsVxlanMac: Rule = ({ interfaces }) => {
  const bridges = new Map(interfaces.map((one) => [`${one.vrf} ${one.name}`, one]));
  return interfaces.flatMap((vxlan): Finding[] => {
    if (vxlan.vni === undefined || vxlan.mac === undefined) return [];
    const bridge = bridges.get(`${vxlan.vrf} ${vxlan.bridge}`);
    if (bridge?.mac !== vxlan.mac) return [];
    return [
      {
        name: "bridge_mac_is_vxlan_mac",
        place: `interfaces ${bridge.name} and ${vxlan.name}`,
        happens: `the bridge has taken the MAC of the tunnel's device, ${vxlan.mac}: as gateway or router MAC it is another on each VTEP, and changes when the device is made anew`,
        change: `ip link set ${bridge.name} address another MAC`,
      },
    ];
  });
};

/** Whether zebra takes a default route for a way to a next hop: as it is told, or as its profile says. */
function resolvesByDefault(zebra: readonly ConfigLine[], family: "ip" | "ipv6"): boolean {
  const [line] = findLines(zebra, new RegExp(`^(no )?${family} nht resolve-via-default$`));
  if (line !== undefined) return !line.line.text.startsWith("no ");
  return findLines(zebra, /^frr defaults datacenter$/).length > 0;
}

/** The family whose default route is the only way, where zebra does not take it. */
function lostFamily({ zebra }: LintFacts, prefix: string | undefined): "ip" | "ipv6" | undefined {
  const family = prefix === "0.0.0.0/0" ? "ip" : prefix === "::/0" ? "ipv6" : undefined;
  return family === undefined || resolvesByDefault(zebra, family) ? undefined : family;
}

export const defaultRouteOnly: Rule = (facts) =>
  facts.vteps.flatMap(({ address, prefix }): Finding[] => {
    const family = lostFamily(facts, prefix);
    if (family === undefined) return [];
    const happens =
      "only the default route leads there, by which zebra resolves no next hop: its EVPN routes stay invalid";
    const change = `add '${family} nht resolve-via-default' to zebra, or a route to the VTEP`;
    return [{ name: "nht_default_route_only", place: `VTEP ${address}`, happens, change }];
  });

/** bgpd asks zebra for the way to a peer before it calls it. */
export const peerByDefaultRouteOnly: Rule = (facts) =>
  facts.peers.flatMap(({ address, prefix }): Finding[] => {
    const family = lostFamily(facts, prefix);
    if (family === undefined) return [];
    const happens =
      "only the default route leads to this neighbour, by which zebra resolves nothing: bgpd does not call it, and EVPN hears of nobody";
    const change = `add '${family} nht resolve-via-default' to zebra, or a route to the neighbour`;
    return [{ name: "nht_peer_default_route_only", place: `bgpd: neighbor ${address}`, happens, change }];
  });

/** Each system on the way is at least one router, which takes one from the TTL; the last is the VTEP itself. */
export const ttlBelowPath: Rule = ({ config, vteps }) => {
  const { ttl } = config.vtep;
  if (typeof ttl !== "number") return [];
  const far = vteps.filter(({ systems = 0 }) => systems >= ttl);
  return far.map(({ address, systems }) => ({
    name: "ttl_below_path",
    place: "vtep.ttl",
    happens: `the way to VTEP ${address} has ${systems} hops or more, and packets die after ${ttl}`,
    change: `set vtep.ttl above ${systems}`,
  }));
};
