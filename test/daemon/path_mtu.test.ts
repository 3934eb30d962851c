// A router between two VTEPs has a link that is smaller than theirs, and says so. The VTEP under test is a whole vtepd.
//
//   h1 ─ eth0│ac0 v1 up0 ══ p1 r p2 ══ up0 k2          every link takes 1600, but r's p2: 1500
//            vtepd                      the kernel's vxlan; its own address is the far host
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { program, vtepd } from "../cli/vtepd.js";
import { mayMakeNamespaces, Namespaces, until } from "../dataplane/namespaces.js";

const live = it.skipIf(!mayMakeNamespaces());
const FAR_HOST = "192.168.0.2";

interface Underlay {
  readonly v1: string;
  readonly k2: string;
  readonly gateways: readonly [string, string];
  readonly length: number;
  /** Of an inner packet, where the path takes 1500. */
  readonly innerMtu: number;
}

const UNDERLAYS: Readonly<Record<"IPv4" | "IPv6", Underlay>> = {
  IPv4: { v1: "10.0.1.1", k2: "10.0.2.2", gateways: ["10.0.1.254", "10.0.2.254"], length: 24, innerMtu: 1450 },
  IPv6: { v1: "fd00:1::1", k2: "fd00:2::2", gateways: ["fd00:1::fe", "fd00:2::fe"], length: 64, innerMtu: 1430 },
};

class NarrowPath {
  readonly net = new Namespaces();
  private readonly folder = mkdtempSync(join(tmpdir(), "vtepd-pmtu-"));
  private readonly socket = join(this.folder, "socket");
  private stop = async (): Promise<void> => {};

  constructor(
    private readonly underlay: Underlay,
    private readonly datapath: "ebpf" | "userspace",
  ) {}

  async up(): Promise<void> {
    const { net, underlay } = this;
    await net.add("h1", "v1", "r", "k2");
    await net.veth("v1", "ac0", "h1", "eth0");
    await net.veth("v1", "up0", "r", "p1");
    await net.veth("k2", "up0", "r", "p2");
    await net.exec("r", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    for (const [name, link, address] of [
      ["v1", "up0", underlay.v1],
      ["k2", "up0", underlay.k2],
      ["r", "p1", underlay.gateways[0]],
      ["r", "p2", underlay.gateways[1]],
    ] as const) {
      await net.ip(name, `addr add ${address}/${underlay.length} dev ${link}`);
      await net.ip(name, `link set ${link} mtu ${link === "p2" ? 1500 : 1600}`);
    }
    const family = underlay.length === 64 ? "-6 " : "";
    await net.ip("v1", `${family}route add default via ${underlay.gateways[0]}`);
    await net.ip("k2", `${family}route add default via ${underlay.gateways[1]}`);
    await net.ip("h1", "addr add 192.168.0.1/24 dev eth0");
    await net.ip("k2", `link add vx0 type vxlan id 100 local ${underlay.k2} remote ${underlay.v1} dstport 4789`);
    await net.ip("k2", "link set vx0 address 02:00:00:00:00:22 mtu 1500 up", `addr add ${FAR_HOST}/24 dev vx0`);
    await this.start();
    await until(async () => (await net.status("h1", "ping", "-c", "1", FAR_HOST)) === 0);
  }

  async down(): Promise<void> {
    await this.stop();
    await this.net.remove();
    rmSync(this.folder, { recursive: true });
  }

  async show(noun: string): Promise<Record<string, unknown>[]> {
    const { code, stdout, stderr } = await vtepd(["show", noun, "--json", "--socket", this.socket]);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  /** One echo request in an IP packet of `bytes`, not to be cut: what ping says, whether it fails or not. */
  async ping(bytes: number): Promise<string> {
    const words = ["-c", "1", "-W", "1", "-M", "do", "-s", String(bytes - 28), FAR_HOST];
    return this.net.exec("h1", "ping", ...words).catch((error: { stdout: string; stderr: string }) => {
      return error.stdout + error.stderr;
    });
  }

  private async start(): Promise<void> {
    const { net, underlay, datapath, folder, socket } = this;
    const config = join(folder, "vtepd.yaml");
    const vtep = { address: underlay.v1, underlay: ["up0"], df: "set", datapath };
    const vteps = [{ address: underlay.k2, bridgeDomains: ["red"] }];
    const fdb = [{ bridgeDomain: "red", mac: "02:00:00:00:00:22", vtep: underlay.k2 }];
    const bridging = { bridgeDomains: [{ name: "red", vni: 100 }], ports: [{ interface: "ac0", bridgeDomain: "red" }] };
    writeFileSync(config, JSON.stringify({ vtep, ...bridging, control: { mode: "static", static: { vteps, fdb } } }));
    const run = [process.execPath, program, "run", "--config", config, "--socket", socket];
    const child = spawn("ip", ["netns", "exec", net.full("v1"), ...run], { stdio: "ignore" });
    const gone = once(child, "exit");
    this.stop = async () => {
      child.kill();
      await gone;
    };
    const { code, stdout, stderr } = await vtepd(["wait", "--timeout", "20", "--socket", socket]);
    if (code !== 0) throw new Error(stdout + stderr);
  }
}

let path: NarrowPath | undefined;

afterEach(async () => {
  await path?.down();
  path = undefined;
});

describe("a path that narrows behind the first router (root)", () => {
  for (const family of ["IPv4", "IPv6"] as const) {
    for (const datapath of ["userspace", "ebpf"] as const) {
      live(
        `${datapath}, ${family} underlay: is learned from its ICMP, and the inner sender hears what fits`,
        async () => {
          const underlay = UNDERLAYS[family];
          path = new NarrowPath(underlay, datapath);
          await path.up();
          expect(await path.show("vteps")).toMatchObject([{ address: underlay.k2, pathMtu: null }]);

          // The first one is lost: it is what the router speaks about.
          expect(await path.ping(1500)).toContain("100% packet loss");
          await until(async () => (await path!.show("vteps"))[0]!.pathMtu === 1500);
          expect(await path.ping(1500)).toContain(`mtu = ${underlay.innerMtu}`);
          expect(await path.ping(underlay.innerMtu)).toContain(" 0% packet loss");

          const events = await path.show("events");
          expect(events.filter(({ kind }) => String(kind).startsWith("path_mtu"))).toMatchObject([
            { kind: "path_mtu_learned", vtep: underlay.k2, mtu: 1500 },
          ]);
        },
      );
    }
  }
});
