/** What a lab may need of the kernel beyond what every lab needs; without it the lab runs in the virtual machine. */
import { spawnSync } from "node:child_process";
import type { KernelFeature } from "./topology.js";

/** A device that a kernel with the feature can make. */
const DEVICES: Readonly<Record<KernelFeature, string>> = {
  "VRF devices": "type vrf table 10",
  bonding: "type bond",
};

const known = new Map<KernelFeature, boolean>();

export function hasKernelFeature(feature: KernelFeature): boolean {
  const before = known.get(feature);
  if (before !== undefined) return before;
  const words = DEVICES[feature].split(" ");
  // In a namespace that goes with the process.
  const { status } = spawnSync("unshare", ["--net", "ip", "link", "add", "probe0", ...words]);
  known.set(feature, status === 0);
  return status === 0;
}
