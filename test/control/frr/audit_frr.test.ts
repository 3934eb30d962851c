// The audit against real zebra and bgpd and the real kernel.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clock } from "../../../src/control/clock.js";
import { Audit, type AuditRow, RouterMacWatch } from "../../../src/control/frr/audit/index.js";
import { KernelPicture } from "../../../src/control/frr/audit/kernel_picture.js";
import { macNumberIn } from "../../../src/control/frr/audit/mac_number.js";
import { mappedAddress } from "../../../src/control/mapped_address.js";
import { parseMac } from "../../../src/wire/ethernet.js";
import { until } from "../../dataplane/namespaces.js";
import { AuditLab, MAC_B } from "./audited_leaf.js";
import { frrTitled, frrUnavailable } from "./fabric.js";

/** Real timers, but a tenth of the patience. */
const clock: Clock = {
  tick: () => 0,
  after(ms, callback) {
    const timer = setTimeout(callback, ms / 10);
    return () => clearTimeout(timer);
  },
};

describe.skipIf(frrUnavailable !== null)(frrTitled("the audit of a leaf with FRR"), () => {
  let lab: AuditLab;
  let audit: Audit;
  const brief = ({ what, key, frr, kernel, vtepd, action, outcome }: AuditRow) =>
    `${what} ${key}: frr ${frr}, kernel ${kernel}, vtepd ${vtepd}: ${action} ${outcome}`;
  const run = async (repair: boolean) => (await audit.run({ repair })).map(brief);
  const fdb = () => lab.bridge("fdb show dev vx100");
  const routed = async () => (await lab.a.exec("ip", "-n", "red", "route")).includes("10.1.200.0/24 via 10.0.0.2");
  const routerMac = () => lab.a.exec("ip", "-n", "red", "neigh", "show", "nud", "all", "10.0.0.2", "dev", "br5000");

  beforeAll(async () => {
    lab = await AuditLab.make();
    audit = new Audit(lab.parts(clock));
    await until(async () => (await fdb()).includes(MAC_B) && (await routed()));
    await until(async () => (await routerMac()).includes("02:00:00:00:50:02"));
    await lab.readAgain();
  }, 60_000);
  afterAll(() => lab?.remove());

  it("finds nothing where all say the same", async () => {
    expect(await run(true)).toEqual([]);
  });

  it("puts right what somebody changed in the kernel, and zebra did not mend", async () => {
    await lab.bridge(`fdb replace ${MAC_B} dev vx100 dst 10.0.0.7 self extern_learn`);
    expect(await run(false)).toEqual([
      `mac ${MAC_B}: frr 10.0.0.2, kernel 10.0.0.7, vtepd 10.0.0.2: write_to_kernel found`,
    ]);
    expect(await run(true)).toEqual([
      `mac ${MAC_B}: frr 10.0.0.2, kernel 10.0.0.7, vtepd 10.0.0.2: write_to_kernel repaired`,
    ]);
    expect(await fdb()).not.toContain("10.0.0.7");
    expect(await run(true)).toEqual([]);
  });

  it("notes what changes while it looks, from before it reads until it has compared", async () => {
    const kernel = new KernelPicture(lab.place);
    const { changed } = kernel.device(lab.domain.vxlan);
    await lab.bridge(`fdb replace ${MAC_B} dev vx100 dst 10.0.0.8 self extern_learn`);
    await until(() => changed.has(macNumberIn(MAC_B)!));
    kernel.close();
    changed.clear();
    await lab.bridge(`fdb replace ${MAC_B} dev vx100 dst 10.0.0.2 self extern_learn`);
    expect(await run(true)).toEqual([]);
    expect(changed.size).toBe(0);
  });

  it("takes from the kernel what zebra does not know", async () => {
    await lab.bridge("fdb add 02:cc:00:00:00:09 dev vx100 dst 10.0.0.2 self extern_learn");
    await lab.bridge("fdb add 02:cc:00:00:00:09 dev vx100 master dynamic extern_learn");
    await lab.bridge("fdb append 00:00:00:00:00:00 dev vx100 dst 10.0.0.9 self permanent");
    await lab.a.ip("-n red neigh add 10.1.100.99 lladdr 02:cc:00:00:00:09 dev br100 nud noarp extern_learn");
    await lab.a.ip("-n red route add 10.9.0.0/24 via 10.0.0.2 dev br5000 onlink proto bgp metric 20");
    await lab.readAgain();
    lab.settled = false;
    expect(await run(true)).toContain(
      "mac 02:cc:00:00:00:09: frr null, kernel 10.0.0.2, vtepd 10.0.0.2: wait_for_evpn found",
    );
    lab.settled = true;
    const rows = await run(true);
    const keys = ["mac 02:cc:00:00:00:09", "flood 10.0.0.9", "neighbor 10.1.100.99", "route 10.9.0.0/24"];
    for (const key of keys)
      expect(rows.find((row) => row.startsWith(`${key}:`))).toMatch(/delete_from_kernel repaired/);
    await lab.readAgain();
    expect(await run(true)).toEqual([]);
  });

  it("gives back to the kernel what it lost", async () => {
    await lab.bridge("fdb del 00:00:00:00:00:00 dev vx100 dst 10.0.0.2 self");
    // Only the half that zebra does not watch.
    await lab.bridge(`fdb del ${MAC_B} dev vx100 self`);
    await audit.run({ repair: true });
    expect(await fdb()).toMatch(new RegExp(`${MAC_B} dst 10.0.0.2 .*self`));
    expect(await fdb()).toMatch(/00:00:00:00:00:00 dst 10.0.0.2 .*self/);
    expect(await run(true)).toEqual([]);
  });

  it("has our own tables read again where they fell behind the kernel", async () => {
    const { hi, lo } = parseMac(MAC_B)!;
    lab.tables.fdb.delete(1, hi, lo);
    expect(await run(true)).toEqual([
      `mac ${MAC_B}: frr 10.0.0.2, kernel 10.0.0.2, vtepd null: read_kernel_again repaired`,
    ]);
    expect(await run(true)).toEqual([]);
  });

  it("has local hosts announced again, and withdraws those that are none", async () => {
    const mac = parseMac("02:aa:00:00:00:05")!;
    lab.announced.macs.push(mac);
    lab.announced.bindings.push({ address: mappedAddress("10.1.100.5"), mac });
    await lab.bridge("fdb add 02:aa:00:00:00:06 dev lp100 master dynamic extern_learn");
    await lab.a.ip("-n red neigh add 10.1.100.6 lladdr 02:aa:00:00:00:06 dev br100 nud permanent protocol 200");
    const zebraHas = async () => (await lab.a.vtysh("show evpn arp-cache vni 100")).includes("10.1.100.6");
    await until(zebraHas);
    const rows = await run(true);
    expect(rows.map((row) => row.replace(/:( frr.*):/, ":"))).toEqual([
      "local_mac 02:aa:00:00:00:06: withdraw repaired",
      "local_mac 02:aa:00:00:00:05: announce_again repaired",
      "local_binding 10.1.100.6: withdraw repaired",
      "local_binding 10.1.100.5: announce_again repaired",
    ]);
    expect(lab.log).toContain("announced");
    await until(async () => !(await zebraHas()));
    expect(await lab.bridge("fdb show dev lp100")).not.toContain("02:aa:00:00:00:06");
    lab.announced.macs.pop();
    lab.announced.bindings.pop();
  });

  it("cures a router MAC that changed in place, which zebra does not", async () => {
    const corrected: string[] = [];
    const watch = new RouterMacWatch({
      clock,
      events: (kind, { mac }) => corrected.push(`${kind} ${mac}`),
      vtys: () => ({ zebra: lab.zebra, bgpd: lab.bgpd }),
      vrfs: () => [lab.vrf],
      frrNameOf: () => "red",
      prefixBehind: () => "10.1.200.0/24",
    });
    watch.follow();
    await lab.b.ip("-n red link set br5000 address 02:00:00:00:50:99");
    await until(() => corrected.length > 0);
    watch.close();
    expect(corrected).toEqual(["router_mac_corrected 02:00:00:00:50:99"]);
    expect(await routerMac()).toContain("02:00:00:00:50:99");
    await lab.readAgain();
    expect(await run(true)).toEqual([]);
  });

  it("cures it also where nobody watched", async () => {
    await lab.b.ip("-n red link set br5000 address 02:00:00:00:50:98");
    const heard = () => lab.a.vtysh("show bgp vrf red ipv4 unicast 10.1.200.0/24");
    await until(async () => (await heard()).includes("02:00:00:00:50:98"));
    await until(async () => !(await routerMac()).includes("02:00:00:00:50:99"));
    expect(await run(true)).toEqual([
      "router_mac 10.0.0.2: frr 02:00:00:00:50:98, kernel null, vtepd 02:00:00:00:50:99: write_to_kernel repaired",
    ]);
    expect(await routerMac()).toContain("02:00:00:00:50:98");
    await lab.readAgain();
    expect(await run(true)).toEqual([]);
  });

  it("takes away what a killed zebra left behind", async () => {
    await lab.a.stopDaemon("zebra", "KILL");
    await lab.a.stopDaemon("bgpd", "KILL");
    await lab.b.exec("bridge", "-n", "red", "fdb", "del", MAC_B, "dev", "lp100", "master");
    await expect(audit.run({ repair: true })).rejects.toThrow();
    await lab.a.startDaemon("zebra", ["-n"]);
    await lab.a.startDaemon("bgpd");
    await lab.askFrr();
    await until(async () => (await lab.a.vtysh("show ip route vrf red bgp")).includes("10.1.200.0/24"));
    expect(await fdb()).toContain(MAC_B);
    expect(await run(true)).toContainEqual(
      expect.stringMatching(new RegExp(`mac ${MAC_B}: frr null.*delete_from_kernel repaired`)),
    );
    expect(await fdb()).not.toContain(MAC_B);
    await lab.readAgain();
    expect(await run(true)).toEqual([]);
  });
});
