// Tables of routing against plain models: a Map, and a longest match by trying every prefix.
import { describe, expect, it } from "vitest";
import { HostKind, Limit } from "../../src/abi/generated.js";
import { AddressTable } from "../../src/tables/address_table.js";
import { NeighborFlag } from "../../src/tables/neighbor.js";
import { Tables } from "../../src/tables/tables.js";
import { prefixOf } from "../corpus/given_routing.js";
import { address16, ipText } from "../corpus/packet.js";
import { Random } from "../corpus/random.js";

type Words = [number, number, number, number];

const wordsOf = (address: Uint8Array): Words => {
  const view = new DataView(address.buffer, address.byteOffset);
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)];
};

/** Few addresses that differ in single bits, and some that do not resemble them. */
function randomAddress(random: Random): Uint8Array {
  if (random.chance(8)) return random.bytes(16);
  const address = address16(random.chance(2) ? "10.0.0.0" : "2001:db8::");
  address[15] = random.below(32);
  if (random.chance(3)) address[random.below(16)]! ^= 1 << random.below(8);
  return address;
}

const keyOf = (scope: number, address: Uint8Array): string => `${scope} ${ipText(address)}`;

describe("AddressTable against a Map", () => {
  it.each([1, 2, 3])("agrees after random operations, with indexes that stay (seed %i)", (seed) => {
    const random = new Random(seed);
    const table = new AddressTable(300);
    const model = new Map<string, number>();
    const wrong: string[] = [];
    for (let at = 0; at < 20000; at++) {
      const [scope, address] = [random.below(3), randomAddress(random)];
      const key = keyOf(scope, address);
      const known = model.get(key);
      if (table.findAddress(scope, address) !== (known ?? 0)) wrong.push(`operation ${at}: ${key}`);
      if (random.chance(3)) {
        if (known !== undefined) table.delete(known);
        model.delete(key);
      } else {
        const index = table.addAddress(scope, address);
        if (index === 0 && model.size < 300) wrong.push(`operation ${at}: refused with room left`);
        if (index !== 0) model.set(key, index);
      }
      if (table.count !== model.size) wrong.push(`operation ${at}: ${table.count} entries, not ${model.size}`);
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    const listed = [...table.indexes()].map((index) => {
      const { scope, address } = table.keyOf(index);
      return [keyOf(scope, address), index] as const;
    });
    expect(new Map(listed)).toEqual(model);
    expect(new Set(model.values()).size).toBe(model.size);
    for (const index of model.values()) expect(index).toBeLessThan(table.indexLimit);
  });

  it("is full at its capacity, but still knows what it has", () => {
    const table = new AddressTable(2);
    const [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(address16) as [Uint8Array, Uint8Array, Uint8Array];
    const [first, second] = [table.addAddress(1, a), table.addAddress(1, b)];
    expect([table.addAddress(1, c), table.addAddress(1, a), table.findAddress(1, c)]).toEqual([0, first, 0]);
    table.delete(first);
    expect([table.addAddress(1, c), table.findAddress(1, b)]).toEqual([first, second]);
  });

  it("leaves an index alone that is not in use", () => {
    const table = new AddressTable(10);
    const index = table.addAddress(1, address16("10.0.0.1"));
    for (const absent of [0, 7, index + 1]) table.delete(absent);
    table.delete(index);
    table.delete(index);
    expect([table.count, table.addAddress(1, address16("10.0.0.1"))]).toEqual([0, index]);
  });
});

interface Known {
  readonly vrf: number;
  readonly address: Uint8Array;
  readonly length: number;
  readonly route: number;
}

const bitsAgree = (a: Uint8Array, b: Uint8Array, length: number): boolean =>
  Array.from({ length }, (_, bit) => bit).every(
    (bit) => ((a[bit >>> 3]! ^ b[bit >>> 3]!) & (0x80 >>> (bit & 7))) === 0,
  );

function longest(known: Iterable<Known>, vrf: number, address: Uint8Array): number {
  const holding = [...known].filter((one) => one.vrf === vrf && bitsAgree(one.address, address, one.length));
  return holding.sort((a, b) => b.length - a.length)[0]?.route ?? 0;
}

const cut = (address: Uint8Array, length: number): Uint8Array =>
  address.map((byte, at) => byte & (0xff00 >>> Math.min(8, Math.max(0, length - 8 * at))) & 0xff);

const LENGTHS = [0, 1, 8, 31, 32, 33, 48, 63, 64, 65, 95, 96, 97, 104, 112, 119, 120, 121, 126, 127, 128] as const;

describe("Prefixes against every prefix tried", () => {
  it.each([1, 2, 3])("find the longest, through changes (seed %i)", (seed) => {
    const random = new Random(seed);
    const { prefixes } = new Tables();
    const model = new Map<string, Known>();
    const wrong: string[] = [];
    for (let at = 0; at < 3000; at++) {
      const [vrf, length] = [1 + random.below(2), random.pick(LENGTHS)];
      const address = cut(randomAddress(random), length);
      const key = `${keyOf(vrf, address)}/${length}`;
      if (random.chance(3)) {
        prefixes.delete(vrf, address, length);
        model.delete(key);
      } else {
        const route = 1 + random.below(5000);
        prefixes.set(vrf, address, length, route);
        model.set(key, { vrf, address, length, route });
      }
      const asked = randomAddress(random);
      const [found, expected] = [prefixes.lookup(vrf, ...wordsOf(asked)), longest(model.values(), vrf, asked)];
      if (found !== expected) wrong.push(`operation ${at}: ${ipText(asked)} by ${found}, not ${expected}`);
      if (prefixes.find(vrf, address, length) !== (model.get(key)?.route ?? 0)) wrong.push(`operation ${at}: ${key}`);
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(prefixes.count).toBe(model.size);
  });

  it("tell the drivers what changed, and nothing of what was not there", () => {
    const { prefixes, deltas } = new Tables();
    const { address, length } = prefixOf("10.0.0.0/8");
    prefixes.delete(1, address, length);
    expect(deltas.empty).toBe(true);
    expect(prefixes.set(1, address, length, 5)).toBe(true);
    prefixes.delete(1, address, length);
    expect(deltas.prefixes).toEqual([
      { vrf: 1, address, length },
      { vrf: 1, address, length },
    ]);
  });
});

describe("Hosts", () => {
  it("hold one place an address and VRF, through growth", () => {
    const { hosts, deltas } = new Tables();
    const address = (number: number) => address16(`10.0.${number >>> 8}.${number & 255}`);
    for (let number = 0; number < 1000; number++) {
      expect(hosts.setNeighbor(1 + (number & 1), address(number), 7, number, -number)).toBe(true);
    }
    hosts.setRoute(1, address(0), 3);
    hosts.setLocal(2, address(1), 9);
    const placeOf = (vrf: number, number: number) => {
      const index = hosts.findAddress(vrf, address(number));
      return [hosts.kindAt(index), hosts.targetAt(index), hosts.hiAt(index), hosts.loAt(index)];
    };
    expect(placeOf(1, 0)).toEqual([HostKind.ROUTE, 3, 0, 0]);
    expect(placeOf(2, 1)).toEqual([HostKind.LOCAL, 9, 0, 0]);
    for (let number = 2; number < 1000; number++)
      expect(placeOf(1 + (number & 1), number)).toEqual([HostKind.NEIGHBOR, 7, number, -number]);
    expect([hosts.count, deltas.hosts.length]).toEqual([1000, 1002]);
  });

  it("are gone when deleted, once", () => {
    const { hosts, deltas } = new Tables();
    hosts.setLocal(1, address16("10.0.0.1"), 1);
    deltas.clear();
    hosts.delete(2, address16("10.0.0.1"));
    expect(deltas.empty).toBe(true);
    hosts.delete(1, address16("10.0.0.1"));
    hosts.delete(1, address16("10.0.0.1"));
    expect([hosts.findAddress(1, address16("10.0.0.1")), deltas.hosts.length]).toEqual([0, 1]);
  });
});

describe("Neighbors", () => {
  it("are kept by domain, with what they said last", () => {
    const { neighbors } = new Tables();
    const address = address16("10.0.0.1");
    const index = neighbors.set(1, address, 0x0200, 5, NeighborFlag.ROUTER, 10);
    neighbors.set(2, address, 0x0200, 6, 0, 11);
    neighbors.confirm(index, 99);
    expect(neighbors.entryAt(index)).toEqual({
      index,
      bd: 1,
      address,
      hi: 0x0200,
      lo: 5,
      flags: NeighborFlag.ROUTER,
      confirmedTick: 99,
    });
    expect([neighbors.set(1, address, 0x0200, 7, 0, 100), neighbors.count]).toEqual([index, 2]);
    neighbors.delete(index);
    expect([neighbors.findAddress(1, address), neighbors.findAddress(2, address) !== 0]).toEqual([0, true]);
  });

  it("survive growth", () => {
    const { neighbors } = new Tables();
    for (let number = 0; number < 500; number++)
      neighbors.set(1, address16(`10.1.${number >>> 8}.${number & 255}`), number, number, 0, number);
    const bad = [...neighbors.entries()].filter(({ hi, lo, confirmedTick }) => hi !== lo || lo !== confirmedTick);
    expect([bad, neighbors.count]).toEqual([[], 500]);
  });
});

describe("VRFs", () => {
  it("are found by L3 VNI, and may swap it", () => {
    const { vrfs } = new Tables();
    vrfs.set(1, 5000, 0, 0, 0);
    vrfs.set(2, 6000, 0, 0, 0);
    vrfs.set(1, 6000, 0, 0, 0);
    vrfs.set(2, 5000, 0, 0, 0);
    expect([vrfs.byVni(5000), vrfs.byVni(6000), vrfs.byVni(0)]).toEqual([2, 1, 0]);
    vrfs.set(1, 0, 0, 0, 0);
    expect([vrfs.byVni(5000), vrfs.byVni(6000)]).toEqual([2, 0]);
  });
});

describe("Routes", () => {
  it("give each bucket its path, whatever the sign of the hash", () => {
    const { routes } = new Tables();
    routes.setBuckets(
      2,
      Uint16Array.from({ length: Limit.ROUTE_BUCKETS }, (_, at) => at + 1),
    );
    expect([routes.pathOf(2, 0), routes.pathOf(2, 63), routes.pathOf(2, 64), routes.pathOf(2, -1)]).toEqual([
      1, 64, 1, 64,
    ]);
    expect(routes.pathOf(1, 0)).toBe(0);
  });
});

describe("gateways of a bridge domain", () => {
  const { bridgeDomains } = new Tables();
  bridgeDomains.setGateway(1, 1, 0x020a, 1, ["10.1.0.1/24", "10.2.0.1/31", "2001:db8::1/64"].map(prefixOf));
  const has = (text: string) => bridgeDomains.isInSubnet(1, ...wordsOf(address16(text)));
  const is = (text: string) => bridgeDomains.isGatewayAddress(1, ...wordsOf(address16(text)));

  it("know their subnets to the bit", () => {
    expect(["10.1.0.2", "10.1.0.254", "10.2.0.0", "2001:db8::ffff"].filter((one) => !has(one))).toEqual([]);
    expect(["10.0.255.255", "10.1.1.0", "10.2.0.2", "2001:db8:0:1::1", "::1"].filter(has)).toEqual([]);
  });

  it("have no host at the first and last address, but in a /31 and in IPv6", () => {
    const isBroadcast = (text: string) => bridgeDomains.isSubnetBroadcast(1, ...wordsOf(address16(text)));
    expect(["10.1.0.0", "10.1.0.255"].filter((one) => has(one) || !isBroadcast(one))).toEqual([]);
    const hosts = ["10.2.0.0", "10.2.0.1", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"];
    expect(hosts.filter((one) => isBroadcast(one) || !has(one))).toEqual([]);
    expect(isBroadcast("10.3.0.255")).toBe(false);
  });

  it("know their own addresses", () => {
    expect([is("10.1.0.1"), is("10.2.0.1"), is("2001:db8::1"), is("10.1.0.2"), is("10.2.0.0")]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(bridgeDomains.isGatewayAddress(2, ...wordsOf(address16("10.1.0.1")))).toBe(false);
  });

  it("are gone with the domain", () => {
    const tables = new Tables();
    tables.bridgeDomains.set(3, 300, 0, 0, 0);
    tables.bridgeDomains.setGateway(3, 1, 0x020a, 1, [prefixOf("10.1.0.1/24")]);
    tables.bridgeDomains.clear(3);
    expect(tables.bridgeDomains.isInSubnet(3, ...wordsOf(address16("10.1.0.5")))).toBe(false);
    expect(tables.bridgeDomains.vrf[3]).toBe(0);
  });
});
