/**
 * Real zebra and bgpd on our kernel objects, and a stock leaf (kernel VXLAN, FRR) for a peer.
 *
 *   a: vtepd's objects, up0 10.0.0.1/24 -------- b: br100, vx100 on 4789, up0 10.0.0.2/24
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../dataplane/namespaces.js";
import { connect, type FabricNode, frrTitled, frrUnavailable, makeNode } from "./fabric.js";
import { ObjectsLab } from "./objects_lab.js";

const MAC_A = "02:aa:00:00:00:01";
const MAC_B = "02:bb:00:00:00:01";

const domains = (vrf: string) => `bridgeDomains:
  - { name: red, vni: 100${vrf}, gateway: { mac: 94:94:26:11:11:11, addresses: [10.1.100.1/24] } }
  - { name: blue, vni: 200 }
vrfs:
  - { name: tenant, l3vni: 5000, routerMac: 94:94:26:ff:00:11, table: 1001 }
`;

const bgp = (own: string, peer: string) => `router bgp 65000
 bgp router-id ${own}
 no bgp default ipv4-unicast
 timers bgp 3 9
 coalesce-time 0
 neighbor ${peer} remote-as 65000
 neighbor ${peer} timers connect 1
 address-family l2vpn evpn
  neighbor ${peer} activate
  advertise-all-vni
 exit-address-family
!
`;
const BGP_VRF = `router bgp 65000 vrf tenant
 bgp router-id 10.0.0.1
 address-family ipv4 unicast
  redistribute connected
 exit-address-family
 address-family l2vpn evpn
  advertise ipv4 unicast
 exit-address-family
`;

type Shown = Readonly<Record<string, unknown>>;

describe.skipIf(frrUnavailable !== null)(frrTitled("kernel objects with zebra"), () => {
  let lab: ObjectsLab;
  let peer: FabricNode;

  beforeEach(async () => {
    [lab, peer] = await Promise.all([ObjectsLab.make(), makeNode("peer")]);
    await connect(lab.node, "up0", peer, "up0");
    await lab.node.ip("address add 10.0.0.1/24 dev up0");
    await peer.ip(
      "address add 10.0.0.2/24 dev up0",
      "link add br100 type bridge mcast_snooping 0",
      "link add vx100 type vxlan id 100 local 10.0.0.2 dstport 4789 nolearning",
      "link add acc100 type veth peer name host100",
      "link set vx100 master br100",
      "link set acc100 master br100",
    );
    await peer.ip("link set vx100 up", "link set br100 up", "link set acc100 up", "link set host100 up");
  });

  afterEach(async () => {
    await Promise.all([lab.remove(), peer.remove()]);
  });

  async function startPeer(): Promise<void> {
    await peer.startFrr(`hostname b\n${bgp("10.0.0.2", "10.0.0.1")}`, ["zebra", "bgpd"]);
    await peer.exec("bridge", "fdb", "add", MAC_B, "dev", "acc100", "master", "dynamic", "extern_learn");
  }

  const vni = (number: number) => lab.node.vtyshJson<Shown>(`show evpn vni ${number}`);
  const bridgeIn = (vrf: string, ...words: string[]) =>
    lab.node.exec("bridge", ...(vrf === "" ? [] : ["-n", vrf]), ...words);

  async function expectVnisUp(): Promise<void> {
    await until(async () => (await vni(5000)).state === "Up");
    expect(await vni(5000)).toMatchObject({
      type: "L3",
      vrf: "tenant",
      vxlanIntf: "vx-5000",
      sviIntf: "br-5000",
      localVtepIp: "10.0.0.1",
      routerMac: "94:94:26:ff:00:11",
    });
    expect(await vni(100)).toMatchObject({
      type: "L2",
      vxlanInterface: "vx-100",
      sviInterface: "br-red",
      vtepIp: "10.0.0.1",
    });
    expect(await lab.node.vtyshJson<Shown>("show evpn vni")).toMatchObject({
      100: { type: "L2", tenantVrf: "tenant" },
      200: { type: "L2", vxlanIf: "vx-200" },
      5000: { type: "L3", tenantVrf: "tenant" },
    });
    const routes = () => lab.node.vtysh("show bgp l2vpn evpn route");
    // Of the L2 VNIs their membership, of the connected subnet the prefix with our router MAC.
    await until(async () => /\[5\]:\[0\]:\[24\]:\[10\.1\.100\.0\][\s\S]*Rmac:94:94:26:ff:00:11/.test(await routes()));
    expect(await routes()).toContain("[3]:[0]:[32]:[10.0.0.1]");
  }

  const WITH_VRF = `hostname a\nvrf tenant\n vni 5000\nexit-vrf\n!\n${bgp("10.0.0.1", "10.0.0.2")}${BGP_VRF}`;

  it("are L2 and L3 VNIs that are up, in a VRF that is a namespace", async () => {
    await lab.start(`control: { mode: frr, frr: { vrfBackend: netns } }\n${domains(", vrf: tenant")}`);
    await lab.node.startFrr(WITH_VRF, ["zebra", "bgpd"], ["-n"]);
    await expectVnisUp();
  });

  it("are L2 and L3 VNIs that are up, in a VRF device", async (ctx) => {
    const made = await lab.node.succeeds("ip", "link", "add", "probe", "type", "vrf", "table", "9");
    if (!made) ctx.skip("the kernel has no VRF devices");
    await lab.start(`control: { mode: frr }\n${domains(", vrf: tenant")}`);
    expect(lab.objects.problems()).toEqual([]);
    await lab.node.startFrr(WITH_VRF, ["zebra", "bgpd"]);
    await expectVnisUp();
  });

  it("take what zebra writes and show it what is local, in our own namespace", async () => {
    await lab.start(
      `control: { mode: frr }\n${domains("")
        .replace(/, gateway.*\}/, "}")
        .replace(/vrfs[\s\S]*/, "")}`,
    );
    await lab.node.startFrr(`hostname a\n${bgp("10.0.0.1", "10.0.0.2")}`, ["zebra", "bgpd"]);
    await startPeer();
    await bridgeIn("", "fdb", "add", MAC_A, "dev", "lp-100", "master", "dynamic", "extern_learn");
    const ours = () => bridgeIn("", "fdb", "show", "dev", "vx-100");
    const entry = `${MAC_B} extern_learn master br-red`;
    await until(
      async () => (await ours()).includes(entry) && (await ours()).includes("00:00:00:00:00:00 dst 10.0.0.2"),
    );
    await until(async () =>
      (await peer.exec("bridge", "fdb", "show", "dev", "vx100")).includes(`${MAC_A} dst 10.0.0.1`),
    );
    expect((await lab.links()).get("vx-100")).toMatchObject({ linkinfo: { info_slave_data: { state: "disabled" } } });
  });

  it("let nothing through, from the shadow port or to it", async () => {
    await lab.start(`control: { mode: frr, frr: { vrfBackend: netns } }\n${domains(", vrf: tenant")}`);
    await lab.node.ip("netns exec tenant sysctl -qw net.ipv4.ip_forward=1");
    await lab.node.exec(
      "bridge",
      "-n",
      "tenant",
      "fdb",
      "append",
      "00:00:00:00:00:00",
      "dev",
      "vx-100",
      "dst",
      "10.0.0.2",
    );
    await peer.ip("link add probe type vxlan id 100 local 10.0.0.2 remote 10.0.0.1 dstport 14789");
    await peer.ip("link set probe up", "address add 10.1.100.99/24 dev probe");
    const received = async () => {
      const [link] = JSON.parse(await lab.ip("tenant", "-j", "-s", "link", "show", "dev", "vx-100"));
      return (link as { stats64: { rx: { packets: number }; tx: { packets: number } } }).stats64;
    };
    expect(await peer.succeeds("ping", "-c1", "-W1", "10.1.100.1")).toBe(false);
    expect(await lab.node.succeeds("ip", "netns", "exec", "tenant", "ping", "-c1", "-W1", "10.1.100.99")).toBe(false);
    const { rx, tx } = await received();
    expect(rx.packets).toBeGreaterThan(0);
    expect(tx.packets).toBe(0);
    expect(await lab.ip("tenant", "neigh", "show", "10.1.100.99", "nud", "reachable", "nud", "stale")).toBe("");
  });
});
