// Mistakes in what bgpd is told of EVPN.

import { hasFeature } from "../vty/index.js";
import { whyUnsupported } from "../vty/release.js";
import { findLines } from "./config_tree.js";
import { type Finding, lineOf, type Rule } from "./finding.js";

const EVPN_FAMILY = /^address-family l2vpn evpn$/;

/** SPEC: FRR's manual, BGP, EVPN advertise-svi-ip: "should not be used at the same time" as advertise-default-gw. */
export const defaultGatewayAndSviIp: Rule = ({ bgpd }) => {
  const gateways = findLines(bgpd, /^advertise-default-gw$/);
  const svis = findLines(bgpd, /^advertise-svi-ip$/);
  if (gateways.length === 0) return [];
  return svis.map(({ path }) => ({
    name: "default_gw_with_svi_ip",
    place: lineOf("bgpd", path),
    happens:
      "advertise-default-gw is set too: the gateway is announced twice, once as a gateway and once as a host, and peers route to the wrong one (FRR manual, EVPN advertise-svi-ip)",
    change:
      "keep advertise-default-gw where gateways are centralised, advertise-svi-ip where each has an address of its own, and neither for an anycast gateway",
  }));
};

export const sviIpOfAnycastGateway: Rule = ({ bgpd, config }) => {
  const anycast = config.bridgeDomains.find(({ gateway }) => gateway !== undefined);
  if (anycast === undefined) return [];
  return findLines(bgpd, /^advertise-svi-ip$/).map(({ path }) => ({
    name: "svi_ip_of_anycast_gateway",
    place: lineOf("bgpd", path),
    happens: `every VTEP announces the gateway of ${anycast.name} as a host of its own, and they fight over it`,
    change: "remove advertise-svi-ip: vtepd answers for the gateway everywhere",
  }));
};

export const noAdvertiseAllVni: Rule = ({ bgpd, config }) => {
  if (findLines(bgpd, /^advertise-all-vni$/).length > 0 || config.bridgeDomains.length === 0) return [];
  return [
    {
      name: "no_advertise_all_vni",
      place: "bgpd: address-family l2vpn evpn",
      happens: "advertise-all-vni is missing: bgpd announces no VNI and takes no routes for one",
      change: "add advertise-all-vni under address-family l2vpn evpn of the default instance",
    },
  ];
};

/** Not each neighbour has to, but some must. */
export const noEvpnNeighbor: Rule = ({ bgpd }) => {
  const instances = findLines(bgpd, /^router bgp \d+( vrf default)?$/);
  return instances.flatMap(({ line, path }): Finding[] => {
    const neighbors = line.children.filter(({ text }) => /^neighbor \S+ (remote-as|interface|peer-group)/.test(text));
    const families = line.children.filter(({ text }) => EVPN_FAMILY.test(text));
    const active = families.some(({ children }) => children.some(({ text }) => /^neighbor \S+ activate$/.test(text)));
    if (neighbors.length === 0 || active) return [];
    return [
      {
        name: "no_evpn_neighbor",
        place: lineOf("bgpd", path),
        happens: "no neighbour is activated in address-family l2vpn evpn: EVPN routes are neither sent nor received",
        change: "add 'neighbor NAME activate' there for the VTEPs or route reflectors",
      },
    ];
  });
};

export const duplicateDetectionOff: Rule = ({ bgpd }) =>
  findLines(bgpd, /^no dup-addr-detection$/).map(({ path }) => ({
    name: "duplicate_detection_off",
    place: lineOf("bgpd", path),
    happens: "a MAC that two hosts use moves between VTEPs for ever, and each move is an update to the whole fabric",
    change: "remove the line, or set dup-addr-detection max-moves and freeze",
  }));

export const release: Rule = ({ version, config }) => {
  const unsupported = whyUnsupported(version);
  const found: Finding[] = [];
  if (unsupported !== "") {
    found.push({
      name: "frr_version",
      place: "zebra: show version",
      happens: unsupported,
      change: "update FRR",
    });
  }
  if (version !== undefined && config.vtep.address.includes(":") && !hasFeature(version, "ipv6_vteps")) {
    found.push({
      name: "ipv6_vtep",
      place: "vtep.address",
      happens: `FRR ${version.text} does not announce IPv6 VTEPs: its routes lead to the IPv4 router ID`,
      change: "give the VTEP an IPv4 address, or update FRR to 10.7",
    });
  }
  return found;
};
