// Which kind of socket carries an interface, and why. AF_XDP copies less; AF_PACKET works everywhere.

import type { InterfacePlan } from "../driver.js";
import { XSK_FRAME_BYTES } from "./xsk_memory.js";

export type SocketChoice = "auto" | "af_xdp" | "af_packet";

/** `mayFallBack`: try AF_XDP, and take AF_PACKET where it cannot be had. */
export interface ChosenSocket {
  readonly kind: "af_xdp" | "af_packet";
  readonly mayFallBack: boolean;
  readonly why: string;
}

/** Ethernet header and one tag. */
const FRAMING_BYTES = 18;
/** Their peers send super-packets, which XDP switches off or never sees. */
const OFFLOADING_KINDS: ReadonlySet<string> = new Set(["veth", "tun"]);

export function chooseSocket(plan: InterfacePlan, choice: SocketChoice): ChosenSocket {
  if (choice === "af_packet") return { kind: "af_packet", mayFallBack: false, why: "asked for" };
  if (choice === "af_xdp") return { kind: "af_xdp", mayFallBack: false, why: "asked for" };
  if (OFFLOADING_KINDS.has(plan.kind)) {
    return {
      kind: "af_packet",
      mayFallBack: false,
      why: `XDP would switch off segmentation offload of a ${plan.kind}'s peer`,
    };
  }
  if (plan.mtuBytes + FRAMING_BYTES > XSK_FRAME_BYTES) {
    return {
      kind: "af_packet",
      mayFallBack: false,
      why: `an MTU of ${plan.mtuBytes} is more than an AF_XDP frame holds`,
    };
  }
  return { kind: "af_xdp", mayFallBack: true, why: "its driver has native XDP" };
}
