// Floods through real devices: every copy arrives once and byte by byte as the engine would have sent it, none by way of
// the engine.
//
//   h1 ─ eth0│ac1 ┐                    h1, h2 untagged, t VLANs 10 and 20
//   h2 ─ eth0│ac2 ┤ v ─ up0│up0 ─ far
//    t ─ eth0│ac3 ┘                    many VTEPs, all behind far
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Df, Drop, Punt } from "../../src/abi/generated.js";
import { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { MemoryDriver } from "../../src/dataplane/memory/driver.js";
import { ethtoolSetFeature } from "../../src/native/index.js";
import { arriving, BROADCAST, datagram, H1, LOCAL, R1, STRANGER } from "../corpus/lab.js";
import { arp, ethernet, packet, payload } from "../corpus/packet.js";
import { HostSocket } from "../dataplane/host_socket.js";
import { mayMakeNamespaces, Namespaces, until, within } from "../dataplane/namespaces.js";
import { transfer } from "../dataplane/tcp.js";
import { VtepTables } from "../dataplane/vtep_tables.js";
import { loadedPrograms, shareProgramsAmongTests } from "./loaded.js";
import { ebpfOverlay } from "./overlay.js";

shareProgramsAmongTests();

const live = it.skipIf(!mayMakeNamespaces());
const BD = 1;
const VNI = 100;
/** More than one part of a list, and no more than a socket's buffer takes at once. */
const SEVERAL = 40;
const MOST = 512;
const ENDS = { h1: "ac1", h2: "ac2", t: "ac3", far: "up0" } as const;
type End = keyof typeof ENDS;

const ask = packet(ethernet(H1.mac, BROADCAST), arp(H1.mac, H1.ip, R1.ip), payload(18));
const large = datagram(H1, STRANGER, 1400);
const tunnelled = arriving(packet(ethernet(R1.mac, BROADCAST), arp(R1.mac, R1.ip, H1.ip), payload(18)), {
  peer: "10.1.0.1",
});

class Site {
  readonly net = new Namespaces();
  readonly vtep = new VtepTables(LOCAL, { df: Df.SET });
  readonly sockets = {} as Record<End, HostSocket>;
  readonly slots = {} as Record<End, number>;
  driver: EbpfDriver | undefined;

  async build(hook: "tc" | "xdp", remotes: number): Promise<void> {
    const { net } = this;
    await net.add("v", ...Object.keys(ENDS));
    // What comes is counted: no kernel is to speak of its multicast groups among it.
    for (const name of ["v", ...Object.keys(ENDS)])
      await net.exec(name, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
    for (const [end, name] of Object.entries(ENDS)) await net.veth("v", name, end, end === "far" ? "up0" : "eth0");
    await net.ip("v", "link set up0 mtu 1600");
    await net.ip("far", "link set up0 mtu 1600");
    if (hook === "xdp") for (const end of ["h1", "far"] as const) this.takeRedirects(end);
    await this.fillTables(remotes);
    for (const end of Object.keys(ENDS) as End[]) this.sockets[end] = await this.listenAt(end);
    await this.start(hook);
  }

  /** What the engine makes of a frame: outgoing interface and bytes. */
  byEngine(from: End, frame: Uint8Array): readonly (readonly [End, Uint8Array])[] {
    const { tables } = this.vtep;
    const engine = new MemoryDriver(tables);
    engine.receive(this.slots[from], frame, 0);
    return engine.sent.map(({ to, target, bytes }) => {
      const slot = to === "port" ? tables.ports.slot[target]! : tables.adjacencies.slot[target]!;
      return [(Object.keys(ENDS) as End[]).find((end) => this.slots[end] === slot)!, bytes] as const;
    });
  }

  async received(end: End): Promise<number> {
    const name = end === "far" ? "up0" : "eth0";
    return Number(await this.net.exec(end, "cat", `/sys/class/net/${name}/statistics/rx_packets`));
  }

  async remove(): Promise<void> {
    for (const socket of Object.values(this.sockets)) socket.close();
    within(this.net.path("v"), () => this.driver?.close());
    await this.net.remove();
  }

  private takeRedirects(end: End): void {
    ethtoolSetFeature(end === "far" ? "up0" : "eth0", "gro", true, this.net.path(end));
  }

  private async listenAt(end: End): Promise<HostSocket> {
    const { ifindex } = await this.net.link(end, end === "far" ? "up0" : "eth0");
    return new HostSocket(this.net.path(end), ifindex);
  }

  private async fillTables(remotes: number): Promise<void> {
    const { vtep, net, slots } = this;
    const uplink = { ...(await net.link("v", "up0")), mtuBytes: 1600 };
    const far = await net.link("far", "up0");
    slots.far = vtep.uplink(uplink);
    for (const end of ["h1", "h2", "t"] as const) slots[end] = vtep.access(await net.link("v", ENDS[end]));
    vtep.bridgeDomain(BD, VNI, 0);
    vtep.localMac(BD, H1.mac, vtep.port(slots.h1, 0, BD));
    vtep.port(slots.h2, 0, BD);
    for (const vlan of [10, 20]) vtep.port(slots.t, vlan, BD);
    for (let number = 0; number < remotes; number++)
      vtep.vtep(`10.1.${number >> 8}.${number & 0xff}`, [BD], slots.far, { from: uplink.mac, to: far.mac });
  }

  private async start(hook: "tc" | "xdp"): Promise<void> {
    const links = await Promise.all(
      (Object.keys(ENDS) as End[]).map(async (end) => ({ end, link: await this.net.link("v", ENDS[end]) })),
    );
    within(this.net.path("v"), () => {
      this.driver = new EbpfDriver({ tables: this.vtep.tables, programs: loadedPrograms() });
      for (const { end, link } of links) {
        const plan = { slot: this.slots[end], ...link, hook, kind: "veth", mtuBytes: end === "far" ? 1600 : 1500 };
        this.driver.openInterface({ ...plan, role: end === "far" ? "uplink" : "access" });
      }
    });
  }
}

describe("floods, live (root)", () => {
  let site: Site;

  beforeEach(() => {
    site = new Site();
  });

  afterEach(() => site.remove());

  const floodPunts = () => {
    const { punts } = site.driver!.readCounters();
    return punts[Punt.BROADCAST]! + punts[Punt.UNKNOWN_UNICAST]!;
  };

  /** Sends a frame, and sees each of its copies arrive once. */
  async function follow(from: End, frame: Uint8Array): Promise<number> {
    const expected = site.byEngine(from, frame);
    site.sockets[from].send(frame);
    const hasCome = ([end, bytes]: (typeof expected)[number]) => site.sockets[end].receive(bytes);
    await until(() => expected.every(hasCome));
    expect(expected.filter(([end, bytes]) => site.sockets[end].times(bytes) !== 1)).toEqual([]);
    return expected.length;
  }

  for (const hook of ["tc", "xdp"] as const) {
    live(`${hook}: every copy arrives once, as the engine would have sent it`, async () => {
      await site.build(hook, SEVERAL);
      expect(await follow("h1", ask)).toBe(SEVERAL + 3);
      expect(await follow("h1", large)).toBe(SEVERAL + 3);
      expect(await follow("far", tunnelled)).toBe(4);
      expect(floodPunts()).toBe(0);
      const { ports, vteps, bridgeDomains, drops } = site.driver!.readCounters();
      const { counters } = site.vtep.tables;
      expect([...ports]).toEqual([...counters.ports.values]);
      expect([...vteps]).toEqual([...counters.vteps.values]);
      expect([...bridgeDomains]).toEqual([...counters.bridgeDomains.values]);
      expect(drops).toEqual([]);
    });
  }

  live("as many VTEPs as ever: each gets its copy, and one more or one less is the next flood's", async () => {
    await site.build("tc", MOST);
    const { tables } = site.vtep;
    const flooded = async (): Promise<number> => {
      const before = await site.received("far");
      const copies = site.byEngine("h1", ask).filter(([end]) => end === "far").length;
      within(site.net.path("v"), () => expect(site.driver!.apply(tables)).toEqual([]));
      site.sockets.h1.send(ask);
      await until(async () => (await site.received("far")) === before + copies);
      return copies;
    };
    expect(await flooded()).toBe(MOST);
    const all = tables.bridgeDomains.floodVteps[BD]!;
    tables.bridgeDomains.setFloodVteps(BD, [...all.subarray(0, 7), ...all.subarray(8)]);
    expect(await flooded()).toBe(MOST - 1);
    tables.bridgeDomains.setFloodVteps(BD, [...all.subarray(0, 33)]);
    expect(await flooded()).toBe(33);
    tables.bridgeDomains.setFloodVteps(BD, [...all]);
    expect(await flooded()).toBe(MOST);
    expect(floodPunts()).toBe(0);
  });

  live("a copy that its device does not take is counted, and no other is lost", async () => {
    await site.build("tc", 3);
    await site.net.ip("v", "link set ac2 down");
    const expected = site.byEngine("h1", ask).filter(([end]) => end !== "h2");
    site.sockets.h1.send(ask);
    await until(() => expected.every(([end, bytes]) => site.sockets[end].receive(bytes)));
    const { drops } = site.driver!.readCounters();
    expect(drops).toEqual([{ reason: Drop.TRANSMIT_FAILED, slot: site.slots.h1, bd: BD, packets: 1 }]);
  });
});

describe("TCP that is flooded, live (root)", () => {
  const cases = [
    { name: "to one VTEP: super-packets stay whole", third: false, ipv6: false },
    { name: "to a port and a VTEP: super-packets go by the engine", third: true, ipv6: false },
    { name: "to a port and a VTEP over IPv6: open checksums in each copy", third: true, ipv6: true },
  ];

  live.each(cases)("$name", async ({ third, ipv6 }) => {
    const overlay = await ebpfOverlay({ peer: "kernel", ipv6 });
    try {
      const { net, v1 } = overlay;
      if (third) await overlay.addHost("h3");
      // The far host's MAC is never learned.
      v1.tables.bridgeDomain(BD, VNI, 0);
      within(v1.netns, () => v1.driver.apply(v1.tables.tables));
      const { sent, received } = await transfer(net, "h1", "h2", "192.168.0.2", 2);
      expect(received).toBe(sent);
      const { punts, vteps } = v1.driver.readCounters();
      expect(vteps[4 + 2]).toBeGreaterThan(third ? 0 : (2 << 20) / 1460);
      if (!third) expect(punts[Punt.UNKNOWN_UNICAST]).toBe(0);
    } finally {
      await overlay.down();
    }
  });
});
