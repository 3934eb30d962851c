// vtepd check --with-frr in a node with real zebra and bgpd, and some of the mistakes that it is for.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program } from "../../cli/vtepd.js";
import { until } from "../../dataplane/namespaces.js";
import { connect, type FabricNode, frrTitled, frrUnavailable, makeNode } from "./fabric.js";

const speaker = (index: number, family: string, rest = "") => `hostname leaf${index}
${rest}
router bgp 6500${index}
 bgp router-id 10.0.0.${index}
 no bgp ebgp-requires-policy
 neighbor 172.16.0.${3 - index} remote-as external
 neighbor 172.16.0.${3 - index} timers connect 1
 address-family ipv4 unicast
  network 10.0.0.${index}/32
 exit-address-family
 address-family l2vpn evpn
  neighbor 172.16.0.${3 - index} activate
  ${family}
 exit-address-family
`;

describe.skipIf(frrUnavailable !== null)(frrTitled("vtepd check --with-frr"), () => {
  let a: FabricNode;
  let b: FabricNode;
  let file: string;

  const check = async (...options: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const args = ["check", "--config", file, "--with-frr", ...options];
    return a.exec(process.execPath, program, ...args).then(
      (stdout) => ({ code: 0, stdout, stderr: "" }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  };

  beforeAll(async () => {
    [a, b] = [await makeNode("a"), await makeNode("b")];
    await connect(a, "up0", b, "up0");
    for (const [node, index] of [
      [a, 1],
      [b, 2],
    ] as const) {
      await node.ip(`addr add 172.16.0.${index}/24 dev up0`, `addr add 10.0.0.${index}/32 dev lo`);
      await node.ip(
        "link add br100 type bridge",
        `link add vx100 type vxlan id 100 local 10.0.0.${index} dstport 4789`,
      );
      await node.ip("link set vx100 master br100", "link set vx100 up", "link set br100 up");
    }
    await a.exec("sysctl", "-qw", "net.ipv4.conf.up0.rp_filter=1");
    file = join(a.folder, "vtepd.yaml");
    writeFileSync(
      file,
      `vtep: { address: 10.0.0.1, underlay: [up0], ttl: 1 }
bridgeDomains: [{ name: blue, vni: 100 }]
vrfs: [{ name: tenant, l3vni: 5000, routerMac: "02:00:00:00:50:01", table: 100 }]
control: { mode: frr, frr: { vtysh: ${a.folder} } }
`,
    );
  }, 30_000);
  afterAll(async () => {
    for (const node of [a, b]) await node?.remove();
  });

  it("cannot be done without FRR, and says why", async () => {
    const { code, stderr } = await check();
    expect(code).toBe(1);
    expect(stderr).toContain("zebra is not running");
  });

  it("names each mistake once, with its place", async () => {
    const mistakes = "advertise-all-vni\n  advertise-default-gw\n  advertise-svi-ip\n  no dup-addr-detection";
    await a.startFrr(speaker(1, mistakes), ["zebra", "bgpd"], ["-n"]);
    await b.startFrr(speaker(2, "advertise-all-vni"), ["zebra", "bgpd"]);
    await until(async () => (await a.vtysh("show bgp l2vpn evpn route type multicast")).includes("[10.0.0.2]"));
    await until(async () => (await a.vtysh("show ip route")).includes("B>* 10.0.0.2/32"));
    const { code, stdout } = await check();
    expect(code).toBe(0);
    const [head, ...warnings] = stdout.trimEnd().split("\n");
    expect(head).toBe(`${file}: valid`);
    expect(warnings.map((line) => line.split(": ").slice(0, 2).join(" ")).sort()).toEqual([
      "warning bridge_mac_is_vxlan_mac",
      "warning default_gw_with_svi_ip",
      "warning duplicate_detection_off",
      "warning l2_vni_learning_on",
      "warning strict_rp_filter",
      "warning ttl_below_path",
      "warning vni_unknown_to_zebra",
      "warning vrf_backend",
      "warning vrf_without_vni",
    ]);
    const { code: strict } = await check("--strict");
    expect(strict).toBe(1);
  });

  it("finds a VTEP, and a neighbour, that only the default route leads to", async () => {
    await a.vtysh("conf t", "router bgp 65001", "address-family ipv4 unicast", "no neighbor 172.16.0.2 activate");
    await a.ip("route add default via 172.16.0.2");
    await until(async () => !(await a.vtysh("show ip route")).includes("10.0.0.2/32"));
    // The session begins anew.
    await until(async () => (await a.vtysh("show bgp l2vpn evpn route type multicast")).includes("[10.0.0.2]"));
    expect((await check()).stdout).toMatch(/^warning: nht_default_route_only: VTEP 10\.0\.0\.2: /m);
    expect((await check()).stdout).not.toContain("nht_peer_default_route_only");
    const far = ["neighbor 192.0.2.9 remote-as internal", "address-family l2vpn evpn", "neighbor 192.0.2.9 activate"];
    await a.vtysh("conf t", "router bgp 65001", ...far);
    expect((await check()).stdout).toMatch(/^warning: nht_peer_default_route_only: bgpd: neighbor 192\.0\.2\.9: /m);
    await a.vtysh("conf t", "ip nht resolve-via-default");
    expect((await check()).stdout).not.toContain("default_route_only");
  });
});
