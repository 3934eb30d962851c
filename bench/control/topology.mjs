// The leaf that FRR tells of others, as a lab: vtepd with FRR, or a stock leaf, the kernel with FRR.
//
//   host:a0 ── v0:leaf:u0 ── s0:far        `far` is the BGP speaker, and both VTEPs that it speaks for
//              leaf:u1 ───── s1:far        the way that is left when u0's is gone
import { NAPI } from "../datapath/topology.mjs";

export const AS = 65000;
export const VNI = 100;
export const L3_VNI = 5000;
export const LEAF = "10.0.0.1";
export const SPEAKER = "10.0.0.2";
/** Of these two the sink can say which one a frame was for: by the last bit. */
export const VTEPS = ["10.0.0.2", "10.0.0.3"];
/** A VTEP behind both uplinks: by its host route, and by its prefix's. */
export const FAR_VTEP = "10.9.0.2";
export const FAR_ROUTE = [`${FAR_VTEP}/32`, "via", SPEAKER, "dev", "u0"];
export const ROUTER_MAC = "02:bb:00:00:00:02";
export const TENANT = "tenant";
export const HOST_MAC = "02:00:00:00:00:a0";

const sysctls = { "net.ipv6.conf.all.disable_ipv6": 1, "net.ipv6.conf.default.disable_ipv6": 1 };
const UNDERLAY_MTU = 1600;
const underlay = (...addresses) => ({ mtu: UNDERLAY_MTU, addresses, offloads: NAPI });

const l2 = `
router bgp ${AS}
 bgp router-id ${LEAF}
 coalesce-time 0
 neighbor ${SPEAKER} remote-as internal
 neighbor ${SPEAKER} passive
 address-family l2vpn evpn
  neighbor ${SPEAKER} activate
  advertise-all-vni
 exit-address-family
`;

const l3 = `
vrf ${TENANT}
 vni ${L3_VNI}
exit-vrf
${l2}
router bgp ${AS} vrf ${TENANT}
 bgp router-id ${LEAF}
 coalesce-time 0
 address-family l2vpn evpn
  advertise ipv4 unicast
 exit-address-family
`;

/** With `routing`, a VRF too, that prefixes are told for. */
function leafOf(kind, routing) {
  const tenant = { name: TENANT, l3vni: L3_VNI, routerMac: "02:bb:00:00:00:01" };
  const gateway = { mac: "02:00:5e:00:01:00", addresses: ["192.168.5.254/24"] };
  const irb = routing ? { vrf: TENANT, gateway } : {};
  const config = {
    vtep: { address: LEAF, underlay: ["u0", "u1"] },
    ...(routing ? { vrfs: [tenant] } : {}),
    // What nobody knows must not arrive: it would look like what somebody knew wrongly.
    bridgeDomains: [{ name: "red", vni: VNI, unknownUnicast: "drop", ...irb }],
    ports: [{ interface: "v0", bridgeDomain: "red" }],
    control: { mode: "frr" },
  };
  const interfaces = { v0: { offloads: NAPI }, u0: underlay(`${LEAF}/24`), u1: underlay("10.0.1.1/24") };
  const routes = [FAR_ROUTE.join(" "), "10.9.0.0/24 via 10.0.1.2 dev u1"];
  return { kind, sysctls, interfaces, routes, frr: routing ? l3 : l2, config };
}

/** `kind`: "vtepd" or "kernel-vtep". */
export function leafLab(kind, { routing = false } = {}) {
  const far = {
    kind: "host",
    sysctls,
    interfaces: { s0: underlay(...VTEPS.map((address) => `${address}/24`)), s1: underlay("10.0.1.2/24") },
  };
  const host = { kind: "host", sysctls, interfaces: { a0: { mac: HOST_MAC, offloads: NAPI } } };
  return {
    name: "bench-control",
    title: "a leaf that FRR tells of others",
    folder: "",
    nodes: { host, leaf: leafOf(kind, routing), far },
    links: [
      ["host:a0", "leaf:v0"],
      ["leaf:u0", "far:s0"],
      ["leaf:u1", "far:s1"],
    ],
    expect: [],
  };
}
