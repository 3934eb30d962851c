// BGP messages: the header of all of them, and the three without routes. Refuses what the header's rules forbid; what a
// NOTIFICATION means is for its reader. SPEC: RFC 4271 §4.1, §4.2, §4.4, §4.5, §6.1; RFC 5492 §4; RFC 4760 §8; RFC 6793 §3.
import { address, counted, u8, u16, u32 } from "./bytes.mjs";

//   0               8               16              24            31
//   +---------------------------------------------------------------+
//   |                     marker, 16 bytes of ones                  |
//   +-------------------------------+---------------+---------------+
//   |            length             |     type      |     body
//   +-------------------------------+---------------+----
const MARKER = Buffer.alloc(16, 0xff);
export const HEADER_BYTES = 19;
export const MAX_BYTES = 4096;

export const Type = { OPEN: 1, UPDATE: 2, NOTIFICATION: 3, KEEPALIVE: 4 };

const VERSION = 4;
/** Stands in the two bytes where an AS number of four does not fit (RFC 6793 §9). */
const AS_TRANS = 23456;
const CAPABILITIES = 2;
const Capability = { MULTIPROTOCOL: 1, FOUR_OCTET_AS: 65 };

/** AFI and SAFI of EVPN (RFC 7432 §7). */
export const EVPN = Buffer.of(0, 25, 70);

/** What a peer did wrong, as error code and subcode of a NOTIFICATION (RFC 4271 §4.5). */
export class BgpError extends Error {
  constructor(code, subcode, what) {
    super(what);
    this.code = code;
    this.subcode = subcode;
  }
}

export function message(type, ...pieces) {
  const body = Buffer.concat(pieces);
  const bytes = HEADER_BYTES + body.length;
  if (bytes > MAX_BYTES) throw new RangeError(`a BGP message of ${bytes} bytes: the most are ${MAX_BYTES}`);
  return Buffer.concat([MARKER, u16(bytes), u8(type), body]);
}

export const keepalive = () => message(Type.KEEPALIVE);

export const notification = ({ code, subcode }) => message(Type.NOTIFICATION, u8(code), u8(subcode));

/** Capabilities: EVPN, and AS numbers of four bytes. */
export function open({ as, holdSeconds, routerId }) {
  const { MULTIPROTOCOL, FOUR_OCTET_AS } = Capability;
  const evpn = counted(u8, EVPN.subarray(0, 2), u8(0), EVPN.subarray(2));
  const capabilities = [u8(MULTIPROTOCOL), evpn, u8(FOUR_OCTET_AS), counted(u8, u32(as))];
  const parameters = counted(u8, u8(CAPABILITIES), counted(u8, ...capabilities));
  const shortAs = u16(as > 0xffff ? AS_TRANS : as);
  return message(Type.OPEN, u8(VERSION), shortAs, u16(holdSeconds), address(routerId), parameters);
}

/** The part of an OPEN that a speaker has to agree with. */
export function parseOpen(body) {
  if (body.length < 10) throw new BgpError(1, 2, `an OPEN of ${body.length} bytes`);
  const [version, holdSeconds] = [body[0], body.readUInt16BE(3)];
  if (version !== VERSION) throw new BgpError(2, 1, `BGP version ${version}`);
  if (holdSeconds === 1 || holdSeconds === 2) throw new BgpError(2, 6, `a hold time of ${holdSeconds} s`);
  return { holdSeconds };
}

/** Cuts what a connection delivers into messages. */
export class MessageReader {
  constructor() {
    this.rest = Buffer.alloc(0);
  }

  /** The whole messages so far, in order: `{ type, body }`. */
  *push(chunk) {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= HEADER_BYTES) {
      if (!this.rest.subarray(0, MARKER.length).equals(MARKER)) throw new BgpError(1, 1, "no marker");
      const bytes = this.rest.readUInt16BE(MARKER.length);
      if (bytes < HEADER_BYTES || bytes > MAX_BYTES) throw new BgpError(1, 2, `a message of ${bytes} bytes`);
      if (this.rest.length < bytes) return;
      const one = { type: this.rest[HEADER_BYTES - 1], body: this.rest.subarray(HEADER_BYTES, bytes) };
      this.rest = this.rest.subarray(bytes);
      yield one;
    }
  }
}
