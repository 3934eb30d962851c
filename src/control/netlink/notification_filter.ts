/**
 * A socket filter for those who follow neighbours but not forwarding entries: both come by one group, and of the latter
 * zebra writes hundreds of thousands. Refused by the kernel they cost nothing: no copy, no waking, no place in the buffer.
 *
 * Classic BPF, which loads in network byte order: a message's type, little-endian, appears swapped.
 */
import { AddressFamily, MessageType, NLMSG_HEADER_SIZE } from "./header.js";

const LOAD_WORD = 0x20;
const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

const TYPE_AT = 4;
/** Zero in what nobody asked for; so dumps pass. */
const SEQUENCE_AT = 8;
const FAMILY_AT = NLMSG_HEADER_SIZE;
const ALL = 0xffffffff;
const NOTHING = 0;

interface Instruction {
  readonly code: number;
  /** Instructions to skip where the comparison holds, and where it does not. */
  readonly holds?: number;
  readonly fails?: number;
  readonly operand: number;
}

/** struct sock_filter. */
function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, holds = 0, fails = 0, operand }] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, holds);
    view.setUint8(index * 8 + 3, fails);
    view.setUint32(index * 8 + 4, operand, true);
  }
  return bytes;
}

const swapped = (type: number): number => ((type & 0xff) << 8) | (type >>> 8);

export const WITHOUT_FORWARDING_ENTRIES: Uint8Array = assemble([
  { code: LOAD_WORD, operand: SEQUENCE_AT },
  { code: JUMP_IF_EQUAL, operand: 0, fails: 6 },
  { code: LOAD_HALF, operand: TYPE_AT },
  { code: JUMP_IF_EQUAL, operand: swapped(MessageType.newNeighbor), holds: 1 },
  { code: JUMP_IF_EQUAL, operand: swapped(MessageType.deleteNeighbor), fails: 3 },
  { code: LOAD_BYTE, operand: FAMILY_AT },
  { code: JUMP_IF_EQUAL, operand: AddressFamily.bridge, fails: 1 },
  { code: RETURN, operand: NOTHING },
  { code: RETURN, operand: ALL },
]);
