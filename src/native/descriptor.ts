/**
 * The layout of a frame descriptor: how a batch of frames is described between C++ and TypeScript.
 *
 * A batch is one Int32Array; frame i occupies the words [i * DESC_STRIDE, (i + 1) * DESC_STRIDE). No object per frame.
 * The bytes of the frame lie in a pool (one long-lived Uint8Array) at DESC_OFFSET.
 * TWIN: native/frame_descriptor.h
 */

/** Words per frame. */
export const DESC_STRIDE = 8;

/** First byte of the Ethernet header in the pool. Bytes before it, down to the slot's start, are headroom. */
export const DESC_OFFSET = 0;
/** Frame bytes, without FCS. */
export const DESC_LENGTH = 1;
/** Received: ingress ifindex (AF_XDP: the interface of the socket). To send: egress ifindex (ignored by TAP and AF_XDP). */
export const DESC_IFINDEX = 2;
/** FRAME_* bits. */
export const DESC_FLAGS = 3;
/** GSO_*; anything but GSO_NONE is a super-packet that must be segmented or sent with a vnet header. */
export const DESC_GSO_TYPE = 4;
/** Payload bytes per segment of a super-packet; 0 without GSO. */
export const DESC_GSO_SIZE = 5;
/**
 * With FRAME_CHECKSUM_PARTIAL: the first byte the checksum covers, counted from DESC_OFFSET (restored VLAN tag included).
 * 0 from a packet socket without vnetHeader: the kernel does not tell, parse the headers.
 */
export const DESC_CHECKSUM_START = 6;
/** With FRAME_CHECKSUM_PARTIAL: where the 16-bit checksum is stored, counted from DESC_CHECKSUM_START. */
export const DESC_CHECKSUM_OFFSET = 7;

/** The transport checksum holds only the pseudo-header sum and must be completed. */
export const FRAME_CHECKSUM_PARTIAL = 1 << 0;
/** The kernel has verified the transport checksum. */
export const FRAME_CHECKSUM_VALID = 1 << 1;
/** The kernel had moved the outermost VLAN tag to metadata; it stands in the frame again. */
export const FRAME_TAG_RESTORED = 1 << 2;
/** The frame was longer than the slot: DESC_LENGTH bytes of it are here. Count it and drop it. */
export const FRAME_TRUNCATED = 1 << 3;
/** Set by send(): the kernel did not take this frame. */
export const FRAME_REFUSED = 1 << 4;

/** VIRTIO_NET_HDR_GSO_* of linux/virtio_net.h; GSO_ECN is or-ed to a TCP type. */
export const GSO_NONE = 0;
export const GSO_TCPV4 = 1;
export const GSO_UDP = 3;
export const GSO_TCPV6 = 4;
export const GSO_UDP_L4 = 5;
export const GSO_ECN = 0x80;
