import { describe, expect, it } from "vitest";
import { BpfMap, BpfObject, NativeError } from "../../src/native/index.js";
import { compileBpf, root, u32 } from "./lab.js";

function failureOf(action: () => unknown): NativeError {
  try {
    action();
  } catch (error) {
    if (error instanceof NativeError) return error;
    throw error;
  }
  throw new Error("did not fail");
}

describe.skipIf(!root)("BpfObject (needs root)", () => {
  it("1 loads an object file from memory and names its parts", () => {
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture" });
    expect(object.mapNames).toEqual(expect.arrayContaining(["table", "per_cpu", "shared", "events", "sockets"]));
    expect(object.programNames).toEqual(["mark", "drop", "to_socket", "report", "removals", "shot", "ok"]);
    expect(object.program("mark").type).toBe(6);
    object.close();
  });

  it("2 loads only the programs asked for", () => {
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture", programs: ["drop"], verifierLog: true });
    expect(object.programNames).toEqual(["drop"]);
    expect(object.verifierLog).toContain("processed");
    expect(() => object.program("mark")).toThrow(NativeError);
    object.close();
  });

  it("3 sizes maps, and sets constants, before loading", () => {
    const object = BpfObject.load(compileBpf("fixture"), {
      name: "fixture",
      maxEntries: { table: 33 },
      initialValues: { "fixture.rodata": u32(4711) },
    });
    expect(object.map("table").maxEntries).toBe(33);
    object.program("mark").testRun({ data: new Uint8Array(64) });
    expect(object.map("shared").lookup(u32(0))).toEqual(u32(4711));
    object.close();
  });

  it("4 shares maps between objects, and refuses one of another layout", () => {
    const first = BpfObject.load(compileBpf("fixture"), { name: "fixture" });
    const table = first.map("table");
    const second = BpfObject.load(compileBpf("fixture"), { name: "fixture", reuseMaps: { table } });
    second.map("table").update(u32(5), new Uint8Array(8).fill(9));
    expect(table.lookup(u32(5))).toEqual(new Uint8Array(8).fill(9));

    const other = BpfMap.create({ type: 1, keySize: 4, valueSize: 16, maxEntries: 20000 });
    const refused = failureOf(() =>
      BpfObject.load(compileBpf("fixture"), { name: "fixture", reuseMaps: { table: other } }),
    );
    expect(refused.code).toBe("EINVAL");
    expect(refused.message).toContain("value size is 16, the object declares 8");
    for (const handle of [first, second, table, other]) handle.close();
  });

  it("5 shows the verifier's log when a program is refused", () => {
    const error = failureOf(() => BpfObject.load(compileBpf("broken"), { name: "broken" }));
    expect(error).toMatchObject({ name: "NativeError", code: "EACCES", errno: 13, syscall: "bpf_object__load" });
    expect(error.message).toContain("load BPF object broken");
    expect(error.verifierLog).toContain("invalid access to packet");
    expect(error.verifierLog).not.toContain("BEGIN PROG LOAD LOG");
    expect(error.libbpfLog).toContain("careless");
  });

  it("6 refuses what is no object file, and wrong arguments", () => {
    expect(failureOf(() => BpfObject.load(new Uint8Array(100), { name: "zero" })).libbpfLog).toContain("ELF");
    expect(failureOf(() => BpfObject.load("x" as unknown as Uint8Array, { name: "x" })).message).toContain(
      "Uint8Array",
    );
    expect(failureOf(() => new (BpfMap as unknown as new () => BpfMap)()).message).toContain("not to be constructed");
  });

  it("7 maps and programs outlive their object; closed handles refuse", () => {
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture" });
    const table = object.map("table");
    const drop = object.program("drop");
    object.close();
    object.close();
    expect(failureOf(() => object.map("table")).code).toBe("EBADF");
    table.update(u32(1), new Uint8Array(8));
    expect(drop.testRun({ data: new Uint8Array(64) }).retval).toBe(1);
    drop.close();
    table.close();
    table.close();
    expect(table.fd).toBe(-1);
    expect(failureOf(() => table.lookup(u32(1))).code).toBe("EBADF");
  });
});
