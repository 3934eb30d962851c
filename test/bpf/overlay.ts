// test/dataplane/overlay.ts by the eBPF driver, which works in the namespace of its interfaces: this thread goes there
// whenever one is opened or closed.
import type { HookKind } from "../../src/dataplane/driver.js";
import { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { HEADROOM_BYTES } from "../../src/engine/execute.js";
import { ethtoolSetFeature } from "../../src/native/index.js";
import { arpRequest } from "../dataplane/host_socket.js";
import { within } from "../dataplane/namespaces.js";
import { Overlay, type OverlayOptions } from "../dataplane/overlay.js";
import { loadedPrograms } from "./loaded.js";

export interface EbpfOptions extends OverlayOptions {
  /** Of every interface; default auto, which is tc on a veth. */
  readonly hook?: "auto" | HookKind;
  /** Of the uplinks, where it is another. */
  readonly uplinkHook?: HookKind;
  /** Hand the programs the kernel's vxlan device, as the daemon does. */
  readonly kernelTunnel?: boolean;
  /** The underlay cuts super-packets; `joins`: and joins them again. Default: they pass whole. */
  readonly segmented?: boolean;
  readonly joins?: boolean;
}

export function ebpfOverlay(options: EbpfOptions): Promise<Overlay<EbpfDriver>> {
  const { hook = "auto", uplinkHook = hook, kernelTunnel = false, vlan = 0, unresolved = false } = options;
  const tunnelDevice = kernelTunnel ? "vtepd-gro" : undefined;
  return Overlay.up(options, {
    hooks: { uplink: uplinkHook, access: hook },
    create: (tables) => {
      const driver = new EbpfDriver({ tables, tunnelDevice, programs: loadedPrograms() });
      if (options.joiner) driver.joinBy({ join: "vtepd-join", joined: "vtepd-joined" });
      return driver;
    },
    within,
    prepare: (vtep, host) => {
      if (hook === "xdp" || uplinkHook === "xdp") prepareForXdp(vtep, host);
      if (options.segmented) ethtoolSetFeature("up0", "tso", false, vtep);
      if (options.joins) ethtoolSetFeature("up0", "gro", true, vtep);
    },
    // The socket to the kernel's routing is opened with the first packet that needs it: here, not at home.
    onStart: ({ driver, accessSlot }) => unresolved && handOver(driver, accessSlot, arpRequest(vlan)),
  });
}

/** A veth takes redirected frames only with NAPI at its peer, and XDP knows no partial checksums. */
function prepareForXdp(vtep: string, host: string): void {
  ethtoolSetFeature("eth0", "tx-checksum", false, host);
  ethtoolSetFeature("eth0", "gro", true, host);
  ethtoolSetFeature("up0", "gro", true, vtep);
}

/** As if the programs had punted this frame. */
function handOver(driver: EbpfDriver, slot: number, frame: Uint8Array): void {
  const buffer = new Uint8Array(HEADROOM_BYTES + frame.length);
  buffer.set(frame, HEADROOM_BYTES);
  driver.handle(buffer, HEADROOM_BYTES, frame.length, slot);
  driver.flush();
}
