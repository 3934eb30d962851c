/** Interface addresses: RTM_NEWADDR, RTM_DELADDR (struct ifaddrmsg, linux/if_addr.h). */
import { Attributes } from "./attributes.js";
import { AddressFamily, MessageFlag, MessageType } from "./header.js";
import { MessageWriter } from "./message_writer.js";

const HEADER_SIZE = 8;
const IFA = { address: 1, local: 2, flags: 8, protocol: 11 } as const;

/** IFA_F_*: an IPv6 address under duplicate address detection does not answer yet; noDad skips that. */
export const AddressFlag = { noDad: 0x02, tentative: 0x40, dadFailed: 0x08, permanent: 0x80 } as const;

export interface AddressMessage {
  readonly family: number;
  readonly ifindex: number;
  readonly prefixLength: number;
  /** RT_SCOPE_*: 0 global, 253 link, 254 host. */
  readonly scope: number;
  readonly flags: number;
  readonly address: Uint8Array | null;
  /** Who added it, by a number of his choice; undefined: nobody said (or kernel < 5.18). */
  readonly protocol: number | undefined;
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
    protocol: attributes.u8(IFA.protocol),
  };
}

export interface InterfaceAddress {
  readonly ifindex: number;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly prefixLength: number;
  /** IFA_F_*. */
  readonly flags?: number;
  /** See AddressMessage. Older kernels ignore it. */
  readonly protocol?: number;
}

/** EEXIST if the interface has it already. */
export function encodeNewAddress(address: InterfaceAddress): Uint8Array {
  const flags = MessageFlag.ack | MessageFlag.create | MessageFlag.exclusive;
  return encodeAddress(new MessageWriter(MessageType.newAddress, flags), address);
}

/** EADDRNOTAVAIL if it is gone. */
export function encodeDeleteAddress(address: InterfaceAddress): Uint8Array {
  return encodeAddress(new MessageWriter(MessageType.deleteAddress, MessageFlag.ack), address);
}

function encodeAddress(writer: MessageWriter, { ifindex, address, ...rest }: InterfaceAddress): Uint8Array {
  const family = address.length === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
  writer.u8(family).u8(rest.prefixLength).u16(0).u32(ifindex);
  writer.attribute(IFA.local, address).attribute(IFA.address, address);
  if (rest.flags !== undefined) writer.attributeU32(IFA.flags, rest.flags);
  if (rest.protocol !== undefined) writer.attributeU8(IFA.protocol, rest.protocol);
  return writer.finish();
}

export function encodeDumpAddresses(family: number): Uint8Array {
  const writer = new MessageWriter(MessageType.getAddress, MessageFlag.dump);
  return writer.u8(family).u8(0).u16(0).u32(0).finish();
}
