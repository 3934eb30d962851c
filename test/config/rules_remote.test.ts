import { refuses } from "./problems.js";

/** Lines 1 to 3 of most cases. */
const base = `vtep: { address: 10.0.0.1, underlay: [up0] }
bridgeDomains: [{ name: red, vni: 100 }, { name: blue, vni: 200 }]
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]
`;

refuses("static remote entries", [
  {
    name: "own address and the other address family",
    text: `${base}control:
  static:
    vteps:
      - { address: 10.0.0.1, bridgeDomains: [red] }
      - { address: "2001:db8::2", bridgeDomains: [red] }
    fdb:
      - { bridgeDomain: red, mac: "02:00:00:00:00:01", vtep: 10.0.0.1 }
    routes:
      - { vrf: tenant, prefix: 10.1.0.0/16, vtep: "2001:db8::3", routerMac: 02:00:00:00:50:02 }
`,
    where: [
      "7 control.static.vteps[0].address",
      "8 control.static.vteps[1].address",
      "10 control.static.fdb[0].vtep",
      "12 control.static.routes[0].vtep",
    ],
    says: /10\.0\.0\.1 is this VTEP's own address \(line 1\)/,
  },
  {
    name: "own IPv6 address in another spelling",
    text: `vtep: { address: "2001:db8::1", underlay: [up0] }
control: { static: { vteps: [{ address: "2001:DB8:0::0001" }] } }
`,
    where: ["2 control.static.vteps[0].address"],
    says: /2001:db8::1 is this VTEP's own address/,
  },
  {
    name: "mixed families are found though the local address is broken",
    text: `vtep: { address: 10.0.0.256, underlay: [up0] }
control:
  static:
    vteps:
      - { address: 10.0.0.2 }
      - { address: "2001:db8::2" }
`,
    where: ["1 vtep.address", "6 control.static.vteps[1].address"],
    says: /"10\.0\.0\.256" is not an IP address/,
  },
  {
    name: "a VTEP twice in one flood list",
    text: `${base}control:
  static:
    vteps:
      - { address: 10.0.0.2, bridgeDomains: [red, blue] }
      - { address: 10.0.0.2, bridgeDomains: [blue] }
`,
    where: ["8 control.static.vteps[1].bridgeDomains[0]"],
    says: /VTEP 10\.0\.0\.2 is already in bridge domain blue \(line 7\)/,
  },
  {
    name: "more VTEPs than the tables hold",
    text: `${base}control:\n  static:\n    fdb:\n${Array.from({ length: 8192 }, (_, i) => {
      const [high, low] = [Math.floor(i / 256), i % 256];
      const mac = `02:00:00:00:${high.toString(16).padStart(2, "0")}:${low.toString(16).padStart(2, "0")}`;
      return `      - { bridgeDomain: red, mac: "${mac}", vtep: 10.1.${high}.${low} }\n`;
    }).join("")}`,
    where: ["8198 control.static.fdb[8191].vtep"],
    says: /one VTEP too many, allowed: 8191/,
  },
  {
    name: "an address bound twice, and to the gateway's",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs: [{ name: tenant, irb: asymmetric }]
bridgeDomains:
  - { name: red, vni: 100, vrf: tenant, gateway: { mac: 02:00:00:00:00:0A, addresses: [10.1.0.1/16] } }
control:
  static:
    neighbors:
      - { bridgeDomain: red, ip: 10.1.0.1, mac: "02:00:00:00:00:01" }
      - { bridgeDomain: red, ip: 10.1.0.2, mac: "02:00:00:00:00:02" }
      - { bridgeDomain: red, ip: 10.1.0.2, mac: "02:00:00:00:00:03" }
`,
    where: ["8 control.static.neighbors[0].ip", "10 control.static.neighbors[2].ip"],
    says: /10\.1\.0\.1 is already the gateway in bridge domain red \(line 4\)/,
  },
  {
    name: "a route twice, and two router MACs of one VTEP",
    text: `${base}control:
  static:
    routes:
      - { vrf: tenant, prefix: 10.1.0.0/16, vtep: 10.0.0.2, routerMac: 02:00:00:00:50:02 }
      - { vrf: tenant, prefix: 10.1.0.0/16, vtep: 10.0.0.2, routerMac: 02:00:00:00:50:02 }
      - vrf: tenant
        prefix: 10.2.0.0/16
        vtep: 10.0.0.2
        routerMac: 02:00:00:00:50:03
`,
    where: ["8 control.static.routes[1].prefix", "12 control.static.routes[2].routerMac"],
    says: /10\.1\.0\.0\/16 by VTEP 10\.0\.0\.2 is already a route of VRF tenant \(line 7\)/,
  },
  {
    name: "a route in a VRF without L3 VNI",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs: [{ name: tenant, irb: asymmetric }]
control:
  static:
    routes:
      - { vrf: tenant, prefix: 10.1.0.0/16, vtep: 10.0.0.2, routerMac: 02:00:00:00:50:02 }
`,
    where: ["6 control.static.routes[0].vrf"],
    says: /VRF tenant has no L3 VNI to send with/,
  },
]);
