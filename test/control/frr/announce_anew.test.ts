// What zebra has not read is shown to it once more, and what is announced can be asked for: the audit's part.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { formatMapped } from "../../../src/control/mapped_address.js";
import { formatIp } from "../../../src/control/netlink/address_text.js";
import { type NetlinkClient, NetlinkGroup } from "../../../src/control/netlink/index.js";
import { formatMac, type Mac } from "../../../src/wire/ethernet.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { gratuitousArp, type Host } from "../vtep/host_frames.js";
import { AnnounceLab } from "./announce_lab.js";

const PATIENCE = { timeout: 20_000, interval: 10 };
const BROADCAST = "ff:ff:ff:ff:ff:ff";
const [DYNAMIC, STATIC, STICKY] = ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"];
const A: Host = { mac: "02:00:00:00:00:0a", ip: "192.168.100.10" };
const SECOND: Host = { mac: A.mac, ip: "192.168.100.11" };

const CONFIG = `
vtep: { address: 10.255.0.1, underlay: [up0, up1] }
bridgeDomains: [{ name: red, vni: 100 }]
ports:
  - { interface: eth1, bridgeDomain: red, security: { static: ["${STATIC}"] } }
  - { interface: eth2, bridgeDomain: red, security: { sticky: true } }
`;

describe.skipIf(unavailable !== null)(titled("announcing anew"), () => {
  let lab: AnnounceLab;
  let feed: NetlinkClient;
  /** "mac or address, state", with "gone" for a deletion. */
  let heard: string[];

  beforeEach(async () => {
    lab = new AnnounceLab();
    await lab.open();
    heard = [];
    feed = lab.topology.near.open({ groups: [NetlinkGroup.neighbor], receiveBufferBytes: 1 << 22 });
    const of = (removed: boolean, state: number) => (removed ? "gone" : state.toString(16));
    feed.onForwardingEntry(({ hi, lo, state }, removed) => heard.push(`${formatMac(hi, lo)} ${of(removed, state)}`));
    feed.onNotification((object) => {
      if (object.kind !== "neighbor" || object.neighbor.destination === null) return;
      heard.push(`${formatIp(object.neighbor.destination)} ${of(object.removed, object.neighbor.state)}`);
    });
    await lab.apply(CONFIG);
    lab.announce();
  });

  afterEach(() => {
    feed.close();
    lab.close();
  });

  const shown = (...rows: string[]) => vi.waitFor(() => expect(lab.announced()).toEqual(rows), PATIENCE);
  const bound = (...rows: string[]) => vi.waitFor(() => expect(lab.announcedBindings()).toEqual(rows.sort()), PATIENCE);
  const macs = () =>
    lab.announcer
      .macs("red")
      .map(({ hi, lo }: Mac) => formatMac(hi, lo))
      .sort();
  const bindings = () => {
    const rows = [...lab.announcer.bindings("red")];
    return rows.map(({ address, mac: { hi, lo } }) => `${formatMapped(address)} ${formatMac(hi, lo)}`).sort();
  };
  const heardOf = (what: string) => heard.filter((one) => one.startsWith(`${what} `)).map((one) => one.split(" ")[1]);

  it("goes by another state and back, so that zebra hears of each entry and none is ever gone", async () => {
    lab.send("eth1", BROADCAST, DYNAMIC!);
    lab.send("eth2", BROADCAST, STICKY!);
    lab.receive("eth1", gratuitousArp(A));
    const rows = [`${DYNAMIC} extern_learn`, `${STATIC} static`, `${STICKY} sticky static`, `${A.mac} extern_learn`];
    await shown(...rows);
    await bound(`${A.ip} ${A.mac}`);
    expect([macs(), bindings()]).toEqual([[DYNAMIC, STATIC, STICKY, A.mac], [`${A.ip} ${A.mac}`]]);
    heard.length = 0;
    await lab.announcer.announceAgain("red");
    await vi.waitFor(() => expect(heardOf(A.ip)).toEqual(["40", "80"]), PATIENCE);
    await vi.waitFor(() => expect(heardOf(DYNAMIC!).at(-1)).toBe("2"), PATIENCE);
    for (const mac of [STATIC!, STICKY!]) await vi.waitFor(() => expect(heardOf(mac).at(-1)).toBe("40"), PATIENCE);
    expect(heard.filter((one) => one.endsWith("gone"))).toEqual([]);
    expect([lab.announced(), lab.announcedBindings()]).toEqual([rows, [`${A.ip} ${A.mac}`]]);
  });

  it("is done for what an earlier life left too, which stays left; not for what zebra has taken", async () => {
    lab.receive("eth1", gratuitousArp(A));
    lab.receive("eth1", gratuitousArp(SECOND));
    await bound(`${A.ip} ${A.mac}`, `${SECOND.ip} ${A.mac}`);
    lab.announcer.close();
    lab.announcer = undefined as never;
    lab.topology.near.ip(`neigh replace ${A.ip} lladdr ${A.mac} dev br-red nud noarp extern_learn protocol zebra`);
    forget();
    lab.staleSeconds = 120;
    lab.announce();
    await vi.waitFor(() => expect(bindings()).toEqual([`${SECOND.ip} ${A.mac}`]), PATIENCE);
    expect(macs()).toEqual([STATIC, A.mac].sort());
    heard.length = 0;
    lab.announcer.renewBindings("red");
    await vi.waitFor(() => expect(heardOf(SECOND.ip)).toEqual(["40", "80"]), PATIENCE);
    expect(heardOf(A.ip)).toEqual([]);
    lab.clock.advance(121_000);
    await bound();
    expect([macs(), bindings()]).toEqual([[STATIC], []]);
  });

  /** As a new process begins. */
  function forget(): void {
    const { fdb, neighbors } = lab.tables;
    const { bd, hi, lo } = [...fdbEntries()].find((entry) => formatMac(entry.hi, entry.lo) === A.mac)!;
    fdb.delete(bd, hi, lo);
    for (const index of [...neighbors.indexes()]) neighbors.delete(index);
    lab.control.neighbors.followMacs();
  }

  function fdbEntries(): { bd: number; hi: number; lo: number }[] {
    const all: { bd: number; hi: number; lo: number }[] = [];
    lab.tables.fdb.forEach((entry) => {
      all.push(entry);
    });
    return all;
  }
});
