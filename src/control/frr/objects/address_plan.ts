// Gateway addresses on a bridge. zebra takes them for connected routes and for the gateway's; who answers for them is
// the data path. Addresses that somebody else added are left alone.

import {
  AddressFlag,
  type AddressMessage,
  encodeDeleteAddress,
  encodeNewAddress,
  formatIp,
  type LinkMessage,
} from "../../netlink/index.js";
import type { BridgeAddress } from "../intent.js";
import type { Site } from "./bridge_plan.js";
import { isSameBytes } from "./observed.js";
import { OUR_PROTOCOL } from "./ownership.js";
import { type Step, step } from "./step.js";

/** Removals go first: IPv6 refuses an address that the interface has with another prefix length. */
export function addressSteps(
  { client, observed }: Site,
  { ifindex, name }: LinkMessage,
  wanted: readonly BridgeAddress[],
  obsolete: readonly BridgeAddress[],
): Step[] {
  const present = observed.addresses(ifindex);
  const isWanted = (address: AddressMessage) => wanted.some((one) => isSame(one, address));
  // Kernels before 5.18 do not keep the mark: there the last intent tells.
  const wasWanted = (address: AddressMessage) =>
    address.protocol === OUR_PROTOCOL || obsolete.some((one) => isSame(one, address));
  const leaving = present.filter((address) => wasWanted(address) && !isWanted(address));
  const missing = wanted.filter((one) => !present.some((address) => isSame(one, address)));
  return [
    ...leaving.map(({ address, prefixLength }) => {
      const bytes = address ?? new Uint8Array(4);
      const message = encodeDeleteAddress({ ifindex, address: bytes, prefixLength });
      return step(client, name, `remove ${formatIp(bytes)} from`, message);
    }),
    ...missing.map(({ address, prefixLength }) => {
      const mark = { flags: AddressFlag.noDad, protocol: OUR_PROTOCOL };
      const message = encodeNewAddress({ ifindex, address, prefixLength, ...mark });
      // IPv6 tells of a new address when it is done with it, some time after the answer.
      return { ...step(client, name, `add ${formatIp(address)} to`, message), isToldLate: address.length === 16 };
    }),
  ];
}

function isSame(wanted: BridgeAddress, present: AddressMessage): boolean {
  return wanted.prefixLength === present.prefixLength && isSameBytes(wanted.address, present.address);
}
