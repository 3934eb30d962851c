/**
 * The TypeScript face of the addon in native/: the only file that loads it. Types stand in the files beside it.
 *
 * One C++ class per kernel handle and no policy: the addon does not know what an FDB is. All calls are synchronous and
 * short unless their type says Promise. Errors are NativeError.
 */
import { createRequire } from "node:module";
import { VtepError } from "../wire/error.js";
import type * as bpf from "./bpf.js";
import { NativeError } from "./error.js";
import type * as frames from "./frames.js";
import type { InterfaceProgramFunctions } from "./interface_programs.js";
import type * as netlink from "./netlink.js";
import type { SystemFunctions } from "./system.js";

export type {
  Direction,
  LinkInfo,
  LoadOptions,
  MapCreateOptions,
  MapEntries,
  Netns,
  TestRunAsyncOptions,
  TestRunAsyncResult,
  TestRunHandle,
  TestRunOptions,
  TestRunResult,
} from "./bpf.js";
export * from "./descriptor.js";
export { NativeError, type NativeErrorDetails } from "./error.js";
export type { FrameSource, PacketSocketOptions, TapOptions, XskOptions, XskStatistics } from "./frames.js";
export type { ListedProgram, ProgramHook } from "./interface_programs.js";
export type { NetlinkOptions } from "./netlink.js";
export type { BpffsFolder, CapabilityName, EthtoolFeature } from "./system.js";

interface Addon extends SystemFunctions, InterfaceProgramFunctions {
  readonly BpfObject: bpf.BpfObjectConstructor;
  readonly BpfMap: bpf.BpfMapConstructor;
  readonly BpfProgram: bpf.BpfProgramConstructor;
  readonly BpfLink: bpf.BpfLinkConstructor;
  readonly RingBuffer: bpf.RingBufferConstructor;
  readonly NetlinkSocket: netlink.NetlinkSocketConstructor;
  readonly PacketSocket: frames.PacketSocketConstructor;
  readonly GsoDevice: frames.GsoDeviceConstructor;
  readonly TapDevice: frames.TapDeviceConstructor;
  readonly XskSocket: frames.XskSocketConstructor;
  setErrorClass(errorClass: typeof NativeError): void;
}

/** src/native and dist/native are equally deep, so one relative path serves tests and the built program. */
const ADDON_PATH = "../../build/Release/vtepd.node";

function loadAddon(): Addon {
  try {
    const addon = createRequire(import.meta.url)(ADDON_PATH) as Addon;
    addon.setErrorClass(NativeError);
    return addon;
  } catch (cause) {
    throw new VtepError(
      "native_addon_missing",
      `The native addon cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}. Run: npm run build`,
      { path: ADDON_PATH },
      cause,
    );
  }
}

const addon = loadAddon();

export type BpfObject = bpf.BpfObject;
export const BpfObject = addon.BpfObject;
export type BpfMap = bpf.BpfMap;
export const BpfMap = addon.BpfMap;
export type BpfProgram = bpf.BpfProgram;
export const BpfProgram = addon.BpfProgram;
export type BpfLink = bpf.BpfLink;
export const BpfLink = addon.BpfLink;
export type RingBuffer = bpf.RingBuffer;
export const RingBuffer = addon.RingBuffer;
export type NetlinkSocket = netlink.NetlinkSocket;
export const NetlinkSocket = addon.NetlinkSocket;
export type PacketSocket = frames.PacketSocket;
export const PacketSocket = addon.PacketSocket;
export type GsoDevice = frames.GsoDevice;
export const GsoDevice = addon.GsoDevice;
export type TapDevice = frames.TapDevice;
export const TapDevice = addon.TapDevice;
export type XskSocket = frames.XskSocket;
export const XskSocket = addon.XskSocket;

export const {
  interfaceIndex,
  interfaceNames,
  interfaceName,
  ethtoolGetFeatures,
  ethtoolSetFeature,
  ethtoolDriver,
  monotonicCoarseTicks,
  possibleCpus,
  setAffinity,
  capabilities,
  enterNetns,
  mountBpffs,
  findBpffs,
  notifySystemd,
  probeTcx,
  probeXdpLink,
  probeXsk,
  probeMapBatch,
  probeXdp,
  listPrograms,
  placeProgram,
  removeProgram,
  makeClsact,
  removeClsact,
} = addon;
