import { accepts, refuses } from "./problems.js";

/** Lines 1 to 3 of most cases. */
const base = `vtep: { address: 10.0.0.1, underlay: [up0] }
bridgeDomains: [{ name: red, vni: 100 }, { name: blue, vni: 200 }]
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]
`;

refuses("contradictions in vtep and api", [
  {
    name: "source ports out of order",
    text: "vtep:\n  address: 10.0.0.1\n  underlay: [up0]\n  sourcePorts: [60000, 50000]\n",
    where: ["4 vtep.sourcePorts"],
    says: /out of order, allowed: \[FIRST, LAST\]/,
  },
  {
    name: "an underlay interface twice",
    text: "vtep:\n  address: 10.0.0.1\n  underlay:\n    - up0\n    - up0\n",
    where: ["5 vtep.underlay[1]"],
    says: /up0 is already an underlay interface \(line 4\)/,
  },
  {
    name: "eBPF hooks in a userspace datapath",
    text: `vtep:
  address: 10.0.0.1
  underlay: [up0]
  datapath: userspace
  underlayHook: xdp
bridgeDomains: [{ name: red, vni: 100 }]
ports:
  - interface: eth1
    bridgeDomain: red
    hook: tc
`,
    where: ["5 vtep.underlayHook", "10 ports[0].hook"],
    says: /xdp needs eBPF, but vtep.datapath is userspace \(line 4\)/,
  },
  {
    name: "delivery to a peer in a userspace datapath",
    text: `vtep: { address: 10.0.0.1, underlay: [up0], datapath: userspace }
bridgeDomains: [{ name: red, vni: 100 }]
ports:
  - { interface: eth1, bridgeDomain: red, deliver: peer }
`,
    where: ["4 ports[0].deliver"],
    says: /peer needs the port at hook tc, but vtep.datapath is userspace \(line 1\), allowed: queue/,
  },
  {
    name: "delivery to a peer by another hook than tc",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
bridgeDomains: [{ name: red, vni: 100 }]
ports:
  - { interface: eth1, bridgeDomain: red, hook: xdp, deliver: peer }
  - { interface: eth2, bridgeDomain: red, hook: userspace, deliver: peer }
  - { interface: eth3, bridgeDomain: red, deliver: peer }
  - { interface: eth4, bridgeDomain: red, hook: tc, deliver: peer }
`,
    where: ["4 ports[0].deliver", "5 ports[1].deliver"],
    says: /its hook is xdp \(line 4\), allowed: queue/,
  },
  {
    name: "two hooks for one interface",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
bridgeDomains: [{ name: red, vni: 100 }]
ports:
  - { interface: eth1, bridgeDomain: red, hook: tc }
  - { interface: eth1, vlan: 10, bridgeDomain: red, hook: xdp }
`,
    where: ["5 ports[1].hook"],
    says: /eth1 has hook tc already \(line 4\), allowed: one hook an interface/,
  },
  {
    name: "a listener without a token",
    text: "vtep: { address: 10.0.0.1, underlay: [up0] }\napi:\n  listen: 127.0.0.1:7348\n",
    where: ["3 api.listen"],
    says: /without a token, allowed: together with api.tokenFile/,
  },
]);

refuses("names and references", [
  {
    name: "a bridge domain defined twice",
    text: `${base.split("\n")[0]}\nbridgeDomains:\n  - { name: red, vni: 1 }\n  - { name: red, vni: 2 }\n`,
    where: ["4 bridgeDomains[1].name"],
    says: /bridge domain red is already defined \(line 3\)/,
  },
  {
    name: "a VRF defined twice",
    text: `${base.split("\n")[0]}\nvrfs:\n  - { name: a, irb: asymmetric }\n  - { name: a, irb: asymmetric }\n`,
    where: ["4 vrfs[1].name"],
    says: /VRF a is already defined \(line 3\)/,
  },
  {
    name: "a bridge domain that is not defined, everywhere",
    text: `${base}ports:
  - { interface: eth1, bridgeDomain: rde }
control:
  static:
    vteps:
      - { address: 10.0.0.2, bridgeDomains: [red, gren] }
    fdb:
      - { bridgeDomain: green, mac: "02:00:00:00:00:22", vtep: 10.0.0.2 }
    neighbors:
      - { bridgeDomain: green, ip: 192.0.2.1, mac: "02:00:00:00:00:22" }
`,
    where: [
      "5 ports[0].bridgeDomain",
      "9 control.static.vteps[0].bridgeDomains[1]",
      "11 control.static.fdb[0].bridgeDomain",
      "13 control.static.neighbors[0].bridgeDomain",
    ],
    says: /bridge domain rde is not defined \(did you mean red\?\), allowed: red \| blue/,
  },
  {
    name: "a VRF that is not defined",
    text: `${base.split("\n")[0]}
bridgeDomains:
  - name: red
    vni: 100
    vrf: tenent
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]
control:
  static:
    routes:
      - { vrf: other, prefix: 10.1.0.0/16, vtep: 10.0.0.2, routerMac: 02:00:00:00:50:02 }
`,
    where: ["5 bridgeDomains[0].vrf", "10 control.static.routes[0].vrf"],
    says: /VRF tenent is not defined \(did you mean tenant\?\), allowed: tenant/,
  },
  {
    name: "a reference where nothing is defined",
    text: `${base.split("\n")[0]}\nports:\n  - { interface: eth1, bridgeDomain: red }\n`,
    where: ["3 ports[0].bridgeDomain"],
    says: /allowed: a name from bridgeDomains, which is empty/,
  },
  {
    name: "a broken name is not blamed on those who refer to it",
    text: `${base.split("\n")[0]}\nbridgeDomains: [{ name: 7, vni: 100 }]\nports:\n  - { interface: eth1, bridgeDomain: "7" }\n`,
    where: ["2 bridgeDomains[0].name"],
    says: /7 is not text \(put it in quotes\)/,
  },
]);

