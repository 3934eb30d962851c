// Packets for tests, written plainly and checksummed by a naive sum: the oracle for the fast code.

export interface SuperPacketFacts {
  readonly ipv6: boolean;
  readonly protocol: "tcp" | "udp";
  readonly tags: readonly number[];
  /** Options of the TCP header, a multiple of four. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
  readonly sequence: number;
  readonly flags: number;
  readonly id: number;
  /** A VXLAN packet around the frame. */
  readonly tunnel?: { readonly ipv6: boolean; readonly checksum: boolean; readonly id: number };
}

const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)];

export function naiveSum(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

const complement = (sum: number): number => ~sum & 0xffff;

interface IpFacts {
  readonly ipv6: boolean;
  readonly id: number;
  readonly hosts: readonly [number, number];
}

function addresses({ ipv6, hosts }: IpFacts): number[] {
  return hosts.flatMap((host) => (ipv6 ? [0xfd, 0, ...Array(13).fill(0), host] : [192, 168, 7, host]));
}

function ipPacket(facts: IpFacts, protocol: number, body: readonly number[]): number[] {
  if (facts.ipv6) return [0x60, 0, 0, 0, ...u16(body.length), protocol, 64, ...addresses(facts), ...body];
  const head = [0x45, 0, ...u16(20 + body.length), ...u16(facts.id), 0x40, 0, 64, protocol];
  const checksum = complement(naiveSum([...head, ...addresses(facts)]));
  return [...head, ...u16(checksum), ...addresses(facts), ...body];
}

function pseudo(facts: IpFacts, protocol: number, length: number): number[] {
  return [...addresses(facts), ...u32(length), 0, 0, 0, protocol];
}

/** `field`: offset of the checksum. Partial: the sum of the pseudo header alone. */
function seal(facts: IpFacts, protocol: number, segment: number[], field: number, partial: boolean): number[] {
  const head = pseudo(facts, protocol, segment.length);
  const checksum = partial ? naiveSum(head) : complement(naiveSum([...head, ...segment]));
  segment.splice(field, 2, ...u16(protocol === 17 && checksum === 0 ? 0xffff : checksum));
  return segment;
}

function udp(
  facts: IpFacts,
  ports: readonly number[],
  payload: readonly number[],
  checksum: "none" | "partial" | "full",
): number[] {
  const segment = [...ports.flatMap(u16), ...u16(8 + payload.length), 0, 0, ...payload];
  return checksum === "none" ? segment : seal(facts, 17, segment, 6, checksum === "partial");
}

function ethernet(tags: readonly number[], ipv6: boolean, packet: readonly number[]): number[] {
  const macs = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
  return [...macs, ...tags.flatMap((tag) => [0x81, 0, ...u16(tag)]), ...(ipv6 ? [0x86, 0xdd] : [8, 0]), ...packet];
}

function tunnelled(facts: SuperPacketFacts, frame: number[], index: number): number[] {
  const { tunnel } = facts;
  if (tunnel === undefined) return frame;
  const outer: IpFacts = { ipv6: tunnel.ipv6, id: (tunnel.id + index) & 0xffff, hosts: [11, 12] };
  const vxlan = [8, 0, 0, 0, 0, 0, 100, 0, ...frame];
  return ethernet(
    [],
    tunnel.ipv6,
    ipPacket(outer, 17, udp(outer, [50000, 4789], vxlan, tunnel.checksum ? "full" : "none")),
  );
}

/** The frame whose payload is `payload`, as segment `index` counted from 0. */
function frameOf(
  facts: SuperPacketFacts,
  payload: readonly number[],
  index: number,
  sequence: number,
  flags: number,
  partial: boolean,
): Uint8Array {
  const ip: IpFacts = { ipv6: facts.ipv6, id: (facts.id + index) & 0xffff, hosts: [1, 2] };
  if (facts.protocol === "udp") {
    const packet = ipPacket(ip, 17, udp(ip, [1000, 2000], payload, partial ? "partial" : "full"));
    return Uint8Array.from(tunnelled(facts, ethernet(facts.tags, facts.ipv6, packet), index));
  }
  const offset = ((20 + facts.options.length) / 4) << 4;
  const head = [...u16(1000), ...u16(2000), ...u32(sequence), ...u32(7), offset, flags, ...u16(500), 0, 0, 0, 0];
  const packet = ipPacket(ip, 6, seal(ip, 6, [...head, ...facts.options, ...payload], 16, partial));
  return Uint8Array.from(tunnelled(facts, ethernet(facts.tags, facts.ipv6, packet), index));
}

/** The super-packet with a partial checksum, as a sending host hands it to its device. */
export function superPacket(facts: SuperPacketFacts): Uint8Array {
  return frameOf(facts, [...facts.payload], 0, facts.sequence, facts.flags, true);
}

/** Where its partial checksum begins. */
export function checksumStart(facts: SuperPacketFacts): number {
  const outer = facts.tunnel === undefined ? 0 : 14 + (facts.tunnel.ipv6 ? 40 : 20) + 16;
  return outer + 14 + facts.tags.length * 4 + (facts.ipv6 ? 40 : 20);
}

/** What the receiver must see: every field by its definition, nothing shared with the code under test. */
export function segmentsOf(facts: SuperPacketFacts, size: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let done = 0; done < facts.payload.length; done += size) {
    const first = done === 0;
    const last = done + size >= facts.payload.length;
    const flags = facts.flags & ~(last ? 0 : 0x09) & ~(first ? 0 : 0x80);
    const payload = [...facts.payload.subarray(done, done + size)];
    frames.push(frameOf(facts, payload, frames.length, (facts.sequence + done) >>> 0, flags, false));
  }
  return frames;
}

/** Repeatable pseudo-random numbers (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function randomSuperPacket(random: (below: number) => number, tunnel: boolean): SuperPacketFacts {
  const flag = (): boolean => random(2) === 1;
  const payload = Uint8Array.from({ length: 1 + random(9000) }, () => random(256));
  return {
    ipv6: flag(),
    protocol: random(3) === 0 ? "udp" : "tcp",
    tags: tunnel || flag() ? [] : [random(4095)],
    options: Uint8Array.from({ length: random(6) * 4 }, () => 1),
    payload,
    // Near the ends of their ranges, so that they wrap.
    sequence: (0xfffff000 + random(0x2000)) >>> 0,
    flags: 0x10 | (random(256) & 0xe9),
    id: (0xfffd + random(6)) & 0xffff,
    tunnel: tunnel ? { ipv6: flag(), checksum: flag(), id: random(0x10000) } : undefined,
  };
}
