// Opens the socket that choose.ts picked for an interface, or what it falls back to, and says what became of it.

import type { InterfacePlan } from "../driver.js";
import { chooseSocket, type SocketChoice } from "./choose.js";
import type { Intake } from "./intake.js";
import { PacketSource } from "./packet_source.js";
import type { FrameSource } from "./source.js";
import { type XskParts, XskSource } from "./xsk_source.js";

export interface SourceParts extends XskParts {
  readonly intake: Intake;
}

export interface OpenedSource {
  readonly source: FrameSource;
  /** Does the kernel's own stack still see the frames? */
  readonly copies: boolean;
  readonly reason: string;
}

export function openSource(plan: InterfacePlan, choice: SocketChoice, parts: SourceParts): OpenedSource {
  const { kind, mayFallBack, why } = chooseSocket(plan, choice);
  if (kind === "af_packet") return packetSource(plan, parts, why);
  try {
    return { source: new XskSource(plan, "native", parts), copies: false, reason: `AF_XDP: ${why}` };
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    if (mayFallBack) return packetSource(plan, parts, `no AF_XDP here: ${trouble}`);
    return {
      source: new XskSource(plan, "generic", parts),
      copies: false,
      reason: `AF_XDP on generic XDP: ${trouble}`,
    };
  }
}

function packetSource(plan: InterfacePlan, { tables, intake, netns }: SourceParts, why: string): OpenedSource {
  return { source: new PacketSource(plan, netns, tables, intake), copies: true, reason: `AF_PACKET: ${why}` };
}
