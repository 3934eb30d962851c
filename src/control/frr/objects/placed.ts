// The kernel objects of the intent as they stand, for those who read and write through them. Interface indexes are valid
// until KernelObjects says that something changed.

import type { BridgeIntent } from "../intent.js";
import type { Place } from "../places.js";
import type { Observed } from "./observed.js";

export interface DomainObjects {
  readonly place: Place;
  readonly bridgeDomain: string;
  /** Interface index of the bridge, which is the domain's IRB interface too. */
  readonly bridge: number;
  /** 0 = none: the domain has no VNI. */
  readonly vxlan: number;
  /** The bridge port on which local MACs are announced. */
  readonly port: number;
  /** The other end of its veth pair, in the same namespace; 0 where it is elsewhere, or the port is another interface. */
  readonly portPeer: number;
}

export interface VrfObjects {
  readonly place: Place;
  readonly vrf: string;
  /** Kernel table, in that place, that zebra fills. */
  readonly table: number;
  /** Bridge and VXLAN device of the L3 VNI; 0 = the VRF has none. */
  readonly l3Bridge: number;
  readonly l3Vxlan: number;
}

/** undefined until all of it is there and in its place. */
export function bridgeObjects(observed: Observed, intent: BridgeIntent) {
  const bridge = observed.link(intent.bridge);
  const port = observed.link(intent.port);
  const vxlan = intent.vni === 0 ? undefined : observed.link(intent.vxlan);
  if (bridge?.kind !== "bridge" || port?.master !== bridge.ifindex) return undefined;
  if (intent.vni !== 0 && (vxlan?.kind !== "vxlan" || vxlan.master !== bridge.ifindex)) return undefined;
  const portPeer = port.kind === "veth" && port.linkNetnsId === undefined ? port.link : 0;
  return { bridge: bridge.ifindex, vxlan: vxlan?.ifindex ?? 0, port: port.ifindex, portPeer };
}
