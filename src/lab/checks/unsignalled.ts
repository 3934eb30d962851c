/** MAC addresses that must never have been in a BGP message, not even for a moment. */
import { type LabContext, tapsOf, vtepNodes } from "../context.js";
import { parseIp } from "../outer.js";
import type { Frames } from "../watch.js";

const PROTOCOL_TCP = 6;
const BGP_PORT = 179;

/** Everything after the ports: EVPN routes have their MACs in plain octets (RFC 7432 §7.2), and nothing else is as long. */
function bgpSegment(frame: Buffer): Buffer | undefined {
  const ip = parseIp(frame);
  if (ip?.protocol !== PROTOCOL_TCP || ip.payload.length < 4) return undefined;
  const ports = [ip.payload.readUInt16BE(0), ip.payload.readUInt16BE(2)];
  return ports.includes(BGP_PORT) ? ip.payload.subarray(4) : undefined;
}

export function signalled(frame: Buffer, mac: string): boolean {
  return bgpSegment(frame)?.includes(Buffer.from(mac.replaceAll(":", ""), "hex")) === true;
}

export function unsignalledProblems({ lab }: LabContext, frames: Frames, macs: readonly string[]): string[] {
  return macs.flatMap((mac) =>
    vtepNodes(lab)
      .filter((node) => tapsOf(lab, node).some((tap) => (frames.get(tap) ?? []).some((one) => signalled(one, mac))))
      .map((node) => `${mac} stands in a BGP message from ${node}`),
  );
}
