import { describe, expect, it } from "vitest";
import { linePlots } from "../../bench/report/html/lines.mjs";
import { page } from "../../bench/report/html/page.mjs";
import { logTicks, ticks, tickText } from "../../bench/report/html/scale.mjs";
import { html } from "../../bench/report/html/text.mjs";
import { markdown, rowTable, summaryTable } from "../../bench/report/markdown.mjs";
import { rowText } from "../../bench/report/table.mjs";
import { report } from "./stored.js";

describe("HTML report of the bench", () => {
  const text: string = page(report);

  it("escapes what comes from outside", () => {
    expect(text).not.toMatch(/<script|<encap>|<3|<b>/);
    expect(text).toContain("vtepd bench --row &lt;encap&gt; &amp; more");
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(text).toContain("a note &lt;b&gt;");
    expect(String(html`<i>${['"', "'"]}</i>`.text)).toBe("<i>&quot;&#39;</i>");
  });

  it("needs nothing but itself", () => {
    expect(text).not.toMatch(/https?:|url\(|@import|<link|<img|\bsrc=/);
    expect([...text.matchAll(/href="([^"]*)"/g)].every(([, target]) => target?.startsWith("#"))).toBe(true);
  });

  it("has a picture for each row with numbers, and says why there is none for the others", () => {
    const pictures = [...text.matchAll(/<svg [^>]*aria-label="([^"]*)"/g)].map(([, label]) => label);
    expect(pictures).toEqual(["host → VTEP → underlay", "copies"]);
    expect(text).toContain("SKIP: iperf3 is missing");
    expect(text).toContain("SKIP: ovs-vswitchd not installed");
    expect(text).toContain("a table &lt;of&gt; its own");
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it("draws a picture for each panel of a chart, and none without numbers", () => {
    const point = { name: "xdp-encap-1", size: 1, series: "vtepd", cpuNs: 300 };
    const row = {
      title: "VNIs",
      columns: [{ key: "cpuNs", title: "CPU ns a frame" }],
      chart: { x: "size", y: "cpuNs", series: "series", panel: "way", xTitle: "VNIs", log: true },
      entries: [
        { ...point, way: "in" },
        { ...point, way: "out" },
        { name: "tc", way: "none", series: "tc", size: 1 },
      ],
    };
    const labels = (linePlots(row) ?? []).map(({ text }: { text: string }) => /aria-label="([^"]*)"/.exec(text)?.[1]);
    expect(labels).toEqual(["VNIs: in", "VNIs: out"]);
    expect(linePlots({ ...row, entries: [] })).toBeUndefined();
  });

  it("marks floor and goal, and says what was reached and what was attached", () => {
    expect(text).toContain("target 1: ≥ 5 (goal ≥ 6)");
    expect(text).toContain("◐ floor reached");
    expect(text).toContain("vtep v0(2) driver id 7");
  });
});

describe("tables of the bench", () => {
  const [encap, tcp, other] = report.rows;

  it("are Markdown for READMEs: medians and ranges, without columns that are empty", () => {
    expect(rowTable(encap).split("\n").slice(0, 6)).toEqual([
      "|  | × kernel by CPU | CPU ns a frame | loss % |",
      "| --- | --- | --- | --- |",
      "| kernel | 1.00 | 1700 (1650–1800) | 0.00 |",
      "| vtepd, hook xdp | 5.50 (5.10–5.90) | 310 (300–330) | 0.25 |",
      '| vtepd, hook tc | failed: it says "<script>alert(1)</script>" |  |  |',
      "| Open vSwitch \\| userspace | SKIP: ovs-vswitchd not installed |  |  |",
    ]);
    expect(rowTable(tcp)).toBe("SKIP tcp: iperf3 is missing");
    expect(rowTable(other)).toBe("```\na table <of> its own\n```");
  });

  it("have one line a subject in the summary", () => {
    expect(summaryTable(report)?.split("\n").slice(2)).toEqual([
      "| kernel | 1700 ns |",
      "| vtepd, hook xdp | 310 ns, 5.5× |",
    ]);
    expect(summaryTable({ rows: [] })).toBeUndefined();
    expect(markdown(report)).toContain(
      "Some CPU <3 virtual machine with 2 CPUs, Linux 6.18.44, Node v20.20.2, commit abcdef0",
    );
  });

  it("are text for the terminal", () => {
    const lines = rowText(encap).split("\n");
    expect(lines.find((line: string) => line.includes("hook xdp"))).toContain("5.50 (5.10–5.90)");
    expect(lines).toContain("  Open vSwitch | userspace: SKIP: ovs-vswitchd not installed");
    expect(rowText(tcp)).toBe("  SKIP tcp: iperf3 is missing");
  });
});

describe("axes of the report", () => {
  it("have round numbers", () => {
    expect(ticks(5.9)).toEqual([0, 2, 4, 6]);
    expect(ticks(1700)).toEqual([0, 500, 1000, 1500, 2000]);
    expect(ticks(0)).toEqual([0, 1]);
    expect(logTicks(0.5, 1100)).toEqual([0.1, 1, 10, 100, 1000, 10_000]);
    expect([950, 12_000, 1_000_000, 0.25].map(tickText)).toEqual(["950", "12k", "1M", "0.25"]);
  });
});
