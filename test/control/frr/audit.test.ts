// Who is right when FRR, the kernel and we differ, and that nothing is believed at first sight.
import { describe, expect, it } from "vitest";
import { dataPathDifferences } from "../../../src/control/frr/audit/data_path.js";
import { macHalves, macNumberIn, macText } from "../../../src/control/frr/audit/mac_number.js";
import { compare, type Section } from "../../../src/control/frr/audit/section.js";
import { Tables } from "../../../src/tables/tables.js";

type Sides = readonly [frr: string | null, kernel: string | null, vtepd: string | null];

function section(owner: "frr" | "vtepd", sides: Sides, log: string[] = []): Section<string> {
  const [frr, kernel, vtepd] = sides.map((value) => new Map(value === null ? [] : [["key", value]])) as [
    Map<string, string>,
    Map<string, string>,
    Map<string, string>,
  ];
  return {
    what: "mac",
    bridgeDomain: "red",
    vrf: null,
    frr,
    kernel,
    vtepd,
    owner,
    isLeftOut: () => false,
    textOf: (key) => key,
    write: async (key, value) => void log.push(`write ${key} ${value}`),
    delete: async (key) => void log.push(`delete ${key}`),
    refresh: async () => void log.push("refresh"),
  };
}

describe("what comes from EVPN", () => {
  const cases: readonly (readonly [...Sides, string, string])[] = [
    ["A", "A", "A", "", ""],
    [null, "A", "A", "delete_from_kernel", "delete key"],
    [null, "A", null, "delete_from_kernel", "delete key"],
    ["A", null, null, "write_to_kernel", "write key A"],
    ["A", "B", "B", "write_to_kernel", "write key A"],
    ["A", "A", null, "read_kernel_again", "refresh"],
    ["A", "A", "B", "read_kernel_again", "refresh"],
    [null, null, "A", "read_kernel_again", "refresh"],
  ];
  it.each(cases)("FRR %s, kernel %s, vtepd %s: %s", async (frr, kernel, vtepd, action, done) => {
    const log: string[] = [];
    const found = await compare(section("frr", [frr, kernel, vtepd], log), true);
    expect(found.map(({ row }) => row.action)).toEqual(action === "" ? [] : [action]);
    for (const { repair } of found) await repair();
    expect(log.join()).toBe(done);
  });

  it("stays in the kernel while EVPN has not settled", async () => {
    const log: string[] = [];
    const [found] = await compare(section("frr", [null, "A", "A"], log), false);
    expect(found?.row.action).toBe("wait_for_evpn");
    await found?.repair();
    expect(log).toEqual([]);
  });

  it("gives way to what the config says", async () => {
    const fixed = { ...section("frr", [null, null, "A"]), isLeftOut: (key: string) => key === "key" };
    expect(await compare(fixed, true)).toEqual([]);
  });
});

describe("a comparison of many", () => {
  it("lets the event loop turn meanwhile", async () => {
    const many = new Map(Array.from({ length: 300_000 }, (_, index) => [`key ${index}`, "A"]));
    const sides = { ...section("frr", [null, null, null]), frr: many, kernel: many, vtepd: many };
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    expect(await compare(sides, true)).toEqual([]);
    isOver = true;
    expect(turns).toBeGreaterThan(1);
  });
});

describe("what is our own", () => {
  const cases: readonly (readonly [...Sides, string, string])[] = [
    ["local", "local", "local", "", ""],
    [null, "local", "local", "announce_again", "refresh"],
    ["local", null, "local", "announce_again", "refresh"],
    [null, "local", null, "withdraw", "delete key"],
    ["local", "local", null, "withdraw", "delete key"],
    // zebra forgets only what it sees deleted.
    ["local", null, null, "withdraw", "write key local,delete key"],
  ];
  it.each(cases)("FRR %s, kernel %s, vtepd %s: %s", async (frr, kernel, vtepd, action, done) => {
    const log: string[] = [];
    const found = await compare(section("vtepd", [frr, kernel, vtepd], log), true);
    expect(found.map(({ row }) => row.action)).toEqual(action === "" ? [] : [action]);
    for (const { repair } of found) await repair();
    expect(log.join()).toBe(done);
  });
});

describe("the data path's copy", () => {
  it("is compared with the tables, and written again by name", async () => {
    let told = 0;
    const held = {
      tables: new Tables(),
      domainOf: () => 3,
      domainName: (bd: number) => `bd${bd}`,
      vtepAddressOf: () => "10.0.0.2",
      changed: () => {
        told += 1;
      },
      routes: () => [],
    };
    const dataPath = {
      fdbDifferences: () => [undefined, { bd: 3, hi: 0x0200, lo: 1, dataPath: "VTEP 7" }],
    };
    const [found] = await dataPathDifferences({ held, dataPath });
    expect(found?.row).toMatchObject({
      what: "mac",
      bridgeDomain: "bd3",
      key: "02:00:00:00:00:01",
      vtepd: null,
      dataPath: "VTEP 7",
      action: "write_to_data_path",
    });
    await found?.repair();
    const keys: number[][] = [];
    held.tables.deltas.fdb.forEach((w0, w1) => {
      keys.push([w0, w1]);
    });
    expect([told, keys]).toEqual([1, [[(3 << 16) | 0x0200, 1]]]);
  });
});

describe("a MAC as a number", () => {
  it.each(["00:00:00:00:00:00", "02:00:80:00:00:01", "ff:ff:ff:ff:ff:ff"])("is %s again", (text) => {
    const number = macNumberIn(text)!;
    expect(macText(number)).toBe(text);
    expect(macHalves(number).lo).toBe(macHalves(number).lo | 0);
  });
});
