import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FdbFlag, FdbKind, PortFlag } from "../../../src/abi/generated.js";
import { parseMac } from "../../../src/wire/ethernet.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { gratuitousArp, type Host } from "../vtep/host_frames.js";
import { AnnounceLab } from "./announce_lab.js";

const PATIENCE = { timeout: 20_000, interval: 10 };
const BROADCAST = "ff:ff:ff:ff:ff:ff";
const M1 = "02:00:00:00:00:01";
const M2 = "02:00:00:00:00:02";
const A: Host = { mac: "02:00:00:00:00:0a", ip: "192.168.100.10" };
const SECOND: Host = { mac: A.mac, ip: "192.168.100.11" };
const REMOTE = "02:00:00:00:00:0e";
const REMOTE_VTEP = 3;

const mac = (text: string) => parseMac(text)!;

describe.skipIf(unavailable !== null)(titled("announcing to the kernel's bridge"), () => {
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
  const shownAt = (port: string, ...rows: string[]) =>
    vi.waitFor(() => expect(lab.announced(port)).toEqual(rows), PATIENCE);
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

  /** Nothing that was learned is known any more, and nothing was withdrawn. */
  async function restart(): Promise<void> {
    const isUp = () => (lab.tables.ports.flags[lab.port("eth1")]! & PortFlag.ENABLED) !== 0;
    lab.announcer.close();
    lab.topology.near.ip("link set eth1 down");
    await vi.waitFor(() => expect(isUp()).toBe(false), PATIENCE);
    lab.topology.near.ip("link set eth1 up");
    await vi.waitFor(() => expect([isUp(), lab.bindings()]).toEqual([true, []]), PATIENCE);
    lab.staleSeconds = 120;
    lab.announce();
  }

  it("S35: a MAC is there when it was learned, once, and gone when it aged", async () => {
    await begin();
    learn("eth1", M1);
    await shown(`${M1} extern_learn`);
    learn("eth2", M1);
    lab.clock.advance(299_000);
    await shown(`${M1} extern_learn`);
    lab.clock.advance(3_000);
    await shown();
  });

  it("goes with its port, static ones too, and returns with it", async () => {
    await begin(config(`, security: { static: ["${M2}"] }`));
    learn("eth1", M1);
    await shown(`${M1} extern_learn`, `${M2} static`);
    lab.topology.near.ip("link set eth1 down");
    await shown();
    lab.topology.near.ip("link set eth1 up");
    await shown(`${M2} static`);
  });

  it("N4, N5, N6: of a burst only what was admitted is ever there, and nothing once the port is shut down", async () => {
    await begin(config(", security: { maxMacs: 2, violation: restrict }", ", security: { maxMacs: 2 }"));
    for (let number = 1; number <= 100; number++)
      learn("eth1", `02:00:00:00:01:${number.toString(16).padStart(2, "0")}`);
    await shown("02:00:00:00:01:01 extern_learn", "02:00:00:00:01:02 extern_learn");
    for (const number of [1, 2]) learn("eth2", `02:00:00:00:02:0${number}`);
    await vi.waitFor(() => expect(lab.announced()).toHaveLength(4), PATIENCE);
    learn("eth2", "02:00:00:00:02:03");
    await shown("02:00:00:00:01:01 extern_learn", "02:00:00:00:01:02 extern_learn");
    const expected = [0x101, 0x102, 0x201, 0x202];
    await vi.waitFor(() => expect([...lab.everAnnounced].sort()).toEqual(expected), PATIENCE);
  });

  it("N10: sticky as the port says, and as the config changes its mind, without a gap", async () => {
    await begin(config(", security: { sticky: true }"));
    learn("eth1", M1);
    await shown(`${M1} sticky static`);
    await lab.apply(config(", security: { sticky: false }"));
    await shown(`${M1} extern_learn`);
    await lab.apply(config(", security: { sticky: true }"));
    await shown(`${M1} extern_learn sticky static`);
    await lab.apply(config(`, security: { sticky: true, static: ["${M1}"] }`));
    await shown(`${M1} extern_learn sticky static`);
  });

  it("gives way to zebra's entry without a word, and takes its place when the host is back", async () => {
    await begin();
    learn("eth1", M1);
    await shown(`${M1} extern_learn`);
    moveAway(M1);
    await shownAt("vx-red", `${M1} extern_learn`);
    learn("eth2", M2);
    await shown(`${M2} extern_learn`);
    expect(lab.announced("vx-red")).toEqual([`${M1} extern_learn`]);
    learn("eth1", M1);
    await shown(`${M1} extern_learn`, `${M2} extern_learn`);
  });

  it("never deletes zebra's entry: not when the MAC was lost here before zebra's was heard of", async () => {
    await begin();
    learn("eth1", M1);
    await shown(`${M1} extern_learn`);
    lab.topology.near.bridge(`fdb replace ${M1} dev vx-red master dynamic extern_learn`);
    lab.topology.near.ip("link set eth1 down");
    learn("eth2", M2);
    await shown(`${M2} extern_learn`);
    expect(lab.announced("vx-red")).toEqual([`${M1} extern_learn`]);
  });

  it("N11: what is sticky elsewhere is not written, and named until that ends", async () => {
    await begin();
    lab.stickyElsewhere = 1;
    learn("eth1", M1);
    await vi.waitFor(() => expect(lab.announcer.problems()).toHaveLength(1), PATIENCE);
    expect(lab.announcer.problems()[0]).toBe(
      `bridge domain red: ${M1} cannot be announced: it is sticky at another VTEP`,
    );
    lab.stickyElsewhere = undefined;
    lab.clock.advance(1_000);
    await shown(`${M1} extern_learn`);
    await vi.waitFor(() => expect(lab.announcer.problems()).toEqual([]), PATIENCE);
  });

  it("N18: a static MAC that zebra gives to another VTEP is a conflict, cleared when that VTEP gives it up", async () => {
    await begin(config(`, security: { static: ["${M1}"] }`));
    await shown(`${M1} static`);
    lab.topology.near.bridge(`fdb replace ${M1} dev vx-red master dynamic extern_learn`);
    await vi.waitFor(() => {
      lab.clock.advance(1_000);
      expect(lab.announcer.problems()).toEqual([
        `bridge domain red: ${M1} cannot be announced: another VTEP announces it`,
      ]);
    }, PATIENCE);
    lab.topology.near.bridge(`fdb del ${M1} dev vx-red master`);
    await shown(`${M1} static`);
    expect(lab.told.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["mac_conflict", "conflict_cleared"]));
    expect(lab.announcer.problems()).toEqual([]);
  });

  it("writes again what somebody deletes, and deletes what somebody adds", async () => {
    await begin();
    learn("eth1", M1);
    await shown(`${M1} extern_learn`);
    lab.topology.near.bridge(`fdb del ${M1} dev lp-red master`);
    lab.topology.near.bridge(`fdb add ${M2} dev lp-red master static`);
    await vi.waitFor(() => {
      lab.clock.advance(1_000);
      expect(lab.announced()).toEqual([`${M1} extern_learn`]);
    }, PATIENCE);
  });

  it("says what the kernel refuses, and tries again", async () => {
    await begin();
    lab.topology.near.ip("link set lp-red nomaster");
    learn("eth1", M1);
    await vi.waitFor(() => expect(lab.announcer.problems().join()).toContain(`${M1} cannot be announced`), PATIENCE);
    lab.topology.near.ip("link set lp-red master br-red");
    lab.clock.advance(1_000);
    await shown(`${M1} extern_learn`);
    await vi.waitFor(() => expect(lab.announcer.problems()).toEqual([]), PATIENCE);
  });

  it("objects that are made anew get everything again", async () => {
    await begin();
    learn("eth1", M1);
    lab.receive("eth1", gratuitousArp(A));
    await shown(`${M1} extern_learn`, `${A.mac} extern_learn`);
    await bound(`${A.ip} ${A.mac}`);
    lab.remakeObjects();
    await shown(`${M1} extern_learn`, `${A.mac} extern_learn`);
    await bound(`${A.ip} ${A.mac}`);
  });

  it("a restart leaves standing what the last life announced, until the stale time ends", async () => {
    await begin(config("", "", ", liveness: { interval: 0 }"));
    for (const source of [M1, M2]) learn("eth1", source);
    lab.receive("eth1", gratuitousArp(A));
    lab.receive("eth1", gratuitousArp(SECOND));
    await bound(`${A.ip} ${A.mac}`, `${SECOND.ip} ${A.mac}`);
    await vi.waitFor(() => expect(lab.announced()).toHaveLength(3), PATIENCE);
    await restart();
    learn("eth1", M1);
    lab.receive("eth1", gratuitousArp(A));
    lab.clock.advance(119_000);
    learn("eth2", REMOTE);
    await vi.waitFor(() => expect(lab.announced()).toHaveLength(4), PATIENCE);
    expect(lab.announcedBindings()).toHaveLength(2);
    lab.clock.advance(2_000);
    await shown(`${M1} extern_learn`, `${A.mac} extern_learn`, `${REMOTE} extern_learn`);
    await bound(`${A.ip} ${A.mac}`);
  });

  it("N21: after a restart the first new MAC at a limited port ends what the last life left", async () => {
    await begin(config(", security: { maxMacs: 1, violation: restrict }"));
    learn("eth1", M1);
    await shown(`${M1} extern_learn`);
    await restart();
    learn("eth1", M2);
    await shown(`${M2} extern_learn`);
  });

  it("takes everything back at the end", async () => {
    await begin();
    learn("eth1", M1);
    lab.receive("eth1", gratuitousArp(A));
    await bound(`${A.ip} ${A.mac}`);
    await lab.announcer.withdrawAll();
    expect([lab.announced(), lab.announcedBindings()]).toEqual([[], []]);
  });
});
