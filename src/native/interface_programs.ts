import type { BpfProgram, Netns } from "./bpf.js";

/**
 * Programs on an interface that no handle of ours holds: they stay until somebody removes them or the interface goes,
 * as `ip link set xdp` and `tc filter add` leave theirs. BpfLink is for what is to go with the process.
 * Implemented in native/interface_programs.cc.
 */

export type ProgramHook = "xdp" | "xdp-generic" | "tcx" | "clsact";

export interface ListedProgram {
  /** Of the ingress side. `xdp-offload`: on the NIC itself. */
  readonly hook: ProgramHook | "xdp-offload";
  readonly programId: number;
  /** Of a clsact filter, else 0. */
  readonly priority: number;
  readonly handle: number;
}

export interface PlaceOptions {
  readonly hook: ProgramHook;
  readonly netns?: Netns;
}

export interface RemoveOptions extends PlaceOptions {
  readonly priority?: number;
  readonly handle?: number;
}

export interface InterfaceProgramFunctions {
  /** In the order in which they see a frame. Programs of a kind that the kernel does not have are not listed. */
  listPrograms(ifindex: number, netns?: Netns): ListedProgram[];
  /** In front of all others of its hook. EBUSY where XDP is taken; EOPNOTSUPP where the driver has no native XDP. */
  placeProgram(program: BpfProgram, ifindex: number, options: PlaceOptions): void;
  /** EBUSY where a link holds it. A clsact filter is named by priority and handle. */
  removeProgram(program: BpfProgram, ifindex: number, options: RemoveOptions): void;
  /** False if it was there. */
  makeClsact(ifindex: number, netns?: Netns): boolean;
  /** False where filters are left, whose they may be. */
  removeClsact(ifindex: number, netns?: Netns): boolean;
}
