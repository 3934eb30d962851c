import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AnswerReader } from "../../../src/control/frr/vty/answer.js";
import { VtyConnection } from "../../../src/control/frr/vty/connection.js";
import { askJson, fieldsOf, numberIn, textsIn } from "../../../src/control/frr/vty/document.js";
import { hasFeature, versionIn, whyUnsupported } from "../../../src/control/frr/vty/release.js";
import { unreachable } from "../../../src/control/frr/vty/unreachable.js";
import { FakeFrr } from "./fake_vty.js";

let frr: FakeFrr;
beforeEach(() => {
  frr = new FakeFrr();
});
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await frr.remove();
});

const connections: VtyConnection[] = [];
async function open(name: string, silenceMs?: number): Promise<VtyConnection> {
  const connection = await VtyConnection.open(`${frr.folder}/${name}.vty`, silenceMs);
  connections.push(connection);
  return connection;
}

describe("answers on a vty socket", () => {
  function read(...chunks: number[][]): string[] {
    const seen: string[] = [];
    const reader = new AnswerReader({
      text: (bytes) => seen.push(Buffer.from(bytes).toString()),
      end: (status) => seen.push(`=${status}`),
      broken: () => seen.push("broken"),
    });
    for (const chunk of chunks) reader.receive(Uint8Array.from(chunk));
    return seen;
  }

  it("end with three zero bytes and a status", () => {
    expect(read([104, 105, 0, 0, 0, 2])).toEqual(["hi", "=2"]);
  });

  it("may be cut anywhere, and a status may be zero too", () => {
    const bytes = [104, 105, 0, 0, 0, 0, 111, 0, 0, 0, 1];
    for (let cut = 1; cut < bytes.length; cut++) {
      const seen = read(bytes.slice(0, cut), bytes.slice(cut));
      expect(seen.join("").replace("=", " =")).toBe("hi =0o=1");
    }
  });

  it("have no zero bytes inside", () => {
    expect(read([104, 0, 105])).toEqual(["h", "broken"]);
  });
});

describe("a vty connection", () => {
  it("asks one question after the other, and cuts the answers into lines", async () => {
    const daemon = await frr.start("lines", { one: "a\nb\r\nlast", two: "" });
    const vty = await open("lines");
    const seen: string[] = [];
    await Promise.all([vty.lines("one", (line) => seen.push(line)), vty.text("two").then((text) => seen.push(text))]);
    expect(seen).toEqual(["a", "b", "last", ""]);
    expect(daemon.asked).toEqual(["one", "two"]);
  });

  it("tells what a daemon refused, in its own words, and goes on", async () => {
    await frr.start("refuses", { fine: "yes" });
    const vty = await open("refuses");
    const refused = { code: "frr_refused", message: "FRR refused 'bad': % [FAKE] Unknown command: bad" };
    await expect(vty.text("bad")).rejects.toMatchObject(refused);
    await expect(vty.text("fine")).resolves.toBe("yes");
  });

  it("ends with its daemon, and says so to those who wait and to those who come later", async () => {
    const daemon = await frr.start("dies");
    daemon.hangs = true;
    const vty = await open("dies");
    const ended = new Promise<void>((resolve) => vty.onClose(resolve));
    const answers = Promise.allSettled([vty.text("one"), vty.text("two")]);
    await daemon.die();
    await ended;
    for (const answer of await answers) expect(answer).toMatchObject({ reason: { code: "frr_gone" } });
    await expect(vty.text("three")).rejects.toMatchObject({ code: "frr_gone" });
  });

  it("gives up a daemon that hangs", async () => {
    const daemon = await frr.start("hangs");
    daemon.hangs = true;
    const vty = await open("hangs", 20);
    await expect(vty.text("one")).rejects.toMatchObject({ code: "frr_silent" });
    expect(vty.closed).toBe(true);
  });

  it("carries long answers without loss", async () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index} with ü in it`);
    await frr.start("long", { all: `${lines.join("\n")}\n` });
    const seen: string[] = [];
    await (await open("long")).lines("all", (line) => seen.push(line));
    expect(seen).toEqual(lines);
  });
});

describe("why a daemon cannot be asked", () => {
  const failure = (code: string) => Object.assign(new Error(code), { code });

  it("says which of the reasons it is", async () => {
    await frr.start("ended");
    expect(unreachable("/no/such", "zebra", failure("ENOENT")).reason).toContain("there is no such folder");
    expect(unreachable(frr.folder, "zebra", failure("ENOENT")).reason).toContain("zebra is not running");
    expect(unreachable(frr.folder, "zebra", failure("ECONNREFUSED")).reason).toContain("it has ended");
    const refused = unreachable(frr.folder, "zebra", failure("EACCES"));
    expect(refused).toMatchObject({ state: "refused" });
    expect(refused.reason).toContain("frrvty");
  });

  it("is learned from the system", async () => {
    const error = await VtyConnection.open(`${frr.folder}/nobody.vty`).catch((cause: unknown) => cause);
    expect(unreachable(frr.folder, "nobody", error).reason).toContain("nobody is not running");
  });
});

describe("JSON of FRR", () => {
  it("is refused where it makes no sense", async () => {
    await frr.start("json", { cut: '{"a":', list: "[]", none: "", some: '{"a":1,"b":["x"],"c":[1],"new":{}}' });
    const vty = await open("json");
    await expect(askJson(vty, "cut")).rejects.toMatchObject({ code: "frr_nonsense" });
    expect(await askJson(vty, "none")).toEqual({});
    expect(() => fieldsOf([], "list")).toThrow(/'list' makes no sense: an object/);
    const some = fieldsOf(await askJson(vty, "some"), "some");
    expect([numberIn(some, "a", "some"), textsIn(some, "b", "some"), textsIn(some, "none", "some")]).toEqual([
      1,
      ["x"],
      [],
    ]);
    expect(() => numberIn(some, "b", "some")).toThrow(/b should be a number/);
    expect(() => textsIn(some, "c", "some")).toThrow(/c should be a list/);
  });
});

describe("releases of FRR", () => {
  it("are read from what a daemon says of itself", () => {
    expect(versionIn("FRRouting 8.4.4 (leaf1) on Linux(6.1.0).\n")).toEqual({ text: "8.4.4", major: 8, minor: 4 });
    expect(versionIn("FRRouting 10.7.0-dev (x).")).toMatchObject({ text: "10.7.0-dev", major: 10, minor: 7 });
    expect(versionIn("Quagga 1.2.4")).toBeUndefined();
  });

  it("before 8.4 are not supported, later ones are, and differ", () => {
    const version = (text: string) => versionIn(`FRRouting ${text} (x)`)!;
    expect(whyUnsupported(version("8.3.1"))).toContain("8.4 or later");
    expect(whyUnsupported(undefined)).not.toBe("");
    expect(whyUnsupported(version("10.1"))).toBe("");
    expect(hasFeature(version("8.4.4"), "leaves_deleted_macs")).toBe(false);
    expect(hasFeature(version("10.7.0"), "leaves_deleted_macs")).toBe(true);
    expect(hasFeature(version("9.0"), "single_vxlan_device")).toBe(false);
  });
});
