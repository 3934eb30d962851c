/** The face of the netlink codec and client towards the rest of control. */

export * from "./address.js";
export { formatIp, formatMacBytes, isIpv4Mapped, parseIp } from "./address_text.js";
export { type BridgeData, type BridgePortData, BridgePortState } from "./bridge_link.js";
export { type ForwardingListener, NetlinkClient, type NetlinkClientOptions, type NetlinkCounters } from "./client.js";
export { ForwardingEntry } from "./forwarding_entry.js";
export { AddressFamily } from "./header.js";
export { AddressGeneration, ETHERNET_HARDWARE, LinkFlag, type LinkMessage } from "./link.js";
export * from "./link_request.js";
export { Listeners, type Unsubscribe } from "./listeners.js";
export type { NetlinkObject } from "./message.js";
export * from "./neighbor.js";
export { encodeDumpNexthops, type NexthopGroupMember, type NexthopMessage } from "./nexthop.js";
export { WITHOUT_FORWARDING_ENTRIES } from "./notification_filter.js";
export { refusedWith } from "./refusal.js";
export * from "./route.js";
export { NetlinkGroup, type NetlinkTransport, UNDERLAY_GROUPS } from "./transport.js";
export type { NewVxlan, VxlanData } from "./vxlan_link.js";
