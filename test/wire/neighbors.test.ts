// ARP and Neighbor Discovery: what is sound, held against a second reading of the RFCs, and nothing read past the end.
import { describe, expect, it } from "vitest";
import { isSoundArp } from "../../src/wire/arp.js";
import { findOption, icmpSum, isSoundNeighborMessage, NdOption } from "../../src/wire/nd.js";
import { maskWord } from "../../src/wire/prefix.js";
import { advertisement, icmpv6, solicitation } from "../corpus/icmp.js";
import { A1, A2, asking } from "../corpus/irb_lab.js";
import { arp, concat, ethernet, hex, internetChecksum, ipv6, packet, toHex } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";

/** A view that throws when anything outside of the bytes is read. */
const exactly = (bytes: Uint8Array): DataView => new DataView(bytes.slice().buffer);

const bodyOf = (frame: Uint8Array): Uint8Array => frame.slice(14);
const ns = bodyOf(packet(...asking(A1, A1.ip6, A2.ip6), solicitation(A2.ip6, { mac: A1.mac })));
const na = bodyOf(
  packet(
    ethernet(A1.mac, A2.mac),
    ipv6(A1.ip6, A2.ip6, { hopLimit: 255 }),
    advertisement(A1.ip6, "SO", { mac: A1.mac }),
  ),
);
const dad = bodyOf(packet(...asking(A1, "::", A2.ip6), solicitation(A2.ip6)));

/** RFC 4861 §7.1.1 and §7.1.2 once more, from arrays and without haste. */
function naive(bytes: readonly number[]): boolean {
  const [source, destination] = [bytes.slice(8, 24), bytes.slice(24, 40)];
  const length = bytes[4]! * 256 + bytes[5]!;
  const message = bytes.slice(40, 40 + length);
  const pseudo = [...source, ...destination, 0, 0, length >>> 8, length & 255, 0, 0, 0, 58];
  const target = message.slice(8, 24);
  const mapped = (address: number[]) => address.slice(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 255));
  if (length < 24 || message.length < length || bytes[7] !== 255 || message[1] !== 0) return false;
  if (internetChecksum([...pseudo, ...message]) !== 0 || [target, source].some((one) => one[0] === 255 || mapped(one)))
    return false;
  const options: number[][] = [];
  for (let rest = message.slice(24); rest.length > 0; rest = rest.slice(rest[1]! * 8)) {
    if (rest.length < 2 || rest[1] === 0 || rest.length < rest[1]! * 8) return false;
    options.push(rest.slice(0, rest[1]! * 8));
  }
  if (message[0] === 136) return destination[0] !== 255 || (message[4]! & 0x40) === 0;
  if (source.some((byte) => byte !== 0)) return true;
  const group = toHex(Uint8Array.from(destination.slice(0, 13))) === "ff0200000000000000000001ff";
  return group && !options.some((option) => option[0] === 1 && option[1] === 1);
}

describe("neighbour messages", () => {
  it("are sound as hosts send them", () => {
    for (const message of [ns, na, dad]) expect(isSoundNeighborMessage(exactly(message), 0, message.length)).toBe(true);
  });

  it.each([1, 2, 3])(
    "agree with a naive check, whatever is changed, and are not read past the end (seed %i)",
    (seed) => {
      const random = new Random(seed);
      const wrong: string[] = [];
      let sound = 0;
      for (let round = 0; round < 20000; round++) {
        const bytes = random.pick([ns, na, dad]).slice();
        for (let change = random.below(3); change > 0; change--)
          bytes[random.below(bytes.length)] = random.pick([0, 1, 2, 255, random.below(256)]);
        const message = random.chance(3) ? concat(bytes, random.bytes(8 * random.below(3))) : bytes;
        if (random.chance(2)) message[5] = message.length - 40;
        if (random.chance(2)) repair(message);
        const whole = random.chance(6) ? message.slice(0, 44 + random.below(message.length - 43)) : message;
        const [ours, theirs] = [isSoundNeighborMessage(exactly(whole), 0, whole.length), naive([...whole])];
        if (ours !== theirs) wrong.push(`${ours}: ${toHex(whole)}`);
        if (ours) sound += 1;
      }
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(sound).toBeGreaterThan(1000);
    },
  );

  it("find an option of eight bytes behind others", () => {
    const options = hex(
      "0e01 000000000000 0502 0000000000000000000000000000 0102 0000000000000000000000000000 0101 020304050607",
    );
    const message = bodyOf(packet(...asking(A1, A1.ip6, A2.ip6), solicitation(A2.ip6, { options })));
    const view = exactly(message);
    expect(isSoundNeighborMessage(view, 0, message.length)).toBe(true);
    expect(findOption(view, 40, message.length, NdOption.SOURCE_MAC)).toBe(message.length - 8);
    expect(findOption(view, 40, message.length, NdOption.TARGET_MAC)).toBe(0);
  });

  it("sum as RFC 4443 §2.3 has it, odd lengths too", () => {
    for (const length of [0, 1, 2, 3, 33]) {
      const message = bodyOf(
        packet(ethernet(A1.mac, A2.mac), ipv6(A1.ip6, A2.ip6), icmpv6(128, new Uint8Array(length).fill(7))),
      );
      expect(icmpSum(exactly(message), 0, message.length - 40)).toBe(0);
    }
  });
});

/** Writes the checksum that the message should have. */
function repair(message: Uint8Array): void {
  const length = message[4]! * 256 + message[5]!;
  message.set([0, 0], 42);
  const pseudo = [...message.slice(8, 40), 0, 0, length >>> 8, length & 255, 0, 0, 0, 58];
  const sum = internetChecksum([...pseudo, ...message.slice(40, 40 + length)]);
  message.set([sum >>> 8, sum & 255], 42);
}

describe("ARP", () => {
  const request = bodyOf(packet(ethernet(A1.mac, A2.mac), arp(A1.mac, A1.ip, A2.ip)));

  it("is judged by its type, its operation and its sender, and by nothing else", () => {
    for (let at = 0; at < 28; at++) {
      const changed = request.slice();
      changed[at]! ^= 0x80;
      // No change here makes a group of the MAC, or of 10 anything but 138.
      expect(isSoundArp(exactly(changed), 0), `byte ${at}`).toBe(at >= 8);
    }
  });

  it("is read within its 28 bytes, whatever they are", () => {
    const random = new Random(5);
    for (let round = 0; round < 20000; round++) {
      const bytes = random.bytes(28);
      if (random.chance(2)) bytes.set(request.slice(0, 7));
      const [type, sender] = [toHex(bytes.slice(0, 6)), bytes[14]!];
      const operation = bytes[6]! * 256 + bytes[7]!;
      const unicast = sender === 0 ? toHex(bytes.slice(14, 18)) === "00000000" : sender !== 127 && sender < 224;
      const sound = type === "000108000604" && [1, 2].includes(operation) && (bytes[8]! & 1) === 0 && unicast;
      expect(isSoundArp(exactly(bytes), 0), toHex(bytes)).toBe(sound);
    }
  });
});

describe("masks", () => {
  it("have as many leading ones as asked, at most 32 and at least none", () => {
    expect([-5, 0, 1, 8, 31, 32, 99].map((bits) => maskWord(bits) >>> 0)).toEqual([
      0, 0, 0x80000000, 0xff000000, 0xfffffffe, 0xffffffff, 0xffffffff,
    ]);
  });
});
