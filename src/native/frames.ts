import type { Netns } from "./bpf.js";

/**
 * Types of the frame sources: packet socket, TAP device, AF_XDP socket. Implemented in native/.
 *
 * All share one shape. receive() fills `descriptors` (see descriptor.ts) for up to `slots` frames whose bytes lie in
 * `pool`, and returns their count; 0 means drained. `pool`, `descriptors` are the same objects for the handle's life.
 * Packet socket and TAP: the frames are valid, and theirs is the slot to scribble in, until the next receive().
 * AF_XDP: a received frame belongs to the caller until it is sent or released.
 * start() is level triggered: the callback comes again as long as frames wait, so it may receive() a bounded number of
 * times and return. Polling holds the event loop open until stop() or close().
 */
export interface FrameSource {
  readonly fd: number;
  readonly ifindex: number;
  readonly pool: Uint8Array;
  readonly descriptors: Int32Array;
  /** Most frames of one receive(). */
  readonly slots: number;
  readonly slotSize: number;
  /** Free bytes before each received frame, beyond what a restored VLAN tag takes. */
  readonly headroom: number;
  /** Throws NativeError (ENETDOWN when the interface goes down, ENXIO/EBADFD when it is gone). */
  receive(): number;
  start(onReadable: () => void): void;
  stop(): void;
  close(): void;
}

export interface PacketSocketOptions {
  /** Receive from this interface; 0: transmit only, on any interface of the namespace. */
  readonly ifindex: number;
  readonly netns?: Netns;
  /** Default: ifindex != 0. Without it no frame is ever queued to the socket; `pool` is free to build frames in. */
  readonly receive?: boolean;
  /** Classic BPF: struct sock_filter entries of 8 bytes, attached before the socket is bound. */
  readonly filter?: Uint8Array;
  /** PACKET_VNET_HDR: super-packets and partial checksums are passed as they are, and described. Default false. */
  readonly vnetHeader?: boolean;
  /** PACKET_IGNORE_OUTGOING, so that what we send does not come back. Default true. */
  readonly ignoreOutgoing?: boolean;
  /** PACKET_MR_PROMISC while open, also where nothing is received. Default false. */
  readonly promiscuous?: boolean;
  /** PACKET_QDISC_BYPASS: straight to the driver; no queueing, no tc egress programs. Default false. */
  readonly qdiscBypass?: boolean;
  /** Default 64. */
  readonly slots?: number;
  /** Default 65536 + 512: a super-packet and its headroom. */
  readonly slotSize?: number;
  /** Default 128. */
  readonly headroom?: number;
  /** Default 4 MiB. */
  readonly receiveBufferBytes?: number;
  /** Default 4 MiB: a full batch of super-packets. */
  readonly sendBufferBytes?: number;
  readonly fanout?: { readonly group: number; readonly mode: "hash" | "cpu" | "load-balance" };
}

export interface PacketSocket extends FrameSource {
  /**
   * Sends `count` frames described by `descriptors` with their bytes in `pool`, each on its own ifindex. Returns how many
   * the kernel took; each other one gets FRAME_REFUSED. Never blocks: when the send buffer is full the rest is refused.
   * GSO and checksum fields are honoured only if the socket was opened with vnetHeader.
   */
  send(descriptors: Int32Array, count: number, pool: Uint8Array): number;
  /** Errno of the last refused frame, 0 if none ever was. */
  readonly lastSendErrno: number;
  /** PACKET_STATISTICS since the last call: frames that passed the filter (including dropped), and those dropped for room. */
  statistics(): { readonly packets: number; readonly drops: number };
}

export type PacketSocketConstructor = new (options: PacketSocketOptions) => PacketSocket;

export interface TapOptions {
  readonly name: string;
  readonly netns?: Netns;
  readonly mtu?: number;
  /** Frames that wait for receive() before the kernel drops; default: the kernel's 500. */
  readonly queueLength?: number;
  /** The device takes part in IPv6, without an address; default: not even that. */
  readonly ipv6?: boolean;
  /** Default 64. */
  readonly slots?: number;
  /** Default 65536 + 512. */
  readonly slotSize?: number;
  /** Default 128. */
  readonly headroom?: number;
}

