/** The kernel's answer to a request: NLMSG_ERROR, and the result inside NLMSG_DONE (linux/netlink.h). */
import { getSystemErrorName } from "node:util";
import { Attributes } from "./attributes.js";
import { align4, MessageFlag, type MessageHeader, NLMSG_HEADER_SIZE } from "./header.js";

const NLMSGERR_MESSAGE = 1;

export interface Acknowledgement {
  /** Positive errno; 0 = done. */
  readonly errno: number;
  /** "ENOENT"; "" when done. */
  readonly errorName: string;
  /** The kernel's own words, where it has any (extended acknowledgement). */
  readonly message: string | undefined;
}

export function decodeAcknowledgement(view: DataView, header: MessageHeader): Acknowledgement | null {
  if (header.end - header.start < 4 + NLMSG_HEADER_SIZE) return null;
  // An error carries the whole request back, a success (or NLM_F_CAPPED) only its header; the attributes come behind.
  const echoed = header.flags & MessageFlag.capped ? NLMSG_HEADER_SIZE : view.getUint32(header.start + 4, true);
  return acknowledgement(view, header, 4 + echoed);
}

/** A dump ends with its result; kernels before 4.20 leave the number out when all went well. */
export function decodeDone(view: DataView, header: MessageHeader): Acknowledgement {
  if (header.end - header.start < 4) return { errno: 0, errorName: "", message: undefined };
  return acknowledgement(view, header, 4);
}

function acknowledgement(view: DataView, header: MessageHeader, attributesAt: number): Acknowledgement {
  const errno = Math.abs(view.getInt32(header.start, true));
  const errorName = errno === 0 ? "" : errnoName(errno);
  const at = header.start + (attributesAt <= header.end - header.start ? align4(attributesAt) : 0);
  const hasAttributes = (header.flags & MessageFlag.ackAttributes) !== 0 && at > header.start;
  const attributes = hasAttributes ? Attributes.read(view, at, header.end) : null;
  return { errno, errorName, message: attributes?.text(NLMSGERR_MESSAGE) };
}

function errnoName(errno: number): string {
  return errno <= 4095 ? getSystemErrorName(-errno) : `errno ${errno}`;
}