refuses("VNIs, VRFs and gateways", [
  {
    name: "a VNI on two domains",
    text: `${base.split("\n")[0]}\nbridgeDomains:\n  - { name: red, vni: 100 }\n  - name: blue\n    vni: 100\n`,
    where: ["5 bridgeDomains[1].vni"],
    says: /VNI 100 is already the L2 VNI of bridge domain red \(line 3\), allowed: each VNI once/,
  },
  {
    name: "a VNI as L2 and L3 VNI",
    text: `${base}  - { name: x, l3vni: 100, routerMac: 02:00:00:00:50:01 }\n`.replace(
      "vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]",
      "vrfs:",
    ),
    where: ["4 vrfs[0].l3vni"],
    says: /VNI 100 is already the L2 VNI of bridge domain red \(line 2\)/,
  },
  {
    name: "two VRFs with one L3 VNI and one table",
    text: `${base.split("\n")[0]}
vrfs:
  - { name: a, l3vni: 5000, routerMac: 02:00:00:00:50:01, table: 200 }
  - name: b
    l3vni: 5000
    routerMac: 02:00:00:00:50:01
    table: 200
`,
    where: ["5 vrfs[1].l3vni", "7 vrfs[1].table"],
    says: /VNI 5000 is already the L3 VNI of VRF a \(line 3\)/,
  },
  {
    name: "the kernel's local table",
    text: `${base.split("\n")[0]}\nvrfs:\n  - { name: a, irb: asymmetric, table: 255 }\n`,
    where: ["3 vrfs[0].table"],
    says: /255 is the kernel's local table/,
  },
  {
    name: "symmetric IRB without L3 VNI and router MAC",
    text: `${base.split("\n")[0]}\nvrfs:\n  - name: a\n    irb: symmetric\n`,
    where: ["3 vrfs[0].l3vni", "3 vrfs[0].routerMac"],
    says: /is missing but symmetric IRB needs it, allowed: 1\.\.16777215, or irb: asymmetric/,
  },
  {
    name: "a gateway without a VRF",
    text: `${base.split("\n")[0]}
bridgeDomains:
  - name: red
    vni: 100
    gateway: { mac: 02:00:00:11:11:11, addresses: [192.168.1.1/24] }
`,
    where: ["5 bridgeDomains[0].gateway"],
    says: /has no VRF to route in/,
  },
  {
    name: "a gateway address twice",
    text: `${base.split("\n")[2]}
vtep: { address: 10.0.0.1, underlay: [up0] }
bridgeDomains:
  - name: red
    vni: 100
    vrf: tenant
    gateway:
      mac: 02:00:00:11:11:11
      addresses:
        - 2001:db8::1/64
        - 2001:DB8:0:0::1/64
`,
    where: ["11 bridgeDomains[0].gateway.addresses[1]"],
    says: /2001:db8::1 is already an address of the gateway \(line 10\)/,
  },
  {
    name: "overlapping gateway subnets in one VRF",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]
bridgeDomains:
  - { name: a, vni: 1, vrf: tenant, gateway: { mac: 02:00:00:11:11:11, addresses: [10.1.2.1/24, fe80::1/64] } }
  - { name: b, vni: 2, vrf: tenant, gateway: { mac: 02:00:00:11:11:11, addresses: [10.1.0.1/16, fe80::1/64] } }
  - { name: c, vni: 3, vrf: tenant, gateway: { mac: 02:00:00:11:11:11, addresses: [10.1.0.2/16, 10.2.0.1/16] } }
`,
    where: ["4 bridgeDomains[0].gateway.addresses[0]", "6 bridgeDomains[2].gateway.addresses[0]"],
    says: /10\.1\.2\.1\/24 overlaps 10\.1\.0\.1\/16 of bridge domain b in VRF tenant \(line 5\)/,
  },
]);

refuses("ports", [
  {
    name: "a port and VLAN pair twice, untagged twice",
    text: `${base}ports:
  - { interface: eth1, bridgeDomain: red }
  - { interface: eth1, vlan: 10, bridgeDomain: red }
  - interface: eth1
    vlan: 10
    bridgeDomain: blue
  - interface: eth1
    bridgeDomain: blue
`,
    where: ["8 ports[2].vlan", "10 ports[3].interface"],
    says: /VLAN 10 of eth1 is already a port \(line 6\), allowed: each pair of interface and VLAN once/,
  },
  {
    name: "an underlay interface as access port",
    text: `${base}ports:\n  - { interface: up0, vlan: 10, bridgeDomain: red }\n  - { interface: lo, bridgeDomain: red }\n`,
    where: ["5 ports[0].interface", "6 ports[1].interface"],
    says: /up0 is an underlay interface \(line 1\)/,
  },
  {
    name: "more ports than the tables hold",
    text: `${base}ports:\n${Array.from({ length: 1023 }, (_, i) => `  - { interface: eth${i}, bridgeDomain: red }\n`).join("")}`,
    where: ["4 ports"],
    says: /1024 ports and underlay interfaces are too many, allowed: 1023 together/,
  },
  {
    name: "more static MACs than the limit",
    text: `${base}ports:
  - interface: eth1
    bridgeDomain: red
    security:
      maxMacs: 1
      static: ["02:00:00:00:00:01", "02:00:00:00:00:02"]
`,
    where: ["9 ports[0].security.static"],
    says: /2 static MACs are more than maxMacs \(line 8\), allowed: at most 1/,
  },
  {
    name: "a MAC in several places of a bridge domain",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs: [{ name: tenant, irb: asymmetric }]
bridgeDomains:
  - { name: red, vni: 100, vrf: tenant, gateway: { mac: 02:00:00:00:00:0A, addresses: [10.1.0.1/16] } }
ports:
  - { interface: eth1, bridgeDomain: red, security: { static: ["02:00:00:00:00:01"] } }
  - { interface: eth2, vlan: 7, bridgeDomain: red, security: { static: ["02-00-00-00-00-01", 0200.0000.000a] } }
control:
  static:
    fdb:
      - { bridgeDomain: red, mac: "02:00:00:00:00:01", vtep: 10.0.0.2 }
      - { bridgeDomain: red, mac: "02:00:00:00:00:05", vtep: 10.0.0.2 }
      - { bridgeDomain: red, mac: "02:00:00:00:00:05", vtep: 10.0.0.3 }
`,
    where: [
      "7 ports[1].security.static[0]",
      "7 ports[1].security.static[1]",
      "11 control.static.fdb[0].mac",
      "13 control.static.fdb[2].mac",
    ],
    says: /02:00:00:00:00:01 is already static on eth1 in bridge domain red \(line 6\)/,
  },
]);

