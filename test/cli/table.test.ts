import { describe, expect, it } from "vitest";
import { renderFacts, renderTable } from "../../src/cli/table.js";
import { bytesText, durationText, listText, portText } from "../../src/cli/units.js";

describe("tables for people", () => {
  const columns = [
    { title: "NAME", value: (row: { name: string; count: number }) => row.name },
    { title: "N", value: (row: { name: string; count: number }) => row.count, align: "right" as const },
    { title: "WHY", value: () => "" },
  ];

  it("aligns words left and numbers right, fills holes, leaves no blanks at the end", () => {
    const rows = [
      { name: "a", count: 5 },
      { name: "longer", count: 1234 },
    ];
    expect(renderTable(columns, rows)).toBe("NAME       N  WHY\na          5  -\nlonger  1234  -\n");
  });

  it("is only a head without rows", () => {
    expect(renderTable(columns, [])).toBe("NAME  N  WHY\n");
  });

  it("keeps a row on one line", () => {
    expect(renderTable(columns, [{ name: "a\nb", count: 1 }]).split("\n")).toHaveLength(3);
  });

  it("bears a hundred thousand rows", () => {
    const rows = Array.from({ length: 100_000 }, (_, count) => ({ name: "n", count }));
    expect(renderTable(columns, rows).split("\n")).toHaveLength(100_002);
  });

  it("lines up facts", () => {
    expect(
      renderFacts([
        ["state", "ready"],
        ["up for", ""],
        ["", "more"],
      ]),
    ).toBe("state   ready\nup for  -\n        more\n");
  });
});

describe("units for people", () => {
  it("writes bytes", () => {
    expect([0, 1023, 1024, 1536, 5 * 1024 ** 3, 2 ** 60].map(bytesText)).toEqual([
      "0B",
      "1023B",
      "1.0KiB",
      "1.5KiB",
      "5.0GiB",
      "1024.0PiB",
    ]);
  });

  it("writes durations", () => {
    const seconds = [0, 0.25, 9.96, 10, 59.9, 60, 3599, 3600, 86_399, 86_400, 1_000_000];
    expect(seconds.map(durationText)).toEqual([
      ...["0s", "0.3s", "10s", "10s", "59s", "1m00s", "59m59s"],
      ...["1h00m", "23h59m", "1d00h", "11d13h"],
    ]);
  });

  it("writes lists in short, and ports with their VLAN", () => {
    expect(listText([])).toBe("");
    expect(listText(["a", "b", "c", "d"])).toBe("a,b,c,d");
    expect(listText(["a", "b", "c", "d", "e"])).toBe("a,b,c,d,+1");
    expect(portText("eth1", null)).toBe("eth1");
    expect(portText("eth1", 10)).toBe("eth1/10");
    expect(portText(null, null)).toBe("");
  });
});
