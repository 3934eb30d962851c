// Which releases of FRR this is made for, and what about them differs. One list: whoever must behave otherwise for one
// of them asks here.

export interface FrrVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** What FRR does from a release on. */
export type FrrFeature =
  /** One VXLAN device for all VNIs, told apart by NDA_SRC_VNI. */
  | "single_vxlan_device"
  /** Neighbours with NTF_EXT_LEARNED are local unless NDA_PROTOCOL says zebra. */
  | "own_neighbors_by_protocol"
  /** A remote MAC that somebody deletes from the kernel is not written again. */
  | "leaves_deleted_macs"
  | "ipv6_vteps";

const SINCE: Readonly<Record<FrrFeature, readonly [major: number, minor: number]>> = {
  single_vxlan_device: [9, 1],
  own_neighbors_by_protocol: [10, 6],
  leaves_deleted_macs: [10, 7],
  ipv6_vteps: [10, 7],
};

const OLDEST = [8, 4] as const;

/** From the first line of `show version`: "FRRouting 8.4.4 (leaf1) on Linux(6.1.0)." */
export function versionIn(text: string): FrrVersion | undefined {
  const found = /FRRouting (\d+)\.(\d+)\S*/.exec(text);
  if (found === null) return undefined;
  return { text: found[0].slice("FRRouting ".length), major: Number(found[1]), minor: Number(found[2]) };
}

/** Empty for a release that this is made for. */
export function whyUnsupported(version: FrrVersion | undefined): string {
  if (version === undefined) return "FRR does not say which version it is";
  if (isAtLeast(version, OLDEST)) return "";
  return `FRR ${version.text} is not supported: ${OLDEST.join(".")} or later is`;
}

export function hasFeature(version: FrrVersion, feature: FrrFeature): boolean {
  return isAtLeast(version, SINCE[feature]);
}

function isAtLeast({ major, minor }: FrrVersion, [wantedMajor, wantedMinor]: readonly [number, number]): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
