// Gateways whose addresses serve programs of this host: the kernel's stack in the VRF's namespace, behind a whole vtepd.
//
//   h1 ─ eth1│ red  10.1.0.1 ─ br-red  │            up0 ── far: nothing of the stack's may come out here
//   h2 ─ eth2│ blue 10.2.0.1 ─ br-blue │ namespace tenant of the leaf
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { program, vtepd } from "../cli/vtepd.js";
import { connect, type FabricNode, makeNode } from "../control/frr/fabric.js";
import { titled, unavailable } from "../control/netlink/kernel.js";
import { until } from "../dataplane/namespaces.js";

const GATEWAY_MAC = "02:00:5e:00:01:01";
const BYTES = 3_000_000;
const PORT = 7777;
const SERVER = `require("net").createServer((one) => one.end(Buffer.alloc(${BYTES}))).listen(${PORT}, "::")`;
const client = (address: string) => `
  let count = 0;
  const stream = require("net").connect(${PORT}, "${address}");
  stream.on("data", (some) => (count += some.length)).on("end", () => process.exit(count === ${BYTES} ? 0 : 1));
  stream.on("error", () => process.exit(2)).setTimeout(10_000, () => process.exit(3));`;

const gateway = (...addresses: string[]) => ({ mac: GATEWAY_MAC, addresses, hostStack: true });

class Leaf {
  readonly nodes: FabricNode[] = [];

  private constructor(
    readonly leaf: FabricNode,
    readonly h1: FabricNode,
    readonly h2: FabricNode,
    far: FabricNode,
  ) {
    this.nodes.push(leaf, h1, h2, far);
  }

  static async up(datapath: "ebpf" | "userspace"): Promise<Leaf> {
    const names = ["leaf", "h1", "h2", "far"];
    const [leaf, h1, h2, far] = await Promise.all(names.map((name) => makeNode(name)));
    const lab = new Leaf(leaf!, h1!, h2!, far!);
    await connect(lab.leaf, "eth1", lab.h1, "eth0");
    await connect(lab.leaf, "eth2", lab.h2, "eth0");
    await connect(lab.leaf, "up0", far!, "up0");
    await lab.leaf.ip("addr add 10.0.0.1/24 dev up0", "link set up0 mtu 1600");
    await far!.ip("addr add 10.0.0.2/24 dev up0");
    await lab.h1.ip("addr add 10.1.0.11/24 dev eth0", "addr add 2001:db8:1::11/64 dev eth0 nodad");
    await lab.h1.ip("route add default via 10.1.0.1", "route add default via 2001:db8:1::1");
    await lab.h2.ip("addr add 10.2.0.12/24 dev eth0", "route add default via 10.2.0.1");
    await lab.start(datapath);
    return lab;
  }

  get socket(): string {
    return join(this.leaf.folder, "vtepd.sock");
  }

