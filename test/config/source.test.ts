import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../../src/config/load.js";
import { problemsOf, refuses } from "./problems.js";

const head = "vtep:\n  address: 10.0.0.1\n  underlay: [up0]\n";

/** Each level stands for nine of the one before: 9^9 values in a kilobyte. */
const bomb = `${head}a0: &a0 [x]\n${Array.from({ length: 9 }, (_, level) => {
  const alias = `*a${level}`;
  return `a${level + 1}: &a${level + 1} [${Array(9).fill(alias).join(", ")}]\n`;
}).join("")}`;

refuses("texts that are no config", [
  { name: "an empty file", text: "", where: ["1 (file)"], says: /^is empty/ },
  { name: "only comments", text: "# nothing\n\n---\n", where: ["1 (file)"], says: /^is empty/ },
]);

describe("broken YAML", () => {
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    ["an open bracket", `${head}ports: [\n`, 5, /^is not valid YAML/],
    ["a tab", "vtep:\n\taddress: 10.0.0.1\n", 2, /^is not valid YAML \(Tabs/],
    ["an open quote", `${head}api: { socket: "/x }\n`, 5, /^is not valid YAML/],
    ["two documents", `${head}---\n${head}`, 4, /^is a second YAML document, allowed: one/],
    ["an unknown tag", `${head}api: !secret {}\n`, 4, /^is not valid YAML \(Unresolved tag/],
    ["control characters", "\u0000\u0001", 1, /./],
  ];
  for (const [name, text, line, says] of cases) {
    it(name, () => {
      const problems = problemsOf(text);
      const problem = problems.find((found) => found.line === line);
      expect(problem?.message).toMatch(says);
      for (const { message } of problems) expect(message).not.toMatch(/[\n\r]/);
    });
  }

  it("nesting without end", () => {
    for (const level of ["[", "{", "- ", "? ", ": ", "[{", "[a: "]) {
      const problems = problemsOf(`${head}a:\n  ${level.repeat(20_000)}`);
      expect(problems).toMatchObject([{ line: 5, message: expect.stringMatching(/nested too deeply/) }]);
      expect(problemsOf(`${head}a: ${level.repeat(20_000)}`).length).toBeGreaterThan(0);
    }
    const stairs = Array.from({ length: 500 }, (_, level) => `${" ".repeat(level)}a:\n`).join("");
    expect(problemsOf(stairs)).toMatchObject([
      { message: expect.stringMatching(/nested too deeply, allowed: at most 64 levels/) },
    ]);
    const brackets = `${"[".repeat(40)}${"]".repeat(40)}`;
    expect(problemsOf(`${head}a: ${brackets}\n`)[1]?.message).toBe("is nested too deeply, allowed: 32 levels");
  });
});

describe("duplicate keys", () => {
  it("are found at every level, with the line of the first", () => {
    const problems = problemsOf(`${head}  ttl: 3\n  ttl: 0\nports: []\nports: []\n`);
    expect(problems.map(({ line, key, message }) => `${line} ${key}: ${message}`)).toEqual([
      "5 vtep.ttl: is given twice (first on line 4), allowed: once",
      "7 ports: is given twice (first on line 6), allowed: once",
    ]);
  });
});

describe("aliases", () => {
  it("stand for the value of their anchor", () => {
    const result = parseConfig(
      `${head}bridgeDomains:\n  - { name: red, vni: 1 }\nports:
  - { interface: eth1, bridgeDomain: red, security: &guard { maxMacs: 3 } }
  - { interface: eth2, bridgeDomain: red, security: *guard }\n`,
      "test.yaml",
    );
    expect(result.ok && result.config.ports[1]?.security?.maxMacs).toBe(3);
  });

  it("have the line of the text that is to be changed", () => {
    const problems = problemsOf(`${head}bridgeDomains: [{ name: red, vni: 1 }]\nports:
  - { interface: eth1, bridgeDomain: red, security: &guard { maxMacs: 0 } }
  - { interface: eth2, bridgeDomain: red, security: *guard }\n`);
    expect(problems.map(({ line, key }) => `${line} ${key}`)).toEqual([
      "6 ports[0].security.maxMacs",
      "6 ports[1].security.maxMacs",
    ]);
  });

  it("do not explode", () => {
    const problems = problemsOf(bomb);
    expect(problems.some(({ message }) => /expanded too far, allowed: 100000 values/.test(message))).toBe(true);
  });

  it("may not contain themselves or come before their anchor", () => {
    expect(problemsOf(`${head}ports: &p [*p]\n`)).toMatchObject([
      { line: 4, key: "ports[0]", message: expect.stringMatching(/contains it/) },
    ]);
    expect(problemsOf(`${head}ports: *later\n`)[0]?.message).toMatch(/^names the anchor &later/);
  });
});

describe("YAML 1.2 rules hold whatever the file declares", () => {
  it("MACs are not numbers of base 60, no is not false", () => {
    const mac = "02:00:00:00:00:22";
    const text = `%YAML 1.1\n---\n${head}bridgeDomains: [{ name: no, vni: 1 }]\ncontrol: { static: { fdb: [{ bridgeDomain: no, mac: ${mac}, vtep: 10.0.0.2 }] } }\n`;
    const result = parseConfig(text, "test.yaml");
    expect(result.ok && result.config.control.static.fdb[0]).toEqual({ bridgeDomain: "no", mac, vtep: "10.0.0.2" });
  });
});

describe("files", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vtepd-config-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const load = (name: string, content: string | Buffer): ReturnType<typeof loadConfig> => {
    writeFileSync(join(folder, name), content);
    return loadConfig(join(folder, name));
  };

  it("are read with a byte order mark and CRLF line ends", () => {
    const result = load("bom.yaml", `\ufeff${head.replaceAll("\n", "\r\n")}  ttl: 0\r\n`);
    expect(!result.ok && result.problems).toMatchObject([{ file: join(folder, "bom.yaml"), line: 4, key: "vtep.ttl" }]);
  });

  it("that are missing, a folder or binary are named with the reason", () => {
    expect(loadConfig(join(folder, "none.yaml"))).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringMatching(/ENOENT/) }],
    });
    expect(loadConfig(folder)).toMatchObject({ ok: false, problems: [{ message: expect.stringMatching(/EISDIR/) }] });
    expect(load("binary", Buffer.from([0xff, 0xfe, 0x00]))).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringMatching(/UTF-8/) }],
    });
    expect(loadConfig("/dev/zero")).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringMatching(/is too large/) }],
    });
  });
});
