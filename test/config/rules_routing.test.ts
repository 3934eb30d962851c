import { accepts, refuses } from "./problems.js";

const vtep = "vtep: { address: 10.0.0.1, underlay: [up0] }\n";
const tenant = "vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]\n";
const gateway = (address: string) => `gateway: { mac: 02:00:00:11:11:11, addresses: [${address}] }`;

refuses("domains without VNI", [
  {
    name: "that are not routed",
    text: `${vtep}${tenant}bridgeDomains:
  - { name: bare }
  - { name: half, vrf: tenant }
`,
    where: ["4 bridgeDomains[0].vni", "5 bridgeDomains[1].vni"],
    says: /is missing, allowed: 1\.\.16777215, or vrf and gateway/,
  },
  {
    name: "with a gateway, but no VRF",
    text: `${vtep}bridgeDomains:
  - name: red
    ${gateway("192.168.1.1/24")}
`,
    where: ["3 bridgeDomains[0].vni", "4 bridgeDomains[0].gateway"],
    says: /is missing/,
  },
  {
    name: "in a flood list or with remote MACs",
    text: `${vtep}${tenant}bridgeDomains:
  - { name: red, vrf: tenant, ${gateway("192.168.1.1/24")} }
control:
  static:
    vteps: [{ address: 10.0.0.2, bridgeDomains: [red] }]
    fdb: [{ bridgeDomain: red, mac: 02:00:00:00:00:22, vtep: 10.0.0.2 }]
`,
    where: ["7 control.static.vteps[0].bridgeDomains[0]", "8 control.static.fdb[0].bridgeDomain"],
    says: /bridge domain red has no VNI \(line 4\), allowed: a bridge domain with vni/,
  },
]);

refuses("routing that contradicts itself", [
  {
    name: "two VRFs with one L3 VNI",
    text: `${vtep}vrfs:
  - { name: a, l3vni: 5000, routerMac: 02:00:00:00:50:01 }
  - { name: b, l3vni: 5000, routerMac: 02:00:00:00:50:01 }
`,
    where: ["4 vrfs[1].l3vni"],
    says: /VNI 5000 is already the L3 VNI of VRF a \(line 3\)/,
  },
  {
    name: "router MACs that are no host's",
    text: `${vtep}vrfs:
  - { name: a, l3vni: 5000, routerMac: 01:00:5e:00:00:01 }
control:
  static:
    routes: [{ vrf: a, prefix: 10.1.0.0/16, vtep: 10.0.0.2, routerMac: ff:ff:ff:ff:ff:ff }]
`,
    where: ["3 vrfs[0].routerMac", "6 control.static.routes[0].routerMac"],
    says: /is a multicast MAC address/,
  },
  {
    name: "liveness and duplicate detection out of range",
    text: `${vtep}bridgeDomains:
  - name: red
    vni: 1
    liveness: { interval: -1, probes: 0, retry: 0 }
    duplicateDetection: { moves: 5.5, seconds: 1, freeze: never }
    unknownArp: forward
    maxBindings: 0
    knownArp: flood
    unknownNdOptions: reply
`,
    where: [
      "5 bridgeDomains[0].liveness.interval",
      "5 bridgeDomains[0].liveness.probes",
      "5 bridgeDomains[0].liveness.retry",
      "6 bridgeDomains[0].duplicateDetection.freeze",
      "6 bridgeDomains[0].duplicateDetection.moves",
      "6 bridgeDomains[0].duplicateDetection.seconds",
      "7 bridgeDomains[0].unknownArp",
      "8 bridgeDomains[0].maxBindings",
      "9 bridgeDomains[0].knownArp",
      "10 bridgeDomains[0].unknownNdOptions",
    ],
    says: /-1 is out of range, allowed: 0\.\.86400 seconds/,
  },
]);

accepts("routing", {
  "a domain that is only routed": `${vtep}${tenant}bridgeDomains:
  - { name: red, vrf: tenant, ${gateway("192.168.1.1/24")} }
control: { static: { neighbors: [{ bridgeDomain: red, ip: 192.168.1.7, mac: 02:00:00:00:00:07 }] } }
`,
  "a gateway MAC of the VRRP range": `${vtep}${tenant}bridgeDomains:
  - { name: red, vni: 1, vrf: tenant, gateway: { mac: "00:00:5e:00:01:07", addresses: [192.168.1.1/24] } }
`,
  "one prefix by several VTEPs, one VTEP with a router MAC in each VRF": `${vtep}vrfs:
  - { name: a, l3vni: 5000, routerMac: 02:00:00:00:50:01 }
  - { name: b, l3vni: 6000, routerMac: 02:00:00:00:50:01 }
control:
  static:
    routes:
      - { vrf: a, prefix: 10.1.0.0/16, vtep: 10.0.0.2, routerMac: 02:00:00:00:00:02 }
      - { vrf: a, prefix: 10.1.0.0/16, vtep: 10.0.0.3, routerMac: 02:00:00:00:00:03 }
      - { vrf: b, prefix: 10.1.0.0/16, vtep: 10.0.0.2, routerMac: 02:00:00:00:00:12 }
      - { vrf: b, prefix: 0.0.0.0/0, vtep: 10.0.0.2, routerMac: 02:00:00:00:00:12 }
`,
});
