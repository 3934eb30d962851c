// ports[].deliver: peer in a whole vtepd, and what becomes of it while the other ends of its veths come and go.
//
//   h1 ─ eth0│ac1 ─┐
//   h2 ─ eth0│ac2 ─┴ v1 up0 ═══ up0 k                k: the kernel's vxlan, whose own address is the far host
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program, vtepd } from "../cli/vtepd.js";
import { mayMakeNamespaces, Namespaces, until } from "../dataplane/namespaces.js";
import { transfer } from "../dataplane/tcp.js";

const FAR = "192.168.0.9";
const FAR_MAC = "02:00:00:00:00:99";
const H1 = "192.168.0.1";
const H2 = "192.168.0.2";
const MEGABYTES = 8;

const config = {
  vtep: { address: "10.0.0.1", underlay: ["up0"], datapath: "ebpf" },
  bridgeDomains: [{ name: "red", vni: 100 }],
  ports: ["ac1", "ac2", "br9"].map((name) => ({ interface: name, bridgeDomain: "red", deliver: "peer" })),
  control: {
    static: {
      vteps: [{ address: "10.0.0.9", bridgeDomains: ["red"] }],
      fdb: [{ bridgeDomain: "red", mac: FAR_MAC, vtep: "10.0.0.9" }],
    },
  },
};

interface PortRow {
  readonly interface: string;
  readonly state: string;
  readonly stateReason: string;
  readonly delivery: string;
  readonly deliveryReason: string;
  readonly txPackets: number;
}

