import { testEveryLab } from "./every_lab.js";

/** The rest waits longest, and differs from its eBPF run only in who carries the frames: VTEPD_TEST_EFFORT=2 runs all. */
const BRIDGED = ["two-vteps", "three-vteps", "interop-kernel", "vlan-access", "ipv6-underlay", "unnumbered-ecmp"];
const REPAIRED = ["ethertype-fix-overlay"];
const ROUTED = ["irb-asymmetric", "irb-symmetric", "l3-only"];

const EVPN = ["evpn-bridging", "evpn-symmetric", "evpn-unnumbered"];

testEveryLab("userspace", [...BRIDGED, ...REPAIRED, ...ROUTED, ...EVPN]);