/** A TAP device without offloads: the kernel segments and completes checksums before we read. It dies with the handle. */
export interface TapDevice extends FrameSource {
  readonly name: string;
  /** As of PacketSocket; the frames appear as received by the device. */
  send(descriptors: Int32Array, count: number, pool: Uint8Array): number;
  readonly lastSendErrno: number;
}

export type TapDeviceConstructor = new (options: TapOptions) => TapDevice;

/**
 * A TAP device that only takes frames in, whole super-packets of a tunnel among them. What is sent is handled as received
 * by the device before the call returns. It dies with the handle.
 */
export interface GsoDevice {
  readonly ifindex: number;
  /**
   * `length` bytes at `offset`: a struct virtio_net_hdr_v1_hash_tunnel (24 bytes, little-endian), and the frame behind it.
   * False where the kernel refuses them.
   */
  send(bytes: Uint8Array, offset: number, length: number): boolean;
  close(): void;
}

/** Throws EINVAL where the kernel knows no such super-packets (before 6.17). */
export type GsoDeviceConstructor = new (options: { readonly name: string; readonly netns?: Netns }) => GsoDevice;

export interface XskOptions {
  readonly ifindex: number;
  readonly queue: number;
  readonly netns?: Netns;
  /** Frames of the memory area; a power of two, default 4096. Ignored with shareWith. */
  readonly frameCount?: number;
  /** 2048 or 4096 (default 2048). Ignored with shareWith. */
  readonly frameSize?: number;
  /** Bytes free before each received frame, beyond the kernel's 256; default 0. Ignored with shareWith. */
  readonly headroom?: number;
  /** Ring entries; a power of two, default 2048. */
  readonly ringSize?: number;
  /** Frames kept waiting for reception; default: the ring size, at most half of all frames. */
  readonly fillFrames?: number;
  /** No fallback: EOPNOTSUPP if the driver has no zero-copy. With shareWith the first socket's mode holds. */
  readonly mode: "copy" | "zerocopy";
  /** Additional XDP_* bind flags; XDP_USE_NEED_WAKEUP is always set. */
  readonly bindFlags?: number;
  /** Use the memory area of this socket: frames received on one can be sent on the other in place. */
  readonly shareWith?: XskSocket;
}

export interface XskStatistics {
  readonly rxDropped: number;
  readonly rxInvalidDescriptors: number;
  readonly txInvalidDescriptors: number;
  readonly rxRingFull: number;
  readonly rxFillRingEmpty: number;
  readonly txRingEmpty: number;
}

/**
 * One AF_XDP socket. Put `fd` as u32 value into an XSKMAP at key `queue`; the XDP program redirects there.
 *
 * Who owns a frame: free pool -> fill ring -> (receive) caller -> (send) kernel -> free pool. Every frame that receive()
 * or allocate() gives out must go to exactly one send() or release() of a socket on the same memory area; a forgotten
 * frame is lost until the area is closed. Completed transmissions return to the free pool, and the fill ring is topped
 * up, at every call. `slots` is the most that one receive() returns (256).
 *
 * After close() (copy mode) the frames that the kernel had by way of this socket return to the free pool of the others.
 * The constructor waits up to 200 ms for a queue whose last socket was closed a moment ago: the kernel frees it later.
 */
export interface XskSocket extends FrameSource {
  readonly queue: number;
  /** Takes up to `count` frames from the free pool (DESC_OFFSET behind the headroom, DESC_LENGTH 0). Returns how many. */
  allocate(descriptors: Int32Array, count: number): number;
  /**
   * Transmits; DESC_OFFSET and DESC_LENGTH may have changed within the frame's slot. Returns how many were queued. The
   * others get FRAME_REFUSED and still belong to the caller.
   */
  send(descriptors: Int32Array, count: number): number;
  /** Returns frames unsent. */
  release(descriptors: Int32Array, count: number): void;
  /** Frames in the free pool, for leak checks. */
  readonly freeFrames: number;
  statistics(): XskStatistics;
}

export type XskSocketConstructor = new (options: XskOptions) => XskSocket;
