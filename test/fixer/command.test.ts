// The commands as an operator types them, each a process of its own; and what stays when a VTEP is killed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Finished, program } from "../cli/vtepd.js";
import { mayMakeNamespaces, until } from "../dataplane/namespaces.js";
import { Receiver } from "./receiver.js";

const live = it.skipIf(!mayMakeNamespaces());
const IPV6 = 0x86dd;

describe("vtepd ethertype-fix (root)", () => {
  let at: Receiver;
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    if (!mayMakeNamespaces()) return;
    folder = mkdtempSync(join(tmpdir(), "vtepd-fix-"));
    at = new Receiver();
    await at.up();
  });
  afterEach(async () => {
    if (!mayMakeNamespaces()) return;
    for (const child of children.splice(0)) await kill(child);
    await at.down();
    rmSync(folder, { recursive: true, force: true });
  });

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  function start(...argv: string[]): ChildProcess {
    const child = spawn("ip", ["netns", "exec", at.net.full("r"), ...argv], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    return child;
  }

  async function run(...argv: string[]): Promise<Finished> {
    const child = start(...argv);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, "close"),
    ]);
    return { code: code as number | null, stdout, stderr };
  }

  const vtepd = (...args: string[]) => run(process.execPath, program, ...args);
  const fix = (...args: string[]) => vtepd("ethertype-fix", ...args);
  const shown = async () => JSON.parse((await fix("show", "--json")).stdout);

  live("attach stays when the command has ended, show counts, detach ends it", async () => {
    expect(await fix("attach", "down0")).toEqual({ code: 0, stdout: "down0: attached, hook xdp\n", stderr: "" });
    expect((await fix("attach", "down0")).stdout).toBe("down0: was attached already, hook xdp\n");
    at.sender.send(at.frame(IPV6));
    await until(async () => (await shown())[0]?.fixed === 1);
    expect(await shown()).toEqual([
      {
        interface: "down0",
        hook: "xdp",
        fixed: 1,
        suspicious: 0,
        passed: 0,
        fixed4: 1,
        fixed6: 0,
        ipv6: false,
        by: "command",
        pinned: null,
        tc: null,
        programId: expect.any(Number),
      },
    ]);
    expect((await fix("show", "down0")).stdout).toMatch(
      /^INTERFACE +HOOK +FIXED +SUSPICIOUS +PASSED.*\ndown0 +xdp +1 +0 +0 /,
    );
    expect(await fix("detach", "down0")).toEqual({ code: 0, stdout: "down0: detached, hook xdp\n", stderr: "" });
    expect(await shown()).toEqual([]);
    expect((await fix("show")).stdout).toBe("no Ethertype fixer in this network namespace\n");
  });

  live("says what is wrong, and how", async () => {
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await fix(...args);
      expect(stdout).toBe("");
      return `${code} ${stderr.trim()}`;
    };
    const nowhere = "1 vtepd: there is no interface nowhere0 in this network namespace";
    expect(await said("attach", "nowhere0")).toBe(nowhere);
    expect(await said("detach", "nowhere0")).toBe(nowhere);
    expect(await said("show", "nowhere0", "--json")).toBe(nowhere);
    expect(await said("detach", "down0")).toBe("1 vtepd: no Ethertype fixer on down0");
    expect(await said("attach", "lo", "--hook", "xdp")).toMatch(/^1 vtepd: lo: hook xdp: .*xdp-generic works with any/);
    expect(await said("attach", "down0", "--hook", "egress")).toMatch(/^2 .*auto, xdp, xdp-generic, tc/);
    expect(await said("attach")).toMatch(/^2 .*interface/);
    const unprivileged = ["setpriv", "--bounding-set=-sys_admin", process.execPath, program, "ethertype-fix"];
    const { code, stderr } = await run(...unprivileged, "attach", "down0");
    expect(`${code} ${stderr}`).toBe("1 vtepd: ethertype-fix needs CAP_SYS_ADMIN: run it as root\n");
  });

  async function startVtep(): Promise<ChildProcess> {
    const file = join(folder, "vtepd.yaml");
    const socket = join(folder, "vtepd.sock");
    writeFileSync(
      file,
      `vtep: { address: 10.0.0.1, underlay: [up1], datapath: ebpf }
bridgeDomains: [{ name: red, vni: 100 }]
ports: [{ interface: down0, bridgeDomain: red, hook: xdp, repair: { ethertype: true } }]
control: { mode: static, static: {} }
`,
    );
    await at.net.veth("r", "up1", "z", "eth0");
    await at.net.ip("r", "addr add 10.0.0.1/24 dev up1");
    const child = start(process.execPath, program, "run", "--config", file, "--socket", socket);
    const { code, stderr } = await vtepd("wait", "--timeout", "20", "--socket", socket);
    expect(`${code} ${stderr}`).toBe("0 ");
    const repairs = await vtepd("show", "repairs", "--json", "--socket", socket);
    expect(JSON.parse(repairs.stdout)).toMatchObject([{ interface: "down0", role: "access", fixed4: 0 }]);
    return child;
  }

  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    live(`a VTEP that went behind a fixer leaves it repairing when it ends by ${signal}`, async () => {
      await fix("attach", "down0", "--hook", "xdp");
      const vtep = await startVtep();
      expect(await shown()).toMatchObject([{ hook: "xdp", by: "vtep" }]);
      const gone = once(vtep, "exit");
      vtep.kill(signal);
      await gone;
      await until(async () => (await shown())[0]?.by === "command");
      at.sender.send(at.echoRequest(IPV6));
      await until(async () => (await at.echoesHeard()) === 1);
      expect((await fix("detach", "down0")).stdout).toBe("down0: detached, hook xdp\n");
      expect(await at.net.exec("r", "bpftool", "net", "list")).not.toContain("down0");
    });
  }
});
