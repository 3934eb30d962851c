import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FdbFlag, FdbKind } from "../../../src/abi/generated.js";
import { mappedAddress } from "../../../src/control/mapped_address.js";
import { NeighborFlag } from "../../../src/tables/neighbor.js";
import { parseMac } from "../../../src/wire/ethernet.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { advertisement, arp, gratuitousArp, type Host, macAt, questionOf } from "../vtep/host_frames.js";
import { AnnounceLab } from "./announce_lab.js";

const PATIENCE = { timeout: 20_000, interval: 10 };
const BROADCAST = "ff:ff:ff:ff:ff:ff";
const M1 = "02:00:00:00:00:01";
const M2 = "02:00:00:00:00:02";
const A: Host = { mac: "02:00:00:00:00:0a", ip: "192.168.100.10" };
const SECOND: Host = { mac: A.mac, ip: "192.168.100.11" };
const A6: Host = { mac: A.mac, ip: "2001:db8:100::10" };
const LOCAL6: Host = { mac: A.mac, ip: "fe80::10" };
const REMOTE = "02:00:00:00:00:0e";
const REMOTE_VTEP = 3;

const mac = (text: string) => parseMac(text)!;

describe.skipIf(unavailable !== null)(titled("announcing bindings"), () => {
  let lab: AnnounceLab;

  beforeEach(async () => {
    lab = new AnnounceLab();
    await lab.open();
  });

  afterEach(() => {
    lab.close();
  });

  const config = (security = "", more = "", domain = "") => `
vtep: { address: 10.255.0.1, underlay: [up0, up1] }
bridgeDomains:
  - { name: red, vni: 100${domain} }
ports:
  - { interface: eth1, bridgeDomain: red${security} }
  - { interface: eth2, bridgeDomain: red${more} }
`;

  async function begin(yaml = config()): Promise<void> {
    await lab.apply(yaml);
    lab.announce();
  }

  const shown = (...rows: string[]) => vi.waitFor(() => expect(lab.announced()).toEqual(rows), PATIENCE);
  const bound = (...rows: string[]) => vi.waitFor(() => expect(lab.announcedBindings()).toEqual(rows.sort()), PATIENCE);
  const learn = (name: string, source: string) => lab.send(name, BROADCAST, source);
  const bd = () => lab.control.domains.idOf("red");

  /** What zebra does for a remote MAC, and the mirror then. */
  function moveAway(address: string, flags = 0): void {
    const kind = (flags & FdbFlag.STICKY) === 0 ? "dynamic extern_learn" : "static sticky";
    lab.topology.near.bridge(`fdb replace ${address} dev vx-red master ${kind}`);
    const { hi, lo } = mac(address);
    lab.tables.fdb.set(bd(), hi, lo, FdbKind.REMOTE, REMOTE_VTEP, FdbFlag.EVPN | flags, lab.clock.tick());
  }

  describe("bindings", () => {
    it("of a host with several addresses: all of them, link-local ones too, with the router flag", async () => {
      await begin();
      for (const host of [A, SECOND]) lab.receive("eth1", gratuitousArp(host));
      const router = advertisement(A6, BROADCAST, "2001:db8:100::1");
      for (const frame of [router, advertisement(LOCAL6, BROADCAST, "fe80::1")]) lab.receive("eth1", asRouter(frame));
      await bound(
        `${A.ip} ${A.mac}`,
        `${SECOND.ip} ${A.mac}`,
        `${A6.ip} ${A.mac} router`,
        `${LOCAL6.ip} ${A.mac} router`,
      );
      lab.receive("eth1", advertisement(A6, BROADCAST, "2001:db8:100::1"));
      await bound(`${A.ip} ${A.mac}`, `${SECOND.ip} ${A.mac}`, `${A6.ip} ${A.mac}`, `${LOCAL6.ip} ${A.mac} router`);
    });

    it("in a routed domain only of its subnets: another would become a host route everywhere", async () => {
      const routed = ", vrf: v, gateway: { mac: 02:00:00:00:aa:01, addresses: [192.168.100.1/24] }";
      await begin(`vrfs: [{ name: v, irb: asymmetric }]${config("", "", routed)}`);
      lab.receive("eth1", gratuitousArp({ mac: A.mac, ip: "8.8.8.8" }));
      lab.receive("eth1", gratuitousArp(A));
      await bound(`${A.ip} ${A.mac}`);
    });

    it("S71, O11: withdrawn when the host leaves all its probes unanswered, not before", async () => {
      await begin(config("", "", ", liveness: { interval: 10, probes: 2, retry: 1 }"));
      lab.receive("eth1", gratuitousArp(A));
      await bound(`${A.ip} ${A.mac}`);
      lab.clock.advance(12_000);
      lab.receive("eth1", gratuitousArp(A));
      lab.clock.advance(9_000);
      await bound(`${A.ip} ${A.mac}`);
      lab.clock.advance(10_000);
      await bound();
      await shown(`${A.mac} extern_learn`);
    });

    it("follow an address to another MAC; hosts that did not hear it are told once", async () => {
      await begin();
      lab.receive("eth1", gratuitousArp(A));
      await bound(`${A.ip} ${A.mac}`);
      const other = { mac: "02:00:00:00:00:0b", ip: A.ip };
      lab.driver.sent.length = 0;
      lab.receive("eth2", gratuitousArp(other));
      await bound(`${A.ip} ${other.mac}`);
      expect(lab.sentTo("eth1").map((frame) => macAt(frame, 22))).toEqual([other.mac]);
      // An answer to one host: the others have not heard it.
      lab.receive("eth1", arp(2, A, other.mac, "192.168.100.77"));
      await bound(`${A.ip} ${A.mac}`);
      const told = lab.driver.sent.filter(({ bytes }) => macAt(bytes, 0) === BROADCAST);
      expect(told.map(({ bytes }) => [macAt(bytes, 22), bytes[41]])).toEqual([
        [A.mac, 10],
        [A.mac, 10],
      ]);
    });

    it("the bridge flushes them: written again; what went meanwhile is shown once more and deleted", async () => {
      await begin();
      for (const host of [A, SECOND]) lab.receive("eth1", gratuitousArp(host));
      await bound(`${A.ip} ${A.mac}`, `${SECOND.ip} ${A.mac}`);
      const heard: string[] = [];
      const watcher = lab.topology.near.open({ groups: [3] });
      watcher.onNotification((object) => {
        if (object.kind !== "neighbor" || object.neighbor.destination?.at(-1) !== 11) return;
        heard.push(`${object.removed ? "gone" : "there"} ${object.neighbor.state}`);
      });
      lab.topology.near.ip("link set br-red down");
      await vi.waitFor(() => expect(heard).toEqual(["gone 128"]), PATIENCE);
      lab.control.neighbors.removeStatic(lab.tables.neighbors.findAddress(bd(), mappedAddress(SECOND.ip)));
      await vi.waitFor(() => {
        lab.clock.advance(1_000);
        expect(lab.announcedBindings()).toEqual([`${A.ip} ${A.mac}`]);
        expect(heard).toEqual(["gone 128", "there 128", "there 32", "gone 32"]);
      }, PATIENCE);
      lab.topology.near.ip("link set br-red up");
      await bound(`${A.ip} ${A.mac}`);
    });

    it("S54: zebra says that the host is elsewhere: its entry stays, and the host is asked for at our ports", async () => {
      await begin();
      lab.receive("eth1", gratuitousArp(A));
      await bound(`${A.ip} ${A.mac}`);
      lab.driver.sent.length = 0;
      moveAway(A.mac);
      lab.control.flushSoon();
      const { near } = lab.topology;
      near.ip(`neigh replace ${A.ip} lladdr ${A.mac} dev br-red nud noarp extern_learn protocol 11`);
      lab.control.neighbors.setRemote(bd(), mappedAddress(A.ip), mac(A.mac), 0);
      const asked = lab.driver.sent.filter(({ to, bytes }) => to === "inject" && questionOf(bytes) !== undefined);
      expect(asked.map(({ target, bytes }) => [target, macAt(bytes, 0)])).toEqual([
        [lab.slot("eth1"), A.mac],
        [lab.slot("eth2"), A.mac],
      ]);
      await bound();
      learn("eth2", M2);
      await shown(`${M2} extern_learn`);
      lab.clock.advance(2_000);
      learn("eth2", M1);
      await shown(`${M1} extern_learn`, `${M2} extern_learn`);
      expect(near.read(`neigh show ${A.ip} dev br-red nud all`)).toContain("extern_learn");
      // It answers after all.
      lab.receive("eth2", gratuitousArp(A));
      await bound(`${A.ip} ${A.mac}`);
      await vi.waitFor(() => expect(lab.announced()).toContain(`${A.mac} extern_learn`), PATIENCE);
    });
  });

  describe("bindings that EVPN tells", () => {
    const address = mappedAddress("192.168.100.50");
    const remoteMac = mac(REMOTE);

    it("answer ARP, with the router flag; gone when EVPN withdraws", async () => {
      await begin();
      lab.control.neighbors.setRemote(bd(), address, remoteMac, NeighborFlag.ROUTER);
      expect(lab.bindings()).toEqual([`red 192.168.100.50 ${REMOTE}`]);
      expect(lab.control.neighbors.factsOf(lab.tables.neighbors.findAddress(bd(), address)).state).toBe("remote");
      lab.control.neighbors.deleteRemote(bd(), address);
      expect(lab.bindings()).toEqual([]);
    });

    it("wait behind a static one, and return when it goes", async () => {
      const fixed = `${config()}control: { static: { neighbors: [{ bridgeDomain: red, ip: 192.168.100.50, mac: ${A.mac} }] } }\n`;
      await begin();
      lab.control.neighbors.setRemote(bd(), address, remoteMac, 0);
      await lab.apply(fixed);
      expect(lab.bindings()).toEqual([`red 192.168.100.50 ${A.mac}`]);
      lab.control.neighbors.setRemote(bd(), address, mac(M2), 0);
      expect(lab.bindings()).toEqual([`red 192.168.100.50 ${A.mac}`]);
      await lab.apply(config());
      expect(lab.bindings()).toEqual([`red 192.168.100.50 ${M2}`]);
    });

    it("do not go when a local host with the address does, and the other way round", async () => {
      await begin();
      const host = { mac: A.mac, ip: "192.168.100.50" };
      lab.control.neighbors.setRemote(bd(), address, remoteMac, 0);
      lab.receive("eth1", gratuitousArp(host));
      await bound(`${host.ip} ${A.mac}`);
      lab.control.neighbors.deleteRemote(bd(), address);
      expect(lab.bindings()).toEqual([`red 192.168.100.50 ${A.mac}`]);
      lab.control.neighbors.setRemote(bd(), address, remoteMac, 0);
      expect(lab.bindings()).toEqual([`red 192.168.100.50 ${REMOTE}`]);
      await bound();
    });
  });
});

function asRouter(frame: Uint8Array): Uint8Array {
  const out = frame.slice();
  const view = new DataView(out.buffer);
  out[58] = out[58]! | 0x80;
  const sum = view.getUint16(56) - 0x8000;
  view.setUint16(56, sum <= 0 ? sum + 0xffff : sum);
  return out;
}
