/**
 * What the client needs of a netlink socket. Structural on purpose: control never imports the addon, main.ts hands a
 * socket in, and tests hand in a recording.
 */
export interface NetlinkTransport {
  /** nlmsg_pid of answers to us, and of notifications that our own requests caused. */
  readonly portId: number;
  /** One datagram of one or more whole requests. May throw (ENOBUFS, closed). */
  send(messages: Uint8Array): void;
  /**
   * onMessages: whole messages, back to back, valid during the call.
   * onOverrun: the kernel dropped messages (ENOBUFS), reported in order with the messages around it.
   */
  start(onMessages: (messages: Uint8Array) => void, onOverrun: () => void, onError: (error: Error) => void): void;
  close(): void;
}

/** RTNLGRP_*: multicast groups by number, for whoever opens the socket. */
export const NetlinkGroup = {
  link: 1,
  neighbor: 3,
  ipv4Address: 5,
  ipv4Route: 7,
  ipv4Rule: 8,
  ipv6Address: 9,
  ipv6Route: 11,
  ipv6Rule: 19,
  nexthop: 32,
} as const;

/** All groups that Links and Underlay depend on. */
export const UNDERLAY_GROUPS: readonly number[] = Object.values(NetlinkGroup);
