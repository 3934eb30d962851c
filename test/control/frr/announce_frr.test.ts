// What real FRR makes of what is announced: two leaves, of which one has the announcer and the other only the kernel.
//
//   near 10.0.0.1: br100, lp100 (announced here), vx100        far 10.0.0.2: br100, acc100 (hosts), vx100
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FdbFlag, FdbKind, PortFlag } from "../../../src/abi/generated.js";
import { Announcer } from "../../../src/control/frr/announce/announcer.js";
import { mappedAddress } from "../../../src/control/mapped_address.js";
import type { LocalBinding } from "../../../src/control/neighbors/local.js";
import { NetlinkGroup } from "../../../src/control/netlink/index.js";
import { MemoryDriver } from "../../../src/dataplane/memory/driver.js";
import { Violation } from "../../../src/tables/port.js";
import { Tables } from "../../../src/tables/tables.js";
import { formatMac, parseMac } from "../../../src/wire/ethernet.js";
import { FakeClock } from "../vtep/lab.js";
import { connect, type FabricNode, frrTitled, frrUnavailable, makeNode } from "./fabric.js";

const PATIENCE = { timeout: 30_000, interval: 100 };
const BD = 1;
const PORT = 1;
const REMOTE_VTEP = 2;
const [M1, M2, M3] = ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"];

/** Just what zebra and bgpd need. */
const frrConfig = (self: string, peer: string) => `
hostname ${self}
router bgp 1000
 bgp router-id ${self}
 no bgp default ipv4-unicast
 timers bgp 3 9
 coalesce-time 0
 neighbor ${peer} remote-as 1000
 neighbor ${peer} timers connect 1
 address-family l2vpn evpn
  neighbor ${peer} activate
  advertise-all-vni
`;

async function makeLeaf(name: string, address: string, access: string): Promise<FabricNode> {
  const node = await makeNode(name);
  await node.ip(
    "link add br100 type bridge mcast_snooping 0",
    "link set br100 address 02:00:5e:00:01:fe addrgenmode none",
    `link add vx100 type vxlan id 100 local ${address} dstport 14789 nolearning`,
    `link add ${access} type veth peer name ${access}p`,
    "link set vx100 master br100 addrgenmode none",
    `link set ${access} master br100 addrgenmode none`,
    "link set vx100 type bridge_slave learning off neigh_suppress on",
    `link set ${access} type bridge_slave learning off`,
  );
  for (const link of [`${access}p`, access, "vx100", "br100"]) await node.ip(`link set ${link} up`);
  await node.ip("addr add 10.1.100.1/24 dev br100");
  return node;
}

