/**
 * The netlink message header and the walk over a buffer of messages.
 *
 * Netlink speaks host byte order. This codec writes and reads little-endian, which is the host order of every machine
 * the addon builds for; the few members in network order say so in their name. Decoders never throw: garbage is
 * counted by the caller and skipped.
 *
 *   0      4     6     8          12         16
 *   | len  |type |flags| sequence | port id  | payload ...    (struct nlmsghdr, linux/netlink.h)
 */
export const NLMSG_HEADER_SIZE = 16;

export const MessageType = {
  noop: 1,
  error: 2,
  done: 3,
  overrun: 4,
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  setLink: 19,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
  newNeighbor: 28,
  deleteNeighbor: 29,
  getNeighbor: 30,
  newRule: 32,
  deleteRule: 33,
  getRule: 34,
  newNexthop: 104,
  deleteNexthop: 105,
  getNexthop: 106,
} as const;

/** NLM_F_*. Some bits mean different things for get, new and answers; the names keep them apart. */
export const MessageFlag = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  echo: 0x8,
  dumpInterrupted: 0x10,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  capped: 0x100,
  ackAttributes: 0x200,
} as const;

export const AddressFamily = { unspecified: 0, ipv4: 2, bridge: 7, ipv6: 10 } as const;

export interface MessageHeader {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
  /** Offsets of the payload in the walked view. */
  readonly start: number;
  readonly end: number;
}

/** One for all messages of a walk: an object of each was half of the garbage that a burst makes. */
class Header implements MessageHeader {
  type = 0;
  flags = 0;
  sequence = 0;
  portId = 0;
  start = 0;
  end = 0;

  read(view: DataView, at: number, length: number): void {
    this.type = view.getUint16(at + 4, true);
    this.flags = view.getUint16(at + 6, true);
    this.sequence = view.getUint32(at + 8, true);
    this.portId = view.getUint32(at + 12, true);
    this.start = at + NLMSG_HEADER_SIZE;
    this.end = at + length;
  }
}

/** Netlink pads messages and attributes to four bytes. */
export function align4(length: number): number {
  return (length + 3) & ~3;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Visits each message in order; the header is good for the time of the visit. False if the last one was cut or had an
 * impossible length: what follows is lost.
 */
export function walkMessages(view: DataView, visit: (header: MessageHeader) => void): boolean {
  const header = new Header();
  let at = 0;
  while (at + NLMSG_HEADER_SIZE <= view.byteLength) {
    const length = view.getUint32(at, true);
    if (length < NLMSG_HEADER_SIZE || length > view.byteLength - at) return false;
    header.read(view, at, length);
    visit(header);
    // align4 of a length near 2^32 would go negative; the check above keeps lengths below the buffer's.
    at += align4(length);
  }
  return at >= view.byteLength;
}

/** The requester's sequence number, written late so that encoders stay pure. */
export function setSequence(message: Uint8Array, sequence: number): void {
  viewOf(message).setUint32(8, sequence, true);
}
