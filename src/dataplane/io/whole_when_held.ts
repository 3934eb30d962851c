// A frame that the engine's listener keeps is sent later as one of the engine's own, when nothing tells any more that its
// transport checksum was open: it is completed before it is kept.

import type { EngineListener } from "../../engine/engine.js";
import type { PacketTransmit } from "./transmit.js";

export function wholeWhenHeld(listener: EngineListener, packets: PacketTransmit): EngineListener {
  return {
    onRefusal: (decision) => listener.onRefusal(decision),
    onDiscovery: (decision) => listener.onDiscovery(decision),
    onBinding: (decision) => listener.onBinding(decision),
    onHold(decision, bytes, offset, length) {
      packets.closePartialChecksum(bytes, offset, length);
      return listener.onHold(decision, bytes, offset, length);
    },
  };
}
