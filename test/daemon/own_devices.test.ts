// What a running vtepd adds to its namespace, and what becomes of that when it ends, one way or the other.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { program, vtepd } from "../cli/vtepd.js";
import { mayMakeNamespaces, Namespaces, until } from "../dataplane/namespaces.js";

const live = it.skipIf(!mayMakeNamespaces());
/** Where the kernel has it, the userspace data path has one more, which dies with it. */
const MAY_BE = "vtepd-gso";
const OWN = { ebpf: ["vtepd-gro", "vtepd-join", "vtepd-joined", "vtepd-punt"], userspace: ["vtepd-gro"] };

describe("devices of its own (root)", () => {
  let net: Namespaces;
  let folder: string;
  let child: ChildProcess | undefined;

  beforeEach(() => {
    net = new Namespaces();
    folder = mkdtempSync(join(tmpdir(), "vtepd-own-"));
  });

  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) await end("SIGTERM");
    await net.remove();
    rmSync(folder, { recursive: true });
  });

  const socket = () => join(folder, "socket");

  async function start(datapath: "ebpf" | "userspace"): Promise<void> {
    const config = join(folder, "vtepd.yaml");
    const vtep = { address: "10.0.0.1", underlay: ["up0"], datapath };
    const bridging = { bridgeDomains: [{ name: "red", vni: 100 }], ports: [{ interface: "ac0", bridgeDomain: "red" }] };
    writeFileSync(config, JSON.stringify({ vtep, ...bridging, control: { mode: "static" } }));
    const run = [process.execPath, program, "run", "--config", config, "--socket", socket()];
    child = spawn("ip", ["netns", "exec", net.full("v1"), ...run], { stdio: "ignore" });
    const { code, stdout, stderr } = await vtepd(["wait", "--timeout", "20", "--socket", socket()]);
    if (code !== 0) throw new Error(stdout + stderr);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const gone = once(child!, "exit");
    child!.kill(signal);
    await gone;
  }

  async function up(): Promise<void> {
    await net.add("v1", "h1", "r");
    await net.veth("v1", "ac0", "h1", "eth0");
    await net.veth("v1", "up0", "r", "p0");
    await net.ip("v1", "addr add 10.0.0.1/24 dev up0");
  }

  /** Names and indexes. */
  async function ours(): Promise<Map<string, number>> {
    const links = JSON.parse(await net.exec("v1", "ip", "-j", "link")) as { ifname: string; ifindex: number }[];
    const own = links.filter(({ ifname }) => ifname.startsWith("vtepd-") && ifname !== MAY_BE);
    return new Map(own.map(({ ifname, ifindex }) => [ifname, ifindex] as const).sort());
  }

  for (const datapath of ["ebpf", "userspace"] as const) {
    live(`${datapath}: are gone after SIGTERM, and after SIGKILL the next start takes them over`, async () => {
      await up();
      await start(datapath);
      const first = await ours();
      expect([...first.keys()]).toEqual(OWN[datapath]);
      await end("SIGKILL");
      await start(datapath);
      const second = await ours();
      expect([...second.keys()]).toEqual(OWN[datapath]);
      expect([...second.values()].filter((ifindex) => [...first.values()].includes(ifindex))).toEqual([]);
      await end("SIGTERM");
      expect(await ours()).toEqual(new Map());
    });
  }

  live("ebpf: tells of an uplink without GRO, and of the pair when somebody removes it", async () => {
    await up();
    await start("ebpf");
    expect(await events()).toContain("GRO is off: TCP streams are joined on a way round");
    expect(await events()).not.toContain("joining_unavailable");
    await net.ip("v1", "link del vtepd-join");
    await until(async () => (await events()).includes("joining_unavailable"));
    await end("SIGTERM");
    expect(await ours()).toEqual(new Map());
  });

  async function events(): Promise<string> {
    return (await vtepd(["show", "events", "--json", "--socket", socket()])).stdout;
  }
});
