import { describe, expect, it } from "vitest";
import { homeOf, vrfPlaces } from "../../src/lab/kernel_irb.js";
import { parseLab } from "../../src/lab/load.js";
import { plan } from "../../src/lab/plan.js";

const lab = (vrf: string) =>
  parseLab(
    `
title: one VTEP that routes
nodes:
  h1: { kind: host }
  core: { kind: switch }
  k1:
    kind: kernel-vtep
    interfaces: { up0: { mtu: 1600 } }
    config:
      vtep: { address: 10.255.0.1, underlay: [up0] }
      vrfs: [{ name: red, ${vrf} }]
      bridgeDomains:
        - name: lan
          vni: 100
          vrf: red
          gateway: { mac: "02:00:5e:00:01:00", addresses: [10.1.0.254/24, "2001:db8:1::fe/64"] }
        - { name: plain, vni: 200 }
      ports: [{ interface: eth1, bridgeDomain: lan }, { interface: eth2, bridgeDomain: plain }]
      control:
        mode: static
        static:
          neighbors: [{ bridgeDomain: lan, ip: 10.1.0.7, mac: "02:00:00:00:00:07" }]
          routes:
            - { vrf: red, prefix: 10.2.0.0/24, vtep: 10.255.0.2, routerMac: "02:bb:00:00:00:02" }
            - { vrf: red, prefix: 10.2.0.0/24, vtep: 10.255.0.3, routerMac: "02:bb:00:00:00:03" }
            - { vrf: red, prefix: "2001:db8:2::/64", vtep: 10.255.0.2, routerMac: "02:bb:00:00:00:02" }
links: [[h1:eth0, k1:eth1], [k1:eth2, core:p2], [k1:up0, core:p1]]
expect: []
`,
    "lab.yaml",
  );

const SYMMETRIC = 'l3vni: 5000, routerMac: "02:bb:00:00:00:01"';

const lines = (vrf: string) =>
  plan(lab(vrf), { namespaceOf: (node) => `ns-${node}`, dot1qObject: "dot1q.o", wrongEthertypeObject: "wrong.o" }).map(
    ({ tool, node, words }) => `${node ?? ""}> ${tool} ${words.join(" ")}`,
  );

describe("the kernel's VTEP with a VRF", () => {
  const all = lines(SYMMETRIC);
  const spec = lab(SYMMETRIC).nodes.k1;

  it("makes the VRF a namespace of its own", () => {
    expect(vrfPlaces("k1", spec)).toEqual(["k1.red"]);
    expect(all).toContain("> ip netns add ns-k1.red");
    expect(all.find((line) => line.startsWith("k1.red> sysctl"))).toContain("net.ipv4.ip_forward=1");
  });

  it("moves ports and vxlan devices of the VRF there, and nothing else", () => {
    expect(all.filter((line) => line.endsWith(" netns ns-k1.red"))).toEqual([
      "k1> ip link set vx100 netns ns-k1.red",
      "k1> ip link set eth1 netns ns-k1.red",
      "k1> ip link set vx5000 netns ns-k1.red",
    ]);
    expect(homeOf("k1", spec, "eth1")).toBe("k1.red");
    expect(homeOf("k1", spec, "eth2")).toBe("k1");
    expect(homeOf("k1", spec, "up0")).toBe("k1");
    expect(all).toContain("k1.red> ip link set eth1 up");
  });

  it("gives the bridge the gateway's MAC and addresses, and it answers for known hosts", () => {
    expect(all).toContain("k1.red> ip link add br-lan address 02:00:5e:00:01:00 type bridge mcast_snooping 0");
    expect(all).toContain("k1.red> ip addr add 2001:db8:1::fe/64 dev br-lan nodad");
    expect(all).toContain("k1.red> bridge link set dev vx100 neigh_suppress on");
    expect(all).toContain("k1.red> ip neigh replace 10.1.0.7 lladdr 02:00:00:00:00:07 dev br-lan nud permanent");
  });

  it("makes devices no larger than the underlay carries", () => {
    expect(all.find((line) => line.includes("add vx100"))).toContain("mtu 1500");
    expect(all.find((line) => line.includes("add vx5000"))).toContain("mtu 1550");
  });

  it("routes through the L3 VNI: one route for several VTEPs, IPv6 by the mapped address", () => {
    expect(all).toContain(
      "k1.red> ip route replace 10.2.0.0/24 nexthop via 10.255.0.2 dev br5000 onlink " +
        "nexthop via 10.255.0.3 dev br5000 onlink",
    );
    expect(all).toContain("k1.red> ip route replace 2001:db8:2::/64 nexthop via ::ffff:10.255.0.2 dev br5000 onlink");
    expect(all).toContain("k1.red> bridge fdb add 02:bb:00:00:00:02 dev vx5000 dst 10.255.0.2 self permanent");
    expect(all.filter((line) => line.includes("02:bb:00:00:00:02"))).toHaveLength(4);
  });

  it("has no L3 VNI where the VRF is asymmetric", () => {
    const asymmetric = lines(`irb: asymmetric, ${SYMMETRIC}`);
    expect(asymmetric.some((line) => line.includes("5000"))).toBe(false);
  });
});

describe("the kernel's VTEP under FRR", () => {
  const all = plan(
    parseLab(
      `
title: one VTEP
nodes:
  k1:
    kind: kernel-vtep
    frr: router bgp 65000
    config:
      vtep: { address: 10.255.0.1, underlay: [up0] }
      bridgeDomains: [{ name: lan, vni: 100 }]
      ports: [{ interface: eth1, bridgeDomain: lan, security: { sticky: true, static: ["02:aa:00:00:00:01"] } }]
      control: { mode: frr }
links: []
expect: []
`,
      "lab.yaml",
    ),
    { namespaceOf: (node) => `ns-${node}`, dot1qObject: "dot1q.o" },
  ).map(({ tool, words }) => `${tool} ${words.join(" ")}`);

  it("leaves remote hosts to zebra, and answers for those that zebra tells of", () => {
    expect(all.filter((line) => line.includes("fdb append"))).toEqual([]);
    expect(all).toContain("bridge link set dev vx100 neigh_suppress on");
    expect(all).toContain("bridge link set dev vx100 learning off");
  });

  it("has the MACs of a secure port as sticky ones, which zebra announces as such", () => {
    expect(all).toContain("bridge fdb replace 02:aa:00:00:00:01 dev eth1 master static sticky");
  });
});
