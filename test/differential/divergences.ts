// Where we differ from the kernel's bridge and vxlan, by name. The kernel run fails on a difference that is not
// registered here, and on one that is registered but no longer there.

import { matchesId } from "./pattern.js";

export interface Divergence {
  readonly id: string;
  readonly ours: string;
  readonly kernel: string;
  readonly why: string;
  /** Case ids, by pattern. */
  readonly cases: readonly string[];
}

export const divergences: readonly Divergence[] = [
  {
    id: "reserved_bits_ignored",
    ours: "profile rfc7348: reserved bits of the VXLAN header are ignored",
    kernel: "drops a packet with any reserved bit set",
    why: "RFC 7348 §5 says that they are ignored on receipt; profile linux drops too, and is the same",
    cases: ["vxlan/reserved-bit-*-ignored", "vxlan/all-reserved-bits-ignored"],
  },
  {
    id: "inner_ce_stays_ce",
    ours: "profile rfc7348: an inner CE makes an outer CE",
    kernel: "sends inner CE as outer ECT(0)",
    why: "RFC 6040 §4.1 normal mode copies; Linux keeps the limited functionality of RFC 3168; profile linux is the same",
    cases: ["ecn/encap-rfc7348-*-ce", "flood/ecn-of-each-copy"],
  },
  {
    id: "known_vteps_only",
    ours: "packets of VTEPs that nobody named are dropped",
    kernel: "decapsulates whatever reaches the port",
    why: "off-fabric injection, RFC 7348 §7; knownVtepsOnly: false is the same",
    cases: [
      "vxlan/unknown-vtep",
      "vxlan/vtep-not-in-this-list",
      "vxlan/counters-of-what-is-refused",
      "underlay6/unknown-vtep",
      "underlay6/nearly-reflected-*",
      "underlay6/address-that-differs-*",
    ],
  },
  {
    id: "own_address_over_ipv6",
    ours: "a packet from our own address is dropped as reflected, over IPv6 too",
    kernel: "refuses its own source address over IPv4 (martian) but takes it over IPv6",
    why: "it is our own traffic coming back, whatever the address family",
    cases: ["underlay6/reflected"],
  },
  {
    id: "bpdu_group_not_forwarded",
    ours: "01:80:c2:00:00:00 is not forwarded",
    kernel: "forwards it while STP is off on the bridge",
    why: "IEEE 802.1Q §8.6.3; a tunnelled BPDU joins spanning trees of two sites",
    cases: ["flood/reserved-multicast-00", "flood/reserved-multicast-from-a-tunnel"],
  },
  {
    id: "static_and_sticky_refuse",
    ours: "a frame whose source is static or sticky elsewhere is dropped and teaches nothing",
    kernel: "forwards it; a static entry even moves",
    why: "row N11, N14: a spoofed address must neither be learned nor speak",
    cases: [
      "learning/static-elsewhere",
      "learning/static-behind-a-vtep",
      "learning/sticky-elsewhere",
      "learning/sticky-behind-a-vtep",
      "learning/refused-source-is-not-refreshed",
    ],
  },
  {
    id: "static_host_in_a_tunnel",
    ours: "flood-and-learn: a tunnelled frame whose source is a static local MAC is dropped",
    kernel: "forwards it, and moves the MAC into the tunnel",
    why: "as static_and_sticky_refuse, from the other side",
    cases: ["learning/static-host-from-a-tunnel"],
  },
  {
    id: "discovery_is_the_control_planes",
    ours: "flood-and-learn from a VTEP that nobody named: control is told, and the next frame teaches",
    kernel: "learns the address from the first frame",
    why: "MACs point at VTEPs, and VTEPs are made by control",
    cases: ["learning/unknown-vtep-teaches-nothing"],
  },
  {
    id: "tags_end_at_the_port",
    ours: "a port is one VLAN: a tag that is not its own is refused, a priority tag is taken off",
    kernel: "a bridge without VLAN filtering carries tags as payload",
    why: "RFC 7348 §6.1: no inner tag unless configured",
    cases: ["access/priority-tag-*-untagged", "access/*tag*-on-an-untagged-port", "access/inner-*tag-from-a-tunnel"],
  },
  {
    id: "short_inner_ip_is_carried",
    ours: "a frame that says IP but is shorter than an IP header is bridged like any other",
    kernel: "vxlan drops it, in both directions",
    why: "a bridge does not judge what hosts send; nothing reads beyond the frame",
    cases: [
      "ecn/ip-header-cut-short-is-untouched",
      "malformed/inner-of-each-length",
      "malformed/access-frame-of-each-length",
    ],
  },
  {
    id: "mtu_to_the_byte",
    ours: "the MTU holds to the byte, and an outer packet is never fragmented",
    kernel: "a bridge port takes four bytes more, for a tag that is not there; vxlan then fragments the outer packet",
    why: "RFC 7348 §4.3: VTEPs must not fragment",
    cases: ["underlay/a-byte-over-the-underlay-mtu", "underlay/a-byte-over-the-port-mtu"],
  },
  {
    id: "too_big_is_told",
    ours: "the sender of a bridged packet that is too big hears of it, as one of a routed packet does",
    kernel: "bridge and vxlan drop it in silence",
    why: "rows S29 to S31: path MTU discovery needs an answer, and there is no router to give it",
    cases: [
      "underlay/over-the-mtu-with-df-unset-is-not-cut",
      "underlay/a-byte-over-the-ipv6-underlay-mtu",
      "underlay/inner-ipv6-over-the-mtu",
      "underlay/tunnel-to-a-smaller-port",
    ],
  },
  {
    id: "outer_checksums_not_verified",
    ours: "checksums of received outer headers are not verified",
    kernel: "drops a packet with a wrong IPv4 header or UDP checksum",
    why: "RFC 7348 §4.1 leaves it open; links have their own, and XDP has no verdict of the NIC to read",
    cases: ["malformed/outer-*-checksum-wrong", "underlay6/outer-udp-checksum-wrong"],
  },
  {
    id: "outer_mac_not_checked",
    ours: "a VXLAN packet to our address is taken whatever its outer destination MAC is",
    kernel: "leaves frames to other stations alone",
    why: "interfaces are not promiscuous, so NICs filter; the tables do not hold their MACs",
    cases: ["underlay/outer-mac-of-another-station"],
  },
];

export function divergenceOf(caseId: string): Divergence | undefined {
  return divergences.find(({ cases }) => cases.some((pattern) => matchesId(pattern, caseId)));
}