  async show(noun: string): Promise<Record<string, unknown>[]> {
    const { code, stdout, stderr } = await vtepd(["show", noun, "--json", "--socket", this.socket]);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  /** In the VRF's namespace. */
  inVrf(...command: string[]): Promise<boolean> {
    return this.leaf.succeeds("ip", "netns", "exec", "tenant", ...command);
  }

  async down(): Promise<void> {
    for (const node of this.nodes) await node.remove();
  }

  private async start(datapath: "ebpf" | "userspace"): Promise<void> {
    const config = join(this.leaf.folder, "vtepd.yaml");
    const bridgeDomains = [
      { name: "red", vni: 100, vrf: "tenant", gateway: gateway("10.1.0.1/24", "2001:db8:1::1/64") },
      { name: "blue", vrf: "tenant", gateway: gateway("10.2.0.1/24") },
    ];
    const ports = [
      { interface: "eth1", bridgeDomain: "red" },
      { interface: "eth2", bridgeDomain: "blue" },
    ];
    const frr = { vrfBackend: "netns", vtysh: this.leaf.folder };
    writeFileSync(
      config,
      JSON.stringify({
        vtep: { address: "10.0.0.1", underlay: ["up0"], datapath },
        ...{ bridgeDomains, ports, control: { mode: "frr", frr } },
        vrfs: [{ name: "tenant", l3vni: 5000, routerMac: "02:00:00:00:50:01" }],
      }),
    );
    // What runs in the node ends with it.
    void this.leaf.succeeds(process.execPath, program, "run", "--config", config, "--socket", this.socket);
    const isForwarding = async () => {
      const ports = await this.show("ports").catch(() => []);
      return ports.length === 4 && ports.every(({ state }) => state === "forwarding");
    };
    await until(isForwarding, 20_000);
  }
}

describe.skipIf(unavailable !== null)(titled("the host's own stack behind a gateway"), () => {
  let lab: Leaf | undefined;

  afterEach(async () => {
    await lab?.down();
    lab = undefined;
  });

  describe.each(["ebpf", "userspace"] as const)("%s", (datapath) => {
    it("reaches hosts at ports of this VTEP, and is reached by them, by both families and from other domains", async () => {
      lab = await Leaf.up(datapath);
      const { h1, h2 } = lab;
      expect((await lab.show("ports")).filter(({ hostStack }) => hostStack)).toMatchObject([
        { interface: "lp-100p", bridgeDomain: "red", macCount: 0 },
        { interface: "lp-bluep", bridgeDomain: "blue" },
      ]);
      for (const host of ["10.1.0.11", "2001:db8:1::11", "10.2.0.12"]) {
        expect(await lab.inVrf("ping", "-c", "2", "-W", "5", host), host).toBe(true);
      }
      void lab.inVrf(process.execPath, "-e", SERVER);
      const fetches = (node: FabricNode, address: string) => node.succeeds(process.execPath, "-e", client(address));
      await until(() => fetches(h1, "10.1.0.1"), 20_000);
      expect(await fetches(h1, "2001:db8:1::1")).toBe(true);
      expect(await fetches(h2, "10.2.0.1")).toBe(true);
      expect(await fetches(h2, "10.1.0.1"), "from another domain").toBe(true);
      expect(await h1.succeeds("ping", "-c", "1", "-W", "2", "fe80::5eff:fe00:101%eth0"), "link-local").toBe(true);
    });
  });

  it("sends nothing to other VTEPs, neither what it floods nor to MACs that zebra has told the kernel", async () => {
    lab = await Leaf.up("userspace");
    const { leaf } = lab;
    // Its reports of multicast groups are flooded to VTEPs, and rightly.
    await lab.h1.ip("link set eth0 down");
    const remote = "02:aa:00:00:00:99";
    const inVrf = ["netns", "exec", "tenant"];
    const fdb = ["fdb", "replace", remote, "dev", "vx-100", "dst", "10.0.0.2", "self", "master", "extern_learn"];
    await leaf.exec("ip", ...inVrf, "bridge", ...fdb, "dynamic");
    const flood = ["fdb", "append", "00:00:00:00:00:00", "dev", "vx-100", "dst", "10.0.0.2", "self", "permanent"];
    await leaf.exec("ip", ...inVrf, "bridge", ...flood);
    const binding = `neigh replace 10.1.0.99 lladdr ${remote} dev br-red nud noarp extern_learn protocol zebra`;
    await leaf.exec("ip", "-n", "tenant", ...binding.split(" "));
    await until(async () => (await lab!.show("fdb")).some(({ mac, vtep }) => mac === remote && vtep === "10.0.0.2"));
    expect(await lab.inVrf("ping", "-c", "2", "-W", "1", "10.1.0.99")).toBe(false);
    expect(await lab.inVrf("ping", "-c", "1", "-W", "1", "10.1.0.77")).toBe(false);
    expect(await lab.inVrf("ping", "-b", "-c", "2", "-W", "1", "10.1.0.255")).toBe(false);
    const sent = await leaf.exec("ip", "-n", "tenant", "-j", "-s", "link", "show", "vx-100");
    expect(JSON.parse(sent)[0].stats64.tx.packets).toBe(0);
    expect(await lab.show("vteps")).toMatchObject([{ address: "10.0.0.2", txPackets: 0 }]);
  });
});