describe.skipIf(frrUnavailable !== null)(frrTitled("what FRR makes of what is announced"), () => {
  let near: FabricNode;
  let far: FabricNode;
  let announcer: Announcer;
  const tables = new Tables();
  const clock = new FakeClock();
  const bindings = new Map<string, LocalBinding>();
  let changed: (bd: number, address: Uint8Array) => void = () => {};
  const closing: (() => void)[] = [];

  beforeAll(async () => {
    near = await makeLeaf("near", "10.0.0.1", "lp100");
    far = await makeLeaf("far", "10.0.0.2", "acc100");
    await connect(near, "up0", far, "up0");
    await near.ip("addr add 10.0.0.1/24 dev up0");
    await far.ip("addr add 10.0.0.2/24 dev up0");
    await Promise.all([
      near.startFrr(frrConfig("10.0.0.1", "10.0.0.2"), ["zebra", "bgpd"]),
      far.startFrr(frrConfig("10.0.0.2", "10.0.0.1"), ["zebra", "bgpd"]),
    ]);
    await announce();
  }, 60_000);

  afterAll(async () => {
    announcer?.close();
    for (const close of closing) close();
    await Promise.all([near?.remove(), far?.remove()]);
  });

  async function announce(): Promise<void> {
    tables.bridgeDomains.set(BD, 100, 0, 0, 0);
    const none = { vlan: 0, macLimit: 0, violation: 0, learnFlags: 0, allow: undefined, stormRates: [] };
    tables.ports.set(PORT, { ...none, slot: 1, bd: BD, flags: PortFlag.ENABLED });
    const client = near.openNetlink("", [], 1 << 20);
    const feed = near.openNetlink("", [NetlinkGroup.neighbor], 1 << 22);
    closing.push(
      () => client.close(),
      () => feed.close(),
    );
    const index = async (name: string) => Number(await near.exec("cat", `/sys/class/net/${name}/ifindex`));
    const [bridge, vxlan, port] = [await index("br100"), await index("vx100"), await index("lp100")];
    const domain = { place: { name: "", client, feed }, bridgeDomain: "red", bridge, vxlan, port };
    announcer = new Announcer({
      ...{ tables, clock, events: () => {}, staleSeconds: () => 0, isStickyElsewhere: () => false },
      domains: { idOf: () => BD, nameOf: () => "red" },
      objects: { domains: () => [domain], onChange: () => {} },
      local: {
        observe: (observer) => {
          changed = observer;
        },
        find: (_bd, address) => bindings.get(address.join()),
        *addressesIn() {},
      },
    });
  }

  function learn(text: string, flags = 0): void {
    const { hi, lo } = parseMac(text)!;
    tables.fdb.set(BD, hi, lo, FdbKind.LOCAL, PORT, flags, clock.tick());
  }

  function age(text: string): void {
    const { hi, lo } = parseMac(text)!;
    tables.fdb.delete(BD, hi, lo);
  }

  function bind(ip: string, mac: string | undefined, isRouter = false): void {
    const address = mappedAddress(ip);
    if (mac === undefined) bindings.delete(address.join());
    else bindings.set(address.join(), { mac: parseMac(mac)!, isRouter });
    changed(BD, address);
  }

  /** "[2]:[0]:[48]:[02:…]" of the routes that the far leaf has from the near one, sorted. */
  async function routes(): Promise<string[]> {
    const text = await far.vtysh("show bgp l2vpn evpn route type macip");
    const lines = text.split("\n");
    const ours = lines.filter((line, at) => line.includes("[2]:") && lines[at + 1]?.includes("10.0.0.1"));
    return ours.map((line) => line.slice(line.indexOf("[2]:")).trim()).sort();
  }

  const known = (...expected: string[]) => vi.waitFor(async () => expect(await routes()).toEqual(expected), PATIENCE);
  const macOnly = (mac: string) => `[2]:[0]:[48]:[${mac}]`;
  const macAndIp = (mac: string, ip: string) => `${macOnly(mac)}:[${ip.includes(":") ? 128 : 32}]:[${ip}]`;
  const farEntry = async (mac: string) =>
    (await far.exec("bridge", "fdb", "show", "br", "br100")).split("\n").find((line) => {
      return line.startsWith(`${mac} dev vx100`) && line.includes("master");
    }) ?? "";
  const detail = (mac: string) =>
    far.vtysh(`show bgp l2vpn evpn route detail type macip`).then((text) => {
      const from = text.indexOf(`[${mac}]`);
      return from < 0 ? "" : text.slice(from, text.indexOf("BGP routing table entry", from + 1) >>> 0);
    });

  it("N10, S35: dynamic, static and sticky MACs arrive as what they are, and no others", async () => {
    learn(M1);
    learn(M2, FdbFlag.STATIC);
    learn(M3, FdbFlag.STICKY);
    await known(macOnly(M1), macOnly(M2), macOnly(M3));
    await vi.waitFor(async () => expect(await farEntry(M3)).toContain("sticky"), PATIENCE);
    expect(await farEntry(M1)).not.toContain("sticky");
    expect(await farEntry(M2)).not.toContain("sticky");
    expect(await detail(M3)).toContain("sticky MAC");
    expect(await detail(M2)).not.toContain("sticky MAC");
  }, 60_000);

  it("sticky and back, by a change of the port's policy", async () => {
    learn(M1, FdbFlag.STICKY);
    await vi.waitFor(async () => expect(await detail(M1)).toContain("sticky MAC"), PATIENCE);
    learn(M1);
    learn(M3);
    await vi.waitFor(async () => expect(await detail(M1)).not.toContain("sticky MAC"), PATIENCE);
    await vi.waitFor(async () => expect(await detail(M3)).not.toContain("sticky MAC"), PATIENCE);
    await known(macOnly(M1), macOnly(M2), macOnly(M3));
  }, 60_000);

  it("withdrawn when they age", async () => {
    age(M2);
    age(M3);
    await known(macOnly(M1));
  }, 60_000);

  it("S36: a host that moves away and comes back has a higher sequence number each time", async () => {
    await far.exec("bridge", "fdb", "replace", M1, "dev", "acc100", "master", "dynamic");
    const entry = () => near.exec("bridge", "fdb", "show", "br", "br100");
    await vi.waitFor(async () => expect(await entry()).toContain(`${M1} dev vx100 extern_learn master`), PATIENCE);
    // The mirror's part.
    const { hi, lo } = parseMac(M1)!;
    tables.fdb.set(BD, hi, lo, FdbKind.REMOTE, REMOTE_VTEP, FdbFlag.EVPN, clock.tick());
    await known();
    await far.exec("bridge", "fdb", "del", M1, "dev", "acc100", "master");
    learn(M1);
    await known(macOnly(M1));
    expect(await detail(M1)).toMatch(/MM:2/);
  }, 60_000);

  it("bindings, also a link-local one and of a router; an address that changes its MAC; and their end", async () => {
    learn(M2);
    bind("10.1.100.11", M1);
    bind("fe80::11", M1);
    bind("2001:db8::12", M2, true);
    const macs = [macOnly(M1), macOnly(M2)];
    const all = [...macs, macAndIp(M1, "10.1.100.11"), macAndIp(M1, "fe80::11"), macAndIp(M2, "2001:db8::12")];
    await known(...all.sort());
    const neighbors = await far.exec("ip", "neigh", "show", "dev", "br100", "nud", "all");
    expect(neighbors).toMatch(/2001:db8::12 lladdr 02:00:00:00:00:02 .*router/);
    bind("10.1.100.11", M2);
    bind("fe80::11", undefined);
    await known(...[...macs, macAndIp(M2, "10.1.100.11"), macAndIp(M2, "2001:db8::12")].sort());
    bind("2001:db8::12", undefined);
    await known(...[...macs, macAndIp(M2, "10.1.100.11")].sort());
  }, 60_000);

  it("a flush of the bridge withdraws nothing that is wanted, and leaves no ghost of what is not", async () => {
    bind("10.1.100.12", M1);
    const wanted = macAndIp(M2, "10.1.100.11");
    await known(...[macOnly(M1), macOnly(M2), macAndIp(M1, "10.1.100.12"), wanted].sort());
    await near.ip("addr del 10.1.100.1/24 dev br100");
    bind("10.1.100.12", undefined);
    await near.ip("addr add 10.1.100.1/24 dev br100");
    await vi.waitFor(async () => {
      clock.advance(1_000);
      expect(await routes()).toEqual([macOnly(M1), macOnly(M2), wanted].sort());
      expect(await near.exec("ip", "neigh", "show", "10.1.100.11", "nud", "all")).toContain("PERMANENT");
    }, PATIENCE);
  }, 60_000);

  it("N5: of a hundred MACs at once behind a port that admits two, no other has ever been heard of over there", async () => {
    const heard = new Set<string>();
    const feed = far.openNetlink("", [NetlinkGroup.neighbor], 1 << 22);
    closing.push(() => feed.close());
    feed.onForwardingEntry(({ hi, lo }) => heard.add(formatMac(hi, lo)));
    const driver = new MemoryDriver(tables);
    tables.interfaces.set(2, "eth2", 2, 0, 1500);
    tables.interfaces.attach(2, 0, 2);
    const policy = { macLimit: 2, violation: Violation.RESTRICT, learnFlags: 0, allow: undefined, stormRates: [] };
    tables.ports.set(2, { ...policy, slot: 2, vlan: 0, bd: BD, flags: PortFlag.ENABLED | PortFlag.LEARNING });
    for (let number = 1; number <= 100; number++) driver.receive(2, frameFrom(0x0100 + number), clock.tick());
    const admitted = ["02:00:00:00:01:01", "02:00:00:00:01:02"];
    const ours = async () => (await routes()).filter((route) => route.includes("[02:00:00:00:01:"));
    await vi.waitFor(async () => expect(await ours()).toEqual(admitted.map(macOnly)), PATIENCE);
    age("02:00:00:00:01:01");
    driver.receive(2, frameFrom(0x01ff), clock.tick());
    await vi.waitFor(async () => expect(await ours()).toContain(macOnly("02:00:00:00:01:ff")), PATIENCE);
    // bgpd knows it first; the kernel over there, and we by it, a moment later.
    await vi.waitFor(() => expect(heard).toContain("02:00:00:00:01:ff"), PATIENCE);
    const refused = [...heard].filter((mac) => mac.startsWith("02:00:00:00:01:"));
    expect(refused.sort()).toEqual([...admitted, "02:00:00:00:01:ff"]);
  }, 60_000);
});

/** A broadcast frame from 02:00 and those last four bytes. */
function frameFrom(lo: number): Uint8Array {
  const frame = new Uint8Array(60).fill(0xff, 0, 6);
  const view = new DataView(frame.buffer);
  view.setUint16(6, 0x0200);
  view.setInt32(8, lo);
  view.setUint16(12, 0x88b5);
  return frame;
}
