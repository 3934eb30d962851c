// Numbers and addresses in network byte order, as pieces that `Buffer.concat` joins.
import { addressBytes } from "../frames.mjs";

const number = (bytes) => (value) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};

export const u8 = number(1);
export const u16 = number(2);
export const u24 = number(3);
export const u32 = number(4);

export const address = (text) => Buffer.from(addressBytes(text));

/** A piece behind its own length. */
export const counted = (length, ...pieces) => {
  const body = Buffer.concat(pieces);
  return Buffer.concat([length(body.length), body]);
};
