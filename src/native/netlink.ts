import type { BpfProgram, Netns } from "./bpf.js";
import type { NativeError } from "./error.js";

/** Types of the netlink socket. Implemented in native/netlink_socket.cc, which knows nothing of what messages mean. */

export interface NetlinkOptions {
  /** NETLINK_*; default NETLINK_ROUTE (0). */
  readonly protocol?: number;
  /** Multicast groups by number (RTNLGRP_*), not by bit. */
  readonly groups?: readonly number[];
  /** SO_RCVBUFFORCE, or SO_RCVBUF without CAP_NET_ADMIN; default 8 MiB. */
  readonly receiveBufferBytes?: number;
  readonly netns?: Netns;
  /** Classic BPF: struct sock_filter entries of 8 bytes. What it refuses takes no room in the receive buffer. */
  readonly filter?: Uint8Array;
  /** NETLINK_GET_STRICT_CHK: the kernel validates dump requests and applies their filters; default true. */
  readonly strict?: boolean;
  /**
   * Read on a thread of its own: for dumps of large tables, each part of which costs the kernel milliseconds. After a
   * long part it rests for as long, since the kernel's configuration is locked meanwhile. Default false.
   */
  readonly thread?: boolean;
}

export interface NetlinkSocket {
  readonly fd: number;
  /** nlmsg_pid of answers to us, and of notifications that our requests caused. */
  readonly portId: number;
  /** What the kernel granted (it doubles the number asked for). */
  readonly receiveBufferBytes: number;
  /** One datagram of one or more requests. Extended acknowledgements are on. */
  send(messages: Uint8Array): void;
  /**
   * onMessages: whole netlink messages, back to back at 4-byte alignment. Their memory is used again: valid during the
   * call.
   * onOverrun: the kernel dropped messages (ENOBUFS): dump again. Called in order with the messages around it.
   * Holds the event loop open until stop() or close().
   */
  start(onMessages: (messages: Uint8Array) => void, onOverrun: () => void, onError: (error: NativeError) => void): void;
  stop(): void;
  joinGroup(group: number): void;
  leaveGroup(group: number): void;
  /** A program of type socket filter sees each message when the kernel sends it; where it says 0 we do not get it. */
  attachFilter(program: BpfProgram): void;
  close(): void;
}

export type NetlinkSocketConstructor = new (options?: NetlinkOptions) => NetlinkSocket;