describe.skipIf(!mayMakeNamespaces())("delivery to the other end of a veth (root)", () => {
  const net = new Namespaces();
  const folder = mkdtempSync(join(tmpdir(), "vtepd-peer-"));
  const socket = join(folder, "socket");
  let stop = async (): Promise<void> => {};

  beforeAll(async () => {
    await net.add("h1", "h2", "v1", "k");
    for (const host of ["1", "2"]) await addHost(host);
    await net.veth("v1", "up0", "k", "up0");
    await net.ip("v1", "addr add 10.0.0.1/24 dev up0", "link set up0 mtu 1600", "link add br9 type bridge");
    await net.ip("k", "addr add 10.0.0.9/24 dev up0", "link set up0 mtu 1600");
    await net.ip("k", "link add vx0 type vxlan id 100 local 10.0.0.9 remote 10.0.0.1 dstport 4789");
    await net.ip("k", `link set vx0 address ${FAR_MAC} mtu 1500 up`, `addr add ${FAR}/24 dev vx0`);
    await start();
  });

  afterAll(async () => {
    await stop();
    await net.remove();
    rmSync(folder, { recursive: true });
  });

  async function addHost(host: string): Promise<void> {
    await net.veth("v1", `ac${host}`, `h${host}`, "eth0");
    await net.ip(`h${host}`, `addr add 192.168.0.${host}/24 dev eth0`);
  }

  async function start(): Promise<void> {
    const file = join(folder, "vtepd.yaml");
    writeFileSync(file, JSON.stringify(config));
    const run = [process.execPath, program, "run", "--config", file, "--socket", socket];
    const child = spawn("ip", ["netns", "exec", net.full("v1"), ...run], { stdio: "ignore" });
    const gone = once(child, "exit");
    stop = async () => {
      child.kill();
      await gone;
    };
    const { code, stdout, stderr } = await vtepd(["wait", "--timeout", "20", "--socket", socket]);
    if (code !== 0) throw new Error(stdout + stderr);
  }

  async function show<T>(noun: string): Promise<T> {
    const { code, stdout, stderr } = await vtepd(["show", noun, "--json", "--socket", socket]);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  const port = async (name: string): Promise<PortRow> =>
    (await show<PortRow[]>("ports")).find((row) => row.interface === name)!;
  const becomes = (name: string, wanted: Partial<PortRow>): Promise<void> =>
    until(async () => {
      const row = await port(name);
      return (Object.keys(wanted) as (keyof PortRow)[]).every((key) => row[key] === wanted[key]);
    });

  const isReached = (from: string, to: string): Promise<void> =>
    until(async () => (await net.status(from, "ping", "-c", "1", "-W", "1", to)) === 0);
  const count = async (name: string, link: string, counter: string): Promise<number> =>
    Number(await net.exec(name, "cat", `/sys/class/net/${link}/statistics/${counter}`));

  it("carries what comes through the tunnel and from other ports, past the queue", async () => {
    await becomes("ac1", { state: "forwarding", delivery: "peer", deliveryReason: "" });
    for (const [from, to] of [
      ["h1", FAR],
      ["h2", H1],
      ["k", H1],
    ] as const)
      await isReached(from, to);
    const [queued, arrived] = [await count("v1", "ac1", "tx_packets"), await count("h1", "eth0", "rx_packets")];
    const { txPackets } = await port("ac1");
    for (const from of ["k", "h2"]) {
      const text = await net.exec(from, "ping", "-c", "20", "-i", "0.01", H1);
      expect(text).toContain(" 0% packet loss");
      const { sent, received } = await transfer(net, from, "h1", H1, MEGABYTES);
      expect(received).toBe(sent);
      const back = await transfer(net, "h1", from, from === "k" ? FAR : H2, MEGABYTES);
      expect(back.received).toBe(back.sent);
    }
    expect((await port("ac1")).txPackets - txPackets).toBeGreaterThan((MEGABYTES << 21) / 1500);
    expect((await count("h1", "eth0", "rx_packets")) - arrived).toBeGreaterThan(100);
    // The engine's own (ARP) still goes by the queue.
    expect((await count("v1", "ac1", "tx_packets")) - queued).toBeLessThan(50);
  });

  it("goes by the queue, and says so, while the other end is in the VTEP's own namespace", async () => {
    await net.ip("h1", `link set eth0 netns ${net.full("v1")}`);
    await becomes("ac1", { state: "down" });
    await net.ip("v1", `addr add ${H1}/24 dev eth0`, "link set eth0 up");
    await becomes("ac1", { state: "forwarding", delivery: "queue" });
    expect((await port("ac1")).deliveryReason).toContain("in this network namespace");
    const { reasons } = await show<{ reasons: string[] }>("status");
    expect(reasons.join()).toContain("port ac1 delivers through its queue");
    const told = await show<{ kind: string; port?: string }[]>("events");
    expect(told).toContainEqual(expect.objectContaining({ kind: "peer_out_of_reach", port: "ac1" }));
    for (const from of ["k", "h2"]) await isReached(from, H1);
  });

  it("goes to the other end again where that is elsewhere", async () => {
    await net.ip("v1", `link set eth0 netns ${net.full("h1")}`);
    await net.ip("h1", `addr add ${H1}/24 dev eth0`, "link set eth0 up");
    await becomes("ac1", { state: "forwarding", delivery: "peer", deliveryReason: "" });
    await isReached("h1", FAR);
    expect((await show<{ reasons: string[] }>("status")).reasons.join()).not.toContain("ac1");
  });

  it("counts what is for an end that is down", async () => {
    await net.ip("h1", "link set eth0 down");
    await becomes("ac1", { state: "down", stateReason: "no carrier" });
    expect(await net.status("h2", "ping", "-c", "3", "-i", "0.1", "-W", "1", H1)).not.toBe(0);
    const drops = await show<{ reason: string; interface: string }[]>("drops");
    expect(drops).toContainEqual(expect.objectContaining({ reason: "unknown_unicast_hold", interface: "ac2" }));
    await net.ip("h1", "link set eth0 up");
    await becomes("ac1", { state: "forwarding", delivery: "peer" });
    await isReached("h1", H2);
  });

  it("takes a veth that is made anew under its name", async () => {
    await net.ip("v1", "link del ac1");
    await becomes("ac1", { state: "down" });
    await addHost("1");
    await becomes("ac1", { state: "forwarding", delivery: "peer" });
    for (const [from, to] of [
      ["h1", FAR],
      ["h1", H2],
    ] as const)
      await isReached(from, to);
    const { sent, received } = await transfer(net, "k", "h1", H1, MEGABYTES);
    expect(received).toBe(sent);
  });

  it("refuses a port that has no other end", async () => {
    const why = "deliver: peer needs a veth, and br9 is of kind bridge; allowed there: queue";
    expect(await port("br9")).toMatchObject({ state: "down", stateReason: why, delivery: "queue" });
    const { state, reasons } = await show<{ state: string; reasons: string[] }>("status");
    expect(state).toBe("degraded");
    expect(reasons).toContain(why);
  });
});
