// The kernel objects of the intent as they stand, for those who read and write through them. Interface indexes are valid
// until KernelObjects says that something changed.

import type { Place } from "../places.js";

export interface DomainObjects {
  readonly place: Place;
  readonly bridgeDomain: string;
  /** Interface index of the bridge, which is the domain's IRB interface too. */
  readonly bridge: number;
  /** 0 = none: the domain has no VNI. */
  readonly vxlan: number;
  /** The bridge port on which local MACs are announced. */
  readonly port: number;
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
