// Each known mistake is found by its name where it is, and nowhere else.
import { describe, expect, it } from "vitest";
import { configFromValue } from "../../../src/config/load.js";
import { frrIntentOf } from "../../../src/control/frr/intent.js";
import { findLines, parseConfigText } from "../../../src/control/frr/linter/config_tree.js";
import type { LintFacts } from "../../../src/control/frr/linter/facts.js";
import { formatFinding } from "../../../src/control/frr/linter/finding.js";
import { findingsIn } from "../../../src/control/frr/linter/lint.js";

const BGPD = `
frr version 8.4.4
hostname leaf1
!
router bgp 1000
 neighbor 10.0.0.100 remote-as 1000
 !
 address-family l2vpn evpn
  neighbor 10.0.0.100 activate
  advertise-all-vni
  vni 100
   rd 1:1
  exit-vni
 exit-address-family
exit
!
router bgp 1000 vrf red
 address-family l2vpn evpn
  advertise ipv4 unicast
 exit-address-family
exit
`;
const ZEBRA = `
ip nht resolve-via-default
!
vrf tenant
 vni 5000
exit-vrf
`;
const config = (vtep: object = {}, frr: object = {}) => {
  const gateway = { mac: "02:00:5e:00:00:01", addresses: ["10.1.100.1/24"] };
  const result = configFromValue({
    vtep: { address: "10.0.0.1", underlay: ["up0", "up1"], ...vtep },
    bridgeDomains: [{ name: "blue", vni: 100, vrf: "tenant", gateway }],
    vrfs: [{ name: "tenant", l3vni: 5000, routerMac: "02:00:00:00:50:01", table: 100 }],
    control: { mode: "frr", frr },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
};

interface Given {
  readonly bgpd?: string;
  readonly zebra?: string;
  readonly vtep?: object;
  readonly frr?: object;
  readonly facts?: Partial<LintFacts>;
}

function lint({ bgpd = BGPD, zebra = ZEBRA, vtep, frr, facts = {} }: Given): string[] {
  const ours = config(vtep, frr);
  const vni = (number: number, type: "L2" | "L3") => {
    return { vni: number, type, vxlanDevice: `vx-${number}`, vrf: "tenant", remoteVteps: [], macCount: 0 };
  };
  return findingsIn({
    config: ours,
    intent: frrIntentOf(ours),
    version: { text: "8.4.4", major: 8, minor: 4 },
    zebra: parseConfigText(zebra),
    bgpd: parseConfigText(bgpd),
    vnis: [vni(100, "L2"), vni(5000, "L3")],
    vrfsAreNamespaces: false,
    interfaces: [],
    vteps: [{ address: "10.0.0.2", prefix: "10.0.0.2/32", systems: 2 }],
    peers: [{ address: "10.0.0.100", prefix: "0.0.0.0/0" }],
    host: { rpFilter: () => 0, learns: () => undefined, isOurs: () => false },
    ...facts,
  }).map(formatFinding);
}

const noHost = { rpFilter: () => undefined, learns: () => undefined, isOurs: () => false };
const evpnLine = (line: string) => BGPD.replace("  advertise-all-vni", `  advertise-all-vni\n  ${line}`);
const device = (name: string, mac: string, vni?: number) => ({ name, vrf: "red", mac, vni, bridge: vni ? "br" : "" });

const mistakes: readonly (readonly [name: string, given: Given, place: string])[] = [
  [
    "default_gw_with_svi_ip",
    { bgpd: evpnLine("advertise-default-gw\n  advertise-svi-ip") },
    "bgpd: router bgp 1000 > address-family l2vpn evpn > advertise-svi-ip",
  ],
  ["svi_ip_of_anycast_gateway", { bgpd: evpnLine("advertise-svi-ip") }, "address-family l2vpn evpn > advertise-svi-ip"],
  ["no_advertise_all_vni", { bgpd: BGPD.replace("advertise-all-vni", "") }, "bgpd"],
  ["no_evpn_neighbor", { bgpd: BGPD.replace("neighbor 10.0.0.100 activate", "") }, "bgpd: router bgp 1000"],
  ["duplicate_detection_off", { bgpd: evpnLine("no dup-addr-detection") }, "no dup-addr-detection"],
  ["frr_version", { facts: { version: { text: "8.1", major: 8, minor: 1 } } }, "zebra: show version"],
  ["ipv6_vtep", { vtep: { address: "2001:db8::1" } }, "vtep.address"],
  ["vni_unknown_to_zebra", { facts: { vnis: [] } }, "bridgeDomains[blue].vni"],
  ["vrf_without_vni", { zebra: "ip nht resolve-via-default" }, "zebra: vrf tenant"],
  ["vrf_vni_differs", { zebra: ZEBRA.replace("5000", "5001") }, "zebra: vrf tenant > vni 5001"],
  ["vrf_backend", { facts: { vrfsAreNamespaces: true } }, "control.frr.vrfBackend"],
  ["vrf_backend", { frr: { vrfBackend: "netns" } }, "add -n to zebra's options"],
  [
    "strict_rp_filter",
    { facts: { host: { ...noHost, rpFilter: (name) => (name === "up1" ? 1 : 0) } } },
    "net.ipv4.conf.up1.rp_filter",
  ],
  [
    "l2_vni_learning_on",
    { facts: { host: { ...noHost, learns: (name) => (name === "vx-100" ? true : undefined) } } },
    "vx-100",
  ],
  [
    "l3_vni_learning_off",
    { facts: { host: { ...noHost, learns: (name) => (name === "vx-5000" ? false : undefined) } } },
    "vx-5000",
  ],
  [
    "bridge_mac_is_vxlan_mac",
    { facts: { interfaces: [device("br", "02:00:00:00:00:01"), device("vx", "02:00:00:00:00:01", 100)] } },
    "br and vx",
  ],
  [
    "nht_default_route_only",
    { zebra: "vrf tenant\n vni 5000", facts: { vteps: [{ address: "10.0.0.2", prefix: "0.0.0.0/0", systems: 1 }] } },
    "VTEP 10.0.0.2",
  ],
  [
    "nht_peer_default_route_only",
    { zebra: "frr defaults traditional\nvrf tenant\n vni 5000" },
    "bgpd: neighbor 10.0.0.100",
  ],
  [
    "nht_peer_default_route_only",
    { facts: { peers: [{ address: "2001:db8::100", prefix: "::/0" }] } },
    "ipv6 nht resolve-via-default",
  ],
  ["ttl_below_path", { vtep: { ttl: 2 } }, "vtep.ttl"],
];

describe("the linter", () => {
  it("finds nothing where all is well", () => {
    expect(lint({})).toEqual([]);
  });

  it.each(mistakes)("warns of %s", (name, given, place) => {
    const found = lint(given).filter((line) => line.startsWith(`warning: ${name}: `));
    expect(found).not.toEqual([]);
    expect(found[0]).toContain(place);
  });

  it("takes the stricter of all and the interface, and loose for good", () => {
    const rpFilter = (values: Record<string, number>) =>
      lint({ facts: { host: { ...noHost, rpFilter: (name) => values[name] } } });
    expect(rpFilter({ all: 1, up0: 0, up1: 2 })).toEqual([expect.stringContaining("conf.all.rp_filter = 1")]);
    expect(rpFilter({ all: 2, up0: 1, up1: 0 })).toEqual([]);
    expect(rpFilter({})).toEqual([]);
  });

  it("knows that zebra's profile for data centers resolves by the default route, unless it is told not to", () => {
    const profile = "frr defaults datacenter\nvrf tenant\n vni 5000";
    expect(lint({ zebra: profile })).toEqual([]);
    const told = lint({ zebra: `${profile}\nexit-vrf\nno ip nht resolve-via-default` });
    expect(told).toEqual([expect.stringContaining("nht_peer_default_route_only")]);
  });

  it("takes the device that keeps VXLAN GRO alive, of which zebra makes VNI 0, for nobody's", () => {
    const vni = (number: number, type: "L2" | "L3", vxlanDevice: string) => {
      return { vni: number, type, vxlanDevice, vrf: "default", remoteVteps: [], macCount: 0 };
    };
    const vnis = [vni(100, "L2", "vx-100"), vni(5000, "L3", "vx-5000"), vni(0, "L2", "vtepd-gro")];
    const interfaces = [{ name: "vtepd-gro", vrf: "default", mac: "02:00:00:00:00:09", vni: 0, bridge: "" }];
    expect(lint({ facts: { vnis, interfaces } })).toEqual([]);
  });

  it("lets our own devices and other MACs be", () => {
    const host = { ...noHost, learns: () => false, isOurs: () => true };
    const interfaces = [device("br", "02:00:00:00:00:01"), device("vx", "02:00:00:00:00:02", 100)];
    expect(lint({ facts: { host, interfaces } })).toEqual([]);
  });
});

describe("a running configuration", () => {
  it("is a tree by its indentation, without comments and ends of blocks", () => {
    const tree = parseConfigText(BGPD);
    expect(tree.map(({ text }) => text)).toEqual(["hostname leaf1", "router bgp 1000", "router bgp 1000 vrf red"]);
    expect(findLines(tree, /^rd /)[0]?.path).toEqual([
      "router bgp 1000",
      "address-family l2vpn evpn",
      "vni 100",
      "rd 1:1",
    ]);
  });
});
