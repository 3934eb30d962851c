// Rules about what is made for zebra in mode frr.
import { refuses } from "./problems.js";

refuses("kernel objects for zebra", [
  {
    name: "names that are too long or taken",
    text: `vtep: { address: 10.0.0.1, underlay: [br-blue] }
control: { mode: frr }
bridgeDomains:
  - { name: a-rather-long-name, vni: 100 }
  - { name: blue, vni: 200 }
vrfs:
  - { name: another-long-name, irb: asymmetric, table: 10 }
`,
    where: ["4 bridgeDomains[0].name", "5 bridgeDomains[1].name", "7 vrfs[0].name"],
    says: /gives a bridge named br-a-rather-long-name of 21 bytes, allowed: at most 15/,
  },
  {
    name: "one name for the bridges of a domain and of an L3 VNI",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
control: { mode: frr }
bridgeDomains: [{ name: "5000", vni: 100 }]
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01, table: 10 }]
`,
    where: ["4 vrfs[0].name"],
    says: /gives a l3Bridge named br-5000, which is already taken \(line 3\)/,
  },
  {
    name: "a host stack without the bridge that leads to it",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 02:00:00:00:50:01 }]
bridgeDomains:
  - name: red
    vni: 100
    vrf: tenant
    gateway: { mac: 02:00:5e:00:01:01, addresses: [192.0.2.1/24], hostStack: true }
`,
    where: ["7 bridgeDomains[0].gateway.hostStack"],
    says: /true needs the bridge that only control.mode frr makes, allowed: false, or control.mode: frr/,
  },
  {
    name: "the other end of a stand-in port that is an access port",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
control: { mode: frr }
bridgeDomains: [{ name: red, vni: 100 }]
ports: [{ interface: lp-100p, bridgeDomain: red }]
`,
    where: ["3 bridgeDomains[0].name"],
    says: /gives a port named lp-100p, which is already taken \(line 4\)/,
  },
  {
    name: "a namespace that FRR cannot name",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
control: { mode: frr, frr: { vrfBackend: netns } }
vrfs: [{ name: a-name-that-is-longer-than-frr-takes, irb: asymmetric }]
`,
    where: ["3 vrfs[0].name"],
    says: /of 36 bytes, allowed: at most 35/,
  },
  {
    name: "an IRB interface that is not the bridge",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
control:
  mode: frr
  frr:
    names: { irb: "irb-{bd}" }
`,
    where: ["5 control.frr.names.irb"],
    says: /irb-\{bd\} is not names\.bridge, allowed: br-\{bd\}, the same/,
  },
  {
    name: "a shadow port that is the VTEP's",
    text: `vtep:
  address: 10.0.0.1
  underlay: [up0]
  udpPort: 14789
control: { mode: frr }
`,
    where: ["5 control.frr.shadowPort"],
    says: /14789 is vtep\.udpPort \(line 4\), on which vtepd itself receives/,
  },
  {
    name: "a VRF device without table",
    text: `vtep: { address: 10.0.0.1, underlay: [up0] }
control: { mode: frr }
vrfs: [{ name: tenant, irb: asymmetric }]
`,
    where: ["3 vrfs[0].table"],
    says: /is missing but a VRF device needs it/,
  },
]);
