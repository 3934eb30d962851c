/** Addresses that are nobody's business on the underlay: no packet of any VTEP may name them. */
import { type LabContext, tapsOf, udpPortOf, vtepNodes } from "../context.js";
import { addressesIn, questionIn } from "../inner.js";
import { normalAddress, parseVxlan } from "../outer.js";
import type { Frames } from "../watch.js";

export const allTaps = ({ lab }: LabContext): string[] => vtepNodes(lab).flatMap((node) => tapsOf(lab, node));

export function offWireProblems(context: LabContext, frames: Frames, addresses: readonly string[]): string[] {
  return namings(context, frames, addresses, addressesIn, "is named");
}

/** What a VTEP could have answered itself is not flooded; a host's own unicast question is another matter. */
export function unaskedProblems(context: LabContext, frames: Frames, addresses: readonly string[]): string[] {
  const floodedFor = (inner: Buffer): string[] => {
    const question = questionIn(inner);
    return question === undefined || question.byUnicast ? [] : [question.address];
  };
  return namings(context, frames, addresses, floodedFor, "is asked for");
}

function namings(
  { lab }: LabContext,
  frames: Frames,
  addresses: readonly string[],
  namesIn: (inner: Buffer) => readonly string[],
  what: string,
): string[] {
  const wanted = new Set(addresses.map(normalAddress));
  const found = vtepNodes(lab).flatMap((node) =>
    tapsOf(lab, node)
      .flatMap((tap) => frames.get(tap) ?? [])
      .flatMap((frame) => parseVxlan(frame, udpPortOf(lab, node)) ?? [])
      .flatMap(({ inner, vni }) =>
        namesIn(inner)
          .filter((address) => wanted.has(address))
          .map((address) => `${address} ${what} in VNI ${vni} from ${node}`),
      ),
  );
  return [...new Set(found)];
}
