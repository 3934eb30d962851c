// A VRF with two subnets, one of them only routed; the gateway's MAC is of the VRRP range (RFC 9135 §4.1, S51).

export const GATEWAY = "00:00:5e:00:01:07";

export const twoSubnets = `
vtep: { address: 10.255.0.1, underlay: [up0, up1] }
vrfs: [{ name: tenant, l3vni: 5000, routerMac: 94:94:26:ff:00:11 }]
bridgeDomains:
  - { name: red, vni: 100, vrf: tenant, gateway: { mac: "${GATEWAY}", addresses: [192.168.100.1/24, 2001:db8:100::1/64] } }
  - { name: blue, vrf: tenant, gateway: { mac: "${GATEWAY}", addresses: [192.168.200.1/24, 2001:db8:200::1/64] } }
ports:
  - { interface: eth1, bridgeDomain: red }
  - { interface: eth2, bridgeDomain: blue }
`;
