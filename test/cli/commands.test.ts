import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ServedVtep } from "../api/served_vtep.js";
import { type Finished, program, vtepd } from "./vtepd.js";

let served: ServedVtep;
let folder: string;
const ask = (...args: string[]): Promise<Finished> => vtepd([...args, "--socket", served.socket]);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vtepd-cli-"));
  served = await ServedVtep.start();
});
afterAll(async () => {
  await served.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => served.vtep.reset());

describe("which VTEP a command asks", () => {
  it("is that of --socket, before or after the command, else of $VTEPD_SOCKET", async () => {
    const env = { VTEPD_SOCKET: "/nonexistent/vtepd.sock" };
    expect((await vtepd(["--socket", served.socket, "show", "status"], { env })).code).toBe(0);
    expect((await vtepd(["show", "status", "--socket", served.socket], { env })).code).toBe(0);
    expect((await vtepd(["show", "status"], { env: { VTEPD_SOCKET: served.socket } })).code).toBe(0);
    const away = await vtepd(["show", "status"], { env });
    expect(away.code).toBe(3);
    expect(away.stderr).toContain("/nonexistent/vtepd.sock");
  });

  it.each([[["show", "ports"]], [["reload"]], [["flush"]], [["enable", "eth1"]]])(
    "ends %j with 3 when none answers",
    async (args) => {
      const { code, stdout, stderr } = await vtepd([...args, "--socket", join(folder, "nobody.sock")]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toMatch(/^vtepd: no VTEP answers on .*\n$/);
    },
  );

  it("is not taken for one where something else answers", async () => {
    const path = join(folder, "other.sock");
    const other = createServer((connection) => connection.end("HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno"));
    await new Promise<void>((resolve) => other.listen(path, resolve));
    const { code, stderr } = await vtepd(["show", "ports", "--socket", path]);
    other.close();
    expect(code).toBe(3);
    expect(stderr).toContain("is not vtepd");
  });
});

describe("vtepd wait", () => {
  it("ends with 0 once the VTEP forwards", async () => {
    served.vtep.ready = false;
    const waiting = ask("wait", "--timeout", "30");
    await expect.poll(() => served.vtep.hasWaiter, { timeout: 20_000 }).toBe(true);
    served.vtep.becomeReady();
    expect(await waiting).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("ends with 1 and the reason when the time is up", async () => {
    served.vtep.ready = false;
    served.vtep.reasons = ["interface eth1 does not exist"];
    const { code, stderr } = await ask("wait", "--timeout", "0.1");
    expect(code).toBe(1);
    expect(stderr).toContain("interface eth1 does not exist");
  });

  it("waits for a daemon that is not there yet, and says so in the end", async () => {
    const { code, stderr } = await vtepd(["wait", "--timeout", "0.1", "--socket", join(folder, "later.sock")]);
    expect(code).toBe(1);
    expect(stderr).toContain("no VTEP answers");
  });
});

describe("vtepd reload", () => {
  it("says what changed", async () => {
    expect(await ask("reload")).toEqual({ code: 0, stdout: "changed: ports[eth2/10]\n", stderr: "" });
    served.vtep.reloaded = { changed: [] };
    expect((await ask("reload")).stdout).toBe("nothing changed\n");
    expect(JSON.parse((await ask("reload", "--json")).stdout)).toEqual({ changed: [] });
  });

  it("ends with 2 and every problem of the file", async () => {
    const problem = (line: number) => ({ file: "a.yaml", line, key: "vtep.ttl", message: "is wrong, allowed: 1..255" });
    served.vtep.reloaded = { problems: [problem(3), problem(9)] };
    const { code, stderr } = await ask("reload");
    expect(code).toBe(2);
    expect(stderr).toBe(
      "a.yaml:3: vtep.ttl: is wrong, allowed: 1..255\na.yaml:9: vtep.ttl: is wrong, allowed: 1..255\n",
    );
  });
});

describe("vtepd run", () => {
  it("ends with 2 and every problem of the file, before it touches anything", async () => {
    const bad = join(folder, "run.yaml");
    writeFileSync(bad, "vtep:\n  address: 224.0.0.1\n  underlay: [up0]\n  ttl: 0\n");
    const { code, stdout, stderr } = await vtepd(["run", "--config", bad, "--socket", join(folder, "run.sock")]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringContaining(`${bad}:2: vtep.address: `),
      expect.stringContaining(`${bad}:4: vtep.ttl: `),
    ]);
    expect(existsSync(join(folder, "run.sock"))).toBe(false);
  });
});

describe("vtepd flush and enable", () => {
  it("forgets what the options say", async () => {
    expect((await ask("flush")).stdout).toBe("forgot 3 MACs\n");
    expect(served.vtep.asked).toEqual({});
    await ask("flush", "--interface", "eth2", "--vlan", "10", "--bridge-domain", "red", "--vni", "100");
    expect(served.vtep.asked).toEqual({ interface: "eth2", vlan: 10, bridgeDomain: "red", vni: 100 });
  });

  it("brings a port back, and fails for one that is none", async () => {
    expect(await ask("enable", "eth2", "--vlan", "10")).toMatchObject({ code: 0, stdout: "eth2/10 is enabled\n" });
    const { code, stderr } = await ask("enable", "eth9");
    expect(code).toBe(1);
    expect(stderr).toContain("eth9 is not an access port");
  });
});

describe("vtepd check", () => {
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it("accepts a sound file", async () => {
    const good = file("good.yaml", "vtep:\n  address: 10.0.0.1\n  underlay: [up0]\n");
    expect(await vtepd(["check", "--config", good])).toEqual({ code: 0, stdout: `${good}: valid\n`, stderr: "" });
  });

  it("says which FRR it could not ask, for --with-frr", async () => {
    const frr = file(
      "frr.yaml",
      `vtep: { address: 10.0.0.1, underlay: [up0] }\ncontrol: { frr: { vtysh: ${folder}/frr } }\n`,
    );
    const { code, stdout, stderr } = await vtepd(["check", "--config", frr, "--with-frr"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${frr}: valid\n` });
    expect(stderr).toMatch(/^vtepd: zebra does not answer at .*frr\/zebra\.vty: there is no such folder.*\n$/);
    const help = await vtepd(["check", "--help"]);
    expect(help.stdout).toContain("Warnings leave the exit code at 0, unless --strict.");
  });

  it("prints every problem as FILE:LINE: key: message and ends with 1", async () => {
    const bad = file("bad.yaml", "vtep:\n  address: 10.0.0.1\n  underlay: [up0]\n  ttl: 0\n  colour: red\n");
    const { code, stdout, stderr } = await vtepd(["check", "--config", bad]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(new RegExp(`^${bad}:4: vtep\\.ttl: `));
    expect(lines[1]).toMatch(new RegExp(`^${bad}:5: vtep\\.colour: `));
    expect(lines).toHaveLength(2);
  });

  it("names a file that is not there", async () => {
    const { code, stdout } = await vtepd(["check", "--config", join(folder, "none.yaml")]);
    expect(code).toBe(1);
    expect(stdout).toContain("none.yaml");
  });

  it("says what may stand in a file", async () => {
    const { code, stdout } = await vtepd(["check", "--keys", "vtep.ttl"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^vtep\.ttl: .*255/);
    expect((await vtepd(["check", "--keys", "vtep.colour"])).code).toBe(2);
  });
});

describe("the command line itself", () => {
  it.each([
    [[], "Usage"],
    [["bogus"], "unknown command"],
    [["show"], "Usage"],
    [["run"], "--config"],
    [["check"], "--config"],
    [["wait", "--timeout", "soon"], "0..3600"],
    [["enable"], "interface"],
  ])("ends %j with 2 and says why", async (args, why) => {
    const { code, stdout, stderr } = await vtepd(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(why);
  });

  it("ends with 0 for --help and --version", async () => {
    const help = await vtepd(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of ["run", "check", "wait", "reload", "show", "lab"])
      expect(help.stdout).toContain(`  ${command} `);
    expect((await vtepd(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("ends quietly when its reader has seen enough", async () => {
    served.vtep.fdbCount = 20_000;
    const pipe = `"$0" "$1" show fdb --json --socket "$2" | head -n 1; exit \${PIPESTATUS[0]}`;
    const child = spawn("bash", ["-c", pipe, process.execPath, program, served.socket], { stdio: "pipe" });
    const closed = once(child, "close");
    const stderr = await text(child.stderr);
    const [code] = await closed;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