accepts("what is unusual, but means one thing", {
  "one VTEP in several entries with different domains": `${base}control:
  static:
    vteps:
      - { address: 10.0.0.2, bridgeDomains: [red] }
      - { address: 10.0.0.2, bridgeDomains: [blue] }
`,
  "one static MAC in two bridge domains": `${base}ports:
  - { interface: eth1, vlan: 1, bridgeDomain: red, security: { static: ["02:00:00:00:00:01"] } }
  - { interface: eth1, vlan: 2, bridgeDomain: blue, security: { static: ["02:00:00:00:00:01"] } }
`,
  "one interface with two VLANs in one domain": `${base}ports:
  - { interface: eth1, vlan: 1, bridgeDomain: red }
  - { interface: eth1, vlan: 2, bridgeDomain: red }
  - { interface: eth1, bridgeDomain: red }
`,
  "ECMP of two VTEPs": `${base}control:
  static:
    routes:
      - { vrf: tenant, prefix: 0.0.0.0/0, vtep: 10.0.0.2, routerMac: 02:00:00:00:50:02 }
      - { vrf: tenant, prefix: 0.0.0.0/0, vtep: 10.0.0.3, routerMac: 02:00:00:00:50:03 }
`,
  "a table in every namespace": `vtep: { address: 10.0.0.1, underlay: [up0] }
control: { mode: frr, frr: { vrfBackend: netns } }
vrfs:
  - { name: a-namespace-of-many-letters, irb: asymmetric, table: 254 }
  - { name: b, irb: asymmetric, table: 254 }
`,
  "long names where no kernel object is made": `vtep: { address: 10.0.0.1, underlay: [up0] }
bridgeDomains: [{ name: a-rather-long-name, vni: 100 }]
`,
  "both addresses of a link of two": `vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs: [{ name: t, irb: asymmetric }]
bridgeDomains:
  - { name: a, vni: 1, vrf: t, gateway: { mac: 02:00:00:11:11:11, addresses: [10.1.2.0/31, "2001:db8::1/127"] } }
  - { name: b, vni: 2, vrf: t, gateway: { mac: 02:00:00:11:11:11, addresses: [10.1.2.3/31, "2001:db8:1::/127"] } }
`,
  "a userspace port in an eBPF datapath": `${base}ports:\n  - { interface: eth1, bridgeDomain: red, hook: userspace }\n`,
});
