/**
 * What real zebra writes, of what a leaf with FRR and the kernel's own VXLAN says, in our tables.
 *
 *   a: tenant { br100 vx100 lp100, br5000 vx5000 } up0 10.0.0.1 ──── 10.0.0.2 up0 b: tenant { the same, br200 }
 */
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect, type FabricNode, frrTitled, frrUnavailable, makeNode } from "./fabric.js";
import { type MirroredKernel, MirrorLab } from "./mirror_lab.js";

const MAC = "02:bb:00:00:00:01";
const OTHER_MAC = "02:bb:00:00:00:02";
const ROUTER_B = "02:00:00:00:50:02";

const frrConfig = (own: number, peer: number) => `hostname leaf${own}
vrf tenant
 vni 5000
exit-vrf
!
router bgp 1000
 bgp router-id 10.0.0.${own}
 no bgp default ipv4-unicast
 timers bgp 3 9
 coalesce-time 0
 neighbor 10.0.0.${peer} remote-as 1000
 neighbor 10.0.0.${peer} timers connect 1
 address-family l2vpn evpn
  neighbor 10.0.0.${peer} activate
  advertise-all-vni
 exit-address-family
!
router bgp 1000 vrf tenant
 bgp router-id 10.0.0.${own}
 address-family ipv4 unicast
  redistribute connected
 exit-address-family
 address-family ipv6 unicast
  redistribute connected
 exit-address-family
 address-family l2vpn evpn
  advertise ipv4 unicast
  advertise ipv6 unicast
 exit-address-family
`;

async function makeLeaf(name: string, number: number): Promise<FabricNode> {
  const leaf = await makeNode(name);
  await leaf.ip("netns add tenant", "-n tenant link set lo up");
  for (const vni of [100, 5000]) {
    const mac = vni === 100 ? "02:00:5e:00:01:fe" : `02:00:00:00:50:0${number}`;
    await leaf.ip(
      `link add vx${vni} type vxlan id ${vni} local 10.0.0.${number} dstport 14789 nolearning`,
      `link set vx${vni} netns tenant`,
      `-n tenant link add br${vni} type bridge mcast_snooping 0`,
      `-n tenant link set br${vni} address ${mac} addrgenmode none`,
      `-n tenant link set vx${vni} master br${vni} addrgenmode none`,
      `-n tenant link set vx${vni} type bridge_slave learning off neigh_suppress on`,
      `-n tenant link set vx${vni} up`,
      `-n tenant link set br${vni} up`,
    );
  }
  await leaf.ip(
    "-n tenant link add lp100 type veth peer name lp100p",
    "-n tenant link set lp100 master br100",
    "-n tenant link set lp100 type bridge_slave learning off",
    "-n tenant link set lp100 up",
    "-n tenant link set lp100p up",
    "-n tenant addr add 10.1.100.1/24 dev br100",
  );
  return leaf;
}

class Leaf implements MirroredKernel {
  constructor(private readonly node: FabricNode) {}

  open({ groups, receiveBufferBytes = 1 << 20 }: { groups: readonly number[]; receiveBufferBytes?: number }) {
    return this.node.openNetlink("tenant", groups, receiveBufferBytes);
  }

  ifindex(name: string): number {
    const [program = "", ...args] = [...this.node.entering, "ip", "-n", "tenant", "-o", "link", "show"];
    const lines = execFileSync(program, args, { encoding: "utf8" }).split("\n");
    return Number.parseInt(lines.find((line) => line.split(/[:@ ]+/)[1] === name) ?? "0", 10);
  }
}

describe.skipIf(frrUnavailable !== null)(frrTitled("a mirror of what FRR writes"), () => {
  let a: FabricNode;
  let b: FabricNode;
  let lab: MirrorLab;
  const fdb = (node: FabricNode, words: string) => node.exec("bridge", "-n", "tenant", "fdb", ...words.split(" "));
  const settles = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 100 });

  beforeEach(async () => {
    [a, b] = await Promise.all([makeLeaf("a", 1), makeLeaf("b", 2)]);
    await connect(a, "up0", b, "up0");
    await a.ip("addr add 10.0.0.1/24 dev up0");
    await b.ip(
      "addr add 10.0.0.2/24 dev up0",
      "-n tenant link add br200 type bridge",
      "-n tenant link set br200 up",
      "-n tenant addr add 10.1.200.1/24 dev br200",
      "-n tenant addr add 2001:db8:200::1/64 dev br200",
    );
    await fdb(b, `add ${MAC} dev lp100 master dynamic extern_learn`);
    await a.startFrr(frrConfig(1, 2), ["zebra", "bgpd"], ["-n"]);
    await b.startFrr(frrConfig(2, 1), ["zebra", "bgpd"], ["-n"]);
    lab = new MirrorLab(new Leaf(a));
    await lab.open();
  });

  afterEach(async () => {
    lab.close();
    lab.place.client.close();
    lab.place.feed.close();
    await Promise.all([a.remove(), b.remove()]);
  });

  it("N3: holds what b says, through a cleared session and a restart of bgpd; moves and withdrawals follow", async () => {
    const told = {
      fdb: [`red ${MAC} 10.0.0.2 evpn`],
      red: ["10.0.0.2"],
      bindings: [`red 10.1.100.22 ${MAC} 0`],
      routes: [
        `10.1.100.22/32 10.0.0.2 ${ROUTER_B}`,
        `10.1.200.0/24 10.0.0.2 ${ROUTER_B}`,
        `2001:db8:200::/64 10.0.0.2 ${ROUTER_B}`,
      ],
      vteps: ["10.0.0.2"],
    };
    await settles(() => expect(lab.everything()).toMatchObject({ fdb: told.fdb, red: told.red }));
    const bind = () => b.ip(`-n tenant neigh add 10.1.100.22 lladdr ${MAC} dev br100 nud permanent`);
    await bind();
    await settles(() => expect(lab.everything()).toMatchObject(told));
    const sum = () => lab.place.feed.counters.notifications;

    const beforeClear = sum();
    await a.vtysh("clear bgp *");
    await settles(() => expect(sum()).toBeGreaterThan(beforeClear));
    await settles(() => expect(lab.everything()).toMatchObject(told));

    const beforeRestart = sum();
    await b.stopDaemon("bgpd");
    await settles(() => expect(sum()).toBeGreaterThan(beforeRestart));
    await b.startDaemon("bgpd");
    await settles(() => expect(lab.everything()).toMatchObject({ fdb: told.fdb, red: told.red }));
    // zebra -n (8.4.4) does not read the neighbours that are there: it hears of those that come.
    await b.ip("-n tenant neigh del 10.1.100.22 dev br100");
    await bind();
    await settles(() => expect(lab.everything()).toMatchObject(told));

    await fdb(a, `add ${MAC} dev lp100 master dynamic extern_learn`);
    await settles(() => expect(lab.everything().fdb).toEqual([]));
    await fdb(b, `add ${OTHER_MAC} dev lp100 master static sticky`);
    await settles(() => expect(lab.everything().fdb).toEqual([`red ${OTHER_MAC} 10.0.0.2 sticky evpn`]));
    await fdb(b, `del ${OTHER_MAC} dev lp100 master`);
    await settles(() => expect(lab.everything().fdb).toEqual([]));
    expect(lab.place.feed.counters).toMatchObject({ malformed: 0, unknown: 0, overruns: 0 });
    expect(lab.mirror.problems()).toEqual([]);
  });
});
