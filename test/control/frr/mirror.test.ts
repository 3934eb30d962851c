/** What zebra writes into the kernel, in the tables: MACs and flooding. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FdbKind } from "../../../src/abi/generated.js";
import { parseMac } from "../../../src/wire/ethernet.js";
import { titled, unavailable } from "../netlink/kernel.js";
import {
  CONFIG,
  flood,
  localMac,
  MirrorKernel,
  MirrorLab,
  noFlood,
  remoteMac,
  stickyMac,
  withdrawnMac,
} from "./mirror_lab.js";

const M1 = "02:aa:00:00:00:01";
const M2 = "02:aa:00:00:00:02";
const [V2, V3] = ["10.0.0.2", "10.0.0.3"];

describe.skipIf(unavailable !== null)(titled("MACs that zebra writes"), () => {
  let kernel: MirrorKernel;
  let lab: MirrorLab;
  const becomes = (rows: string[]) => vi.waitFor(() => expect(lab.fdb()).toEqual(rows));

  beforeEach(async () => {
    kernel = new MirrorKernel();
    lab = new MirrorLab(kernel);
  });

  afterEach(() => {
    lab.close();
    kernel.remove();
  });

  it("what stands before the start is read, and what comes after is followed", async () => {
    kernel.fdb(remoteMac(M1, V2), flood(V2), flood(V3, "vx200"));
    await lab.open();
    expect(lab.everything()).toMatchObject({ fdb: [`red ${M1} ${V2} evpn`], red: [V2], blue: [V3], vteps: [V2, V3] });
    kernel.fdb(remoteMac(M2, V3, "vx200"));
    await becomes([`blue ${M2} ${V3} evpn`, `red ${M1} ${V2} evpn`]);
  });

  it("a MAC comes, comes again, moves to another VTEP and goes, and its VTEP with it", async () => {
    await lab.open();
    kernel.fdb(remoteMac(M1, V2));
    await becomes([`red ${M1} ${V2} evpn`]);
    kernel.fdb(remoteMac(M1, V2), remoteMac(M1, V3));
    await becomes([`red ${M1} ${V3} evpn`]);
    expect(lab.everything().vteps).toEqual([V3]);
    expect(lab.tables.vteps.isKnown(lab.vteps.idOf(V3))).toBe(true);
    kernel.fdb(withdrawnMac(M1, V3));
    await becomes([]);
    expect(lab.everything().vteps).toEqual([]);
  });

  it("is remote while the bridge's half says so, wherever the device's half still leads", async () => {
    await lab.open();
    kernel.fdb(remoteMac(M1, V2));
    await becomes([`red ${M1} ${V2} evpn`]);
    kernel.fdb(localMac(M1));
    await becomes([]);
    kernel.fdb(remoteMac(M1, V2));
    await becomes([`red ${M1} ${V2} evpn`]);
    kernel.fdb(localMac(M1), remoteMac(M1, V3));
    await becomes([`red ${M1} ${V3} evpn`]);
  });

  it("a takeover that is read from a dump counts too", async () => {
    kernel.fdb(remoteMac(M1, V2), localMac(M1), remoteMac(M2, V2));
    await lab.open();
    expect(lab.fdb()).toEqual([`red ${M2} ${V2} evpn`]);
  });

  it("N10, N11: sticky, and no longer", async () => {
    await lab.open();
    kernel.fdb(stickyMac(M1, V2));
    await becomes([`red ${M1} ${V2} sticky evpn`]);
    const isSticky = () => lab.mirror.isSticky(lab.domains.idOf("red"), 0x02aa, 1);
    expect(isSticky()).toBe(true);
    kernel.fdb(withdrawnMac(M1, V2), remoteMac(M1, V2));
    await becomes([`red ${M1} ${V2} evpn`]);
    expect(isSticky()).toBe(false);
  });

  it("goes before what a port of ours has learned, and comes back when that goes", async () => {
    await lab.open();
    const red = lab.domains.idOf("red");
    lab.tables.fdb.set(red, 0x02aa, 1, FdbKind.LOCAL, 7, 0, 0);
    kernel.fdb(remoteMac(M1, V2));
    await becomes([`red ${M1} ${V2} evpn`]);
    lab.tables.fdb.set(red, 0x02aa, 1, FdbKind.LOCAL, 7, 0, 0);
    lab.flush();
    expect(lab.fdb()).toEqual([`red ${M1} port 7`]);
    lab.tables.fdb.delete(red, 0x02aa, 1);
    lab.flush();
    expect(lab.fdb()).toEqual([`red ${M1} ${V2} evpn`]);
  });

  it("static and sticky entries win, and zebra's returns when they go", async () => {
    const vteps = `[{ address: ${V3}, bridgeDomains: [red] }]`;
    const fixed = `${CONFIG}control: { static: { vteps: ${vteps}, fdb: [{ bridgeDomain: red, mac: ${M1}, vtep: ${V3} }] } }`;
    await lab.open();
    lab.configure(fixed);
    const red = lab.domains.idOf("red");
    lab.tables.fdb.set(red, 0x02aa, 2, FdbKind.LOCAL, 7, 2, 0);
    kernel.fdb(remoteMac(M1, V2), remoteMac(M2, V2), flood(V2));
    await vi.waitFor(() => expect(lab.mirror.counts()).toMatchObject({ macs: 2, overruled: 2 }));
    expect(lab.fdb()).toEqual([`red ${M1} ${V3} static`, `red ${M2} port 7 sticky`]);
    await vi.waitFor(() => expect(lab.floodList("red")).toEqual([V2, V3]));
    lab.configure(CONFIG);
    lab.tables.fdb.delete(red, 0x02aa, 2);
    lab.flush();
    expect(lab.everything()).toMatchObject({ fdb: [`red ${M1} ${V2} evpn`, `red ${M2} ${V2} evpn`], red: [V2] });
  });

  it("flooding lists follow, one write for many VTEPs", async () => {
    await lab.open();
    const all = Array.from({ length: 200 }, (_, index) => `10.9.${index >> 6}.${(index & 63) + 1}`);
    lab.forgetWrites();
    kernel.fdb(...all.map((vtep) => flood(vtep)));
    await vi.waitFor(() => expect(lab.floodList("red")).toHaveLength(200));
    expect(lab.writes.bridgeDomains).toBeLessThan(20);
    kernel.fdb(...all.slice(1).map((vtep) => noFlood(vtep)));
    await vi.waitFor(() => expect(lab.floodList("red")).toEqual([all[0]]));
    await vi.waitFor(() => expect(lab.everything().vteps).toEqual([all[0]]));
  });

  it("nothing that zebra did not write", async () => {
    kernel.fdb(
      `replace ${M1} dev vx100 dst ${V2} self permanent`,
      `replace ${M2} dev lp100 master dynamic extern_learn`,
      "replace 33:33:00:00:00:05 dev lp100 self permanent",
      "append 02:cc:00:00:00:01 dev vx100 master permanent",
    );
    await lab.open();
    expect(lab.fdb()).toEqual([]);
    expect(lab.mirror.problems()).toEqual([]);
  });

  it("a device that is made anew begins anew, and one that goes takes all its state along", async () => {
    await lab.open();
    kernel.fdb(remoteMac(M1, V2), flood(V2), remoteMac(M2, V3, "vx200"), flood(V3, "vx200"));
    await becomes([`blue ${M2} ${V3} evpn`, `red ${M1} ${V2} evpn`]);
    kernel.ip("link del vx100");
    kernel.makeVxlan("100");
    kernel.fdb(remoteMac(M2, V2));
    await lab.look();
    await becomes([`blue ${M2} ${V3} evpn`, `red ${M2} ${V2} evpn`]);
    kernel.ip("link del vx200");
    await lab.look(["blue"]);
    expect(lab.everything()).toMatchObject({ fdb: [`red ${M2} ${V2} evpn`], red: [], blue: [], vteps: [V2] });
  });

  it("a domain that goes from the config and returns has its MACs back", async () => {
    await lab.open();
    kernel.fdb(remoteMac(M1, V2), flood(V2), remoteMac(M2, V2, "vx200"));
    await becomes([`blue ${M2} ${V2} evpn`, `red ${M1} ${V2} evpn`]);
    lab.configure(CONFIG.replace(/^ +- \{ name: red.*$/m, "  - { name: green, vni: 300 }"));
    await lab.mirror.refresh();
    expect(lab.fdb()).toEqual([`blue ${M2} ${V2} evpn`]);
    lab.configure(CONFIG);
    await lab.mirror.refresh();
    expect(lab.everything()).toMatchObject({ fdb: [`blue ${M2} ${V2} evpn`, `red ${M1} ${V2} evpn`], red: [V2] });
  });

  it("can be taken out of the tables, and brought back, whatever came meanwhile", async () => {
    await lab.open();
    kernel.fdb(remoteMac(M1, V2), flood(V2));
    await becomes([`red ${M1} ${V2} evpn`]);
    lab.mirror.sweep();
    expect(lab.everything()).toMatchObject({ fdb: [], red: [] });
    kernel.fdb(remoteMac(M2, V3));
    await vi.waitFor(() => expect(lab.mirror.counts().macs).toBe(2));
    expect(lab.fdb()).toEqual([]);
    lab.mirror.resume();
    expect(lab.everything()).toMatchObject({ fdb: [`red ${M1} ${V2} evpn`, `red ${M2} ${V3} evpn`], red: [V2] });
  });

  it("after an overrun it is as the kernel is", async () => {
    await lab.open({ receiveBufferBytes: 4096 });
    const macs = Array.from(
      { length: 600 },
      (_, index) => `02:bb:00:00:${(index >> 8).toString(16)}:${(index & 255).toString(16)}`,
    );
    kernel.fdb(...macs.map((mac) => remoteMac(mac, V2)));
    kernel.fdb(
      ...macs.slice(0, 300).map((mac) => withdrawnMac(mac, V2)),
      ...macs.slice(300).map((mac) => remoteMac(mac, V3)),
    );
    await vi.waitFor(() => expect(lab.place.feed.counters.overruns).toBeGreaterThan(0));
    await vi.waitFor(() => expect(lab.fdb()).toHaveLength(300), { timeout: 20_000 });
    await vi.waitFor(() => expect(lab.everything().vteps).toEqual([V3]), { timeout: 20_000 });
    expect(lab.events).toContain("kernel_messages_lost");
  });

  it("a VTEP that can be none of ours is named", async () => {
    await lab.open();
    kernel.fdb(remoteMac(M1, "10.0.0.1"));
    await vi.waitFor(() => expect(lab.vteps.problems()).toEqual(["VTEP 10.0.0.1: it has our own address"]));
    expect(lab.fdb()).toEqual([]);
    kernel.fdb(remoteMac(M1, V2));
    await becomes([`red ${M1} ${V2} evpn`]);
  });

  it("aliasing: MACs behind a segment follow its next-hop object, in one write", async () => {
    await lab.open();
    kernel.ip(
      "nexthop add id 102 via 10.0.0.2 fdb",
      "nexthop add id 103 via 10.0.0.3 fdb",
      "nexthop add id 200 group 102/103 fdb",
    );
    kernel.fdb(`replace ${M1} dev vx100 nhid 200 self master extern_learn dynamic`);
    kernel.fdb(`replace ${M2} dev vx100 nhid 200 self master extern_learn dynamic`);
    await becomes([`red ${M1} ${V2}+${V3} evpn`, `red ${M2} ${V2}+${V3} evpn`]);
    await vi.waitFor(() => expect(lab.vtepRows()).toEqual([V2, V3]));
    lab.forgetWrites();
    kernel.ip("nexthop replace id 200 group 103 fdb");
    await becomes([`red ${M1} ${V3} evpn`, `red ${M2} ${V3} evpn`]);
    await vi.waitFor(() => expect(lab.everything().vteps).toEqual([V3]));
    expect(lab.writes).toMatchObject({ fdb: 0, segments: 1 });
    kernel.fdb(`del ${M1} dev vx100 self master`, `del ${M2} dev vx100 self master`, remoteMac(M1, V2));
    await becomes([`red ${M1} ${V2} evpn`]);
    await vi.waitFor(() => expect(lab.everything().vteps).toEqual([V2]));
  });

  it("a kernel that refuses the segment: the MAC is where zebra says, while the bridge has it", async () => {
    await lab.open();
    kernel.ip(
      "nexthop add id 102 via 10.0.0.2 fdb",
      "nexthop add id 103 via 10.0.0.3 fdb",
      "nexthop add id 200 group 102/103 fdb",
      "nexthop add id 201 group 103 fdb",
    );
    kernel.fdb(`replace ${M1} dev vx100 master extern_learn dynamic`, remoteMac(M2, V2));
    await becomes([`red ${M2} ${V2} evpn`]);
    expect(lab.halfTold).toBeGreaterThan(0);
    expect([...lab.mirror.halfToldDomains()]).toEqual(["red"]);
    const mac = parseMac(M1)!;
    lab.mirror.placeBehind("red", mac, 200);
    await becomes([`red ${M1} ${V2}+${V3} evpn`, `red ${M2} ${V2} evpn`]);
    await lab.mirror.readAgain();
    await becomes([`red ${M1} ${V2}+${V3} evpn`, `red ${M2} ${V2} evpn`]);
    expect([...lab.mirror.halfToldDomains()]).toEqual(["red"]);
    lab.mirror.placeBehind("red", mac, 201);
    lab.mirror.placeBehind("red", parseMac("02:aa:00:00:00:77")!, 201);
    await becomes([`red ${M1} ${V3} evpn`, `red ${M2} ${V2} evpn`]);
    kernel.fdb(`del ${M1} dev vx100 master`);
    await becomes([`red ${M2} ${V2} evpn`]);
    expect([...lab.mirror.halfToldDomains()]).toEqual([]);
    await vi.waitFor(() => expect(lab.everything().vteps).toEqual([V2]));
  });

  it("what the kernel says after all stands before what zebra was asked for", async () => {
    await lab.open();
    kernel.ip("nexthop add id 103 via 10.0.0.3 fdb", "nexthop add id 201 group 103 fdb");
    kernel.fdb(`replace ${M1} dev vx100 master extern_learn dynamic`);
    await vi.waitFor(() => expect([...lab.mirror.halfToldDomains()]).toEqual(["red"]));
    lab.mirror.placeBehind("red", parseMac(M1)!, 201);
    await becomes([`red ${M1} ${V3} evpn`]);
    kernel.fdb(remoteMac(M1, V2));
    await becomes([`red ${M1} ${V2} evpn`]);
    expect([...lab.mirror.halfToldDomains()]).toEqual([]);
    kernel.fdb(withdrawnMac(M1, V2));
    await becomes([]);
  });
});
