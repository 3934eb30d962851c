// Whatever the options are: the checksum of a segment stays right, and nothing but the MSS and it changes.
import { describe, expect, it } from "vitest";
import { MemoryDriver } from "../../src/dataplane/memory/driver.js";
import { buildTables } from "../corpus/given.js";
import { H1, lab, R1 } from "../corpus/lab.js";
import { ethernet, ipv4, ipv6, packet, payload, tcp, u16 } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";

const OUTER_BYTES = 14 + 36;
const OTHERS = [[1], [3, 3, 7], [4, 2], [8, 10, 1, 2, 3, 4, 5, 6, 7, 8], [30, 5, 9, 9, 9]] as const;
const ROUNDS = 2000;

/** As many whole options as there is room for. */
function others(random: Random, room: number): number[] {
  const options: number[] = [];
  for (let count = random.below(6); count > 0; count--) {
    const option = random.pick(OTHERS);
    if (options.length + option.length <= room) options.push(...option);
  }
  return options;
}

function throughTunnel(driver: MemoryDriver, frame: Uint8Array): Uint8Array {
  driver.sent.length = 0;
  driver.receive(2, frame, 0);
  return driver.sent[0]!.bytes.slice(OUTER_BYTES);
}

describe("MSS clamp, any options", () => {
  for (const [family, limit] of [
    [4, 1500 - 50 - 40],
    [6, 1500 - 50 - 60],
  ] as const) {
    it(`makes of an IPv${family} segment what the host would have sent with a smaller MSS`, () => {
      const { tables, names } = buildTables(lab({ uplinks: { up0: { mtu: 1500 } }, vtep: { mssClamp: true } }));
      const driver = new MemoryDriver(tables);
      expect(names.slots[2]).toBe("h1");
      const random = new Random(family);
      const ip = family === 4 ? ipv4(H1.ip, R1.ip) : ipv6(H1.ip6, R1.ip6);
      for (let round = 0; round < ROUNDS; round++) {
        const before = others(random, 20);
        const after = others(random, 36 - before.length);
        const data = payload(random.below(4), random.below(256));
        const segment = (mss: number): Uint8Array => {
          const options = [...before, 2, 4, ...u16(mss), ...after];
          while (options.length % 4 !== 0) options.push(0);
          return packet(ethernet(H1.mac, R1.mac), ip, tcp(1000, 80, { flags: 2, options, sequence: round }), data);
        };
        const mss = random.below(65536);
        expect([...throughTunnel(driver, segment(mss))]).toEqual([...segment(Math.min(mss, limit))]);
      }
    });
  }
});
