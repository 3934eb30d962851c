/** Addresses that are nobody's business on the underlay: no packet of any VTEP may name them. */
import { type LabContext, tapsOf, udpPortOf, vtepNodes } from "../context.js";
import { addressesIn } from "../inner.js";
import { normalAddress, parseVxlan } from "../outer.js";
import type { Frames } from "../watch.js";

export const allTaps = ({ lab }: LabContext): string[] => vtepNodes(lab).flatMap((node) => tapsOf(lab, node));

export function offWireProblems({ lab }: LabContext, frames: Frames, addresses: readonly string[]): string[] {
  const silent = new Set(addresses.map(normalAddress));
  const named = vtepNodes(lab).flatMap((node) =>
    tapsOf(lab, node)
      .flatMap((tap) => frames.get(tap) ?? [])
      .flatMap((frame) => parseVxlan(frame, udpPortOf(lab, node)) ?? [])
      .flatMap(({ inner, vni }) =>
        addressesIn(inner)
          .filter((address) => silent.has(address))
          .map((address) => `${address} is named in VNI ${vni} from ${node}`),
      ),
  );
  return [...new Set(named)];
}
