/** Interface addresses: RTM_NEWADDR, RTM_DELADDR (struct ifaddrmsg, linux/if_addr.h). */
import { Attributes } from "./attributes.js";
import { MessageFlag, MessageType } from "./header.js";
import { MessageWriter } from "./message-writer.js";

const HEADER_SIZE = 8;
const IFA = { address: 1, local: 2, flags: 8 } as const;

/** IFA_F_*: an IPv6 address under duplicate address detection does not answer yet. */
export const AddressFlag = { tentative: 0x40, dadFailed: 0x08, permanent: 0x80 } as const;

export interface AddressMessage {
  readonly family: number;
  readonly ifindex: number;
  readonly prefixLength: number;
  /** RT_SCOPE_*: 0 global, 253 link, 254 host. */
  readonly scope: number;
  readonly flags: number;
  readonly address: Uint8Array | null;
}

export function decodeAddress(view: DataView, start: number, end: number): AddressMessage | null {
  if (end - start < HEADER_SIZE) return null;
  const attributes = Attributes.read(view, start + HEADER_SIZE, end);
  if (attributes === null) return null;
  return {
    family: view.getUint8(start),
    prefixLength: view.getUint8(start + 1),
    scope: view.getUint8(start + 3),
    ifindex: view.getUint32(start + 4, true),
    flags: attributes.u32(IFA.flags) ?? view.getUint8(start + 2),
    // On point-to-point interfaces IFA_ADDRESS is the far end; IFA_LOCAL, where it stands, is ours.
    address: attributes.ip(IFA.local) ?? attributes.ip(IFA.address),
  };
}

export function encodeDumpAddresses(family: number): Uint8Array {
  const writer = new MessageWriter(MessageType.getAddress, MessageFlag.dump);
  return writer.u8(family).u8(0).u16(0).u32(0).finish();
}
