// Classic BPF for an uplink's packet socket, so that the kernel copies nothing to us but VXLAN packets of ours:
// SSH, BGP and BFD on the same interface cost us no wake-up. First fragments pass, for the engine counts them;
// later ones bear no port. Twin: findUdp4 and findUdp6 of engine/decap.ts, bpf/vtep_xsk.bpf.c.

import { Family } from "../../abi/generated.js";
import type { VtepSettings } from "../../tables/tables.js";
import { readI32 } from "../../wire/bytes.js";
import { ETHERNET_HEADER_BYTES, EtherType } from "../../wire/ethernet.js";
import { IPV6_HEADER_BYTES, Ipv4, Ipv6, Protocol, Udp } from "../../wire/ip.js";

/** Operation codes of linux/bpf_common.h, combined. */
const LOAD_WORD = 0x20;
const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const LOAD_HALF_INDEXED = 0x48;
const LOAD_X_HEADER_BYTES = 0xb1; // X = 4 * (byte & 0xf)
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_OR_EQUAL = 0x35;
const JUMP_SET = 0x45;
const RETURN = 0x06;
const INSTRUCTION_BYTES = 8;

/** SKF_AD_OFF: metadata instead of bytes. */
const METADATA = 0xfffff000;
const METADATA_PACKET_TYPE = 4;
const METADATA_VLAN_PRESENT = 48;
/** Addressed to another MAC: seen in promiscuous mode only, and the kernel would not take it either. */
const PACKET_OTHER_HOST = 3;
const WHOLE_FRAME = 0x40000;

type Instruction = readonly [code: number, k: number, then?: "next" | "refuse", otherwise?: "next" | "refuse"];

const IP = ETHERNET_HEADER_BYTES;
const LATER_FRAGMENT = 0x1fff;

const mustBe = (value: number): Instruction => [JUMP_EQUAL, value, "next", "refuse"];
const mustNotBe = (value: number): Instruction => [JUMP_EQUAL, value, "refuse", "next"];

/** The first byte of an IP header: version, and in IPv4 a header length of at least five words. */
function firstByte(least: number, most: number): Instruction[] {
  return [
    [LOAD_BYTE, IP],
    [JUMP_GREATER_OR_EQUAL, least, "next", "refuse"],
    [JUMP_GREATER, most, "refuse", "next"],
  ];
}

function ipv4(settings: VtepSettings): Instruction[] {
  return [
    ...firstByte(0x45, 0x4f),
    [LOAD_BYTE, IP + Ipv4.PROTOCOL],
    mustBe(Protocol.UDP),
    [LOAD_HALF, IP + Ipv4.FRAGMENT],
    [JUMP_SET, LATER_FRAGMENT, "refuse", "next"],
    [LOAD_WORD, IP + Ipv4.DESTINATION],
    mustBe(readI32(settings.localAddress, 12)),
    [LOAD_X_HEADER_BYTES, IP],
    [LOAD_HALF_INDEXED, IP + Udp.DESTINATION_PORT],
    mustBe(settings.udpPort),
  ];
}

function ipv6(settings: VtepSettings): Instruction[] {
  const address = [0, 4, 8, 12].flatMap((at): Instruction[] => [
    [LOAD_WORD, IP + Ipv6.DESTINATION + at],
    mustBe(readI32(settings.localAddress, at)),
  ]);
  return [
    ...firstByte(0x60, 0x6f),
    [LOAD_BYTE, IP + Ipv6.NEXT_HEADER],
    mustBe(Protocol.UDP),
    ...address,
    [LOAD_HALF, IP + IPV6_HEADER_BYTES + Udp.DESTINATION_PORT],
    mustBe(settings.udpPort),
  ];
}

/**
 * The filter as struct sock_filter[], in the byte order of this machine. Where Ethertypes are repaired any will do: what
 * follows must be a packet for us, and the engine looks at the type that it then has.
 */
export function uplinkFilter(settings: VtepSettings, isRepaired = false): Uint8Array {
  const isIpv6 = settings.family === Family.IPV6;
  const type: Instruction[] = [[LOAD_HALF, IP - 2], mustBe(isIpv6 ? EtherType.IPV6 : EtherType.IPV4)];
  return assemble([
    [LOAD_WORD, METADATA + METADATA_PACKET_TYPE],
    mustNotBe(PACKET_OTHER_HOST),
    // A tag stands in metadata: what is behind it belongs to a VLAN interface, not to this one.
    [LOAD_WORD, METADATA + METADATA_VLAN_PRESENT],
    mustBe(0),
    ...(isRepaired ? [] : type),
    ...(isIpv6 ? ipv6(settings) : ipv4(settings)),
  ]);
}

function assemble(checks: readonly Instruction[]): Uint8Array {
  const program: Instruction[] = [...checks, [RETURN, WHOLE_FRAME], [RETURN, 0]];
  const refuse = program.length - 1;
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
  const halves = new Uint16Array(bytes.buffer);
  const words = new Uint32Array(bytes.buffer);
  program.forEach(([code, k, then, otherwise], index) => {
    halves[index * 4] = code;
    bytes[index * INSTRUCTION_BYTES + 2] = then === "refuse" ? refuse - index - 1 : 0;
    bytes[index * INSTRUCTION_BYTES + 3] = otherwise === "refuse" ? refuse - index - 1 : 0;
    words[index * 2 + 1] = k;
  });
  return bytes;
}
