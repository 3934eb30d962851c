// MACs behind an Ethernet segment are announced on its own interface: zebra tells them with the segment's number.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FdbFlag, FdbKind } from "../../../src/abi/generated.js";
import { parseMac } from "../../../src/wire/ethernet.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { AnnounceLab, SEGMENT } from "./announce_lab.js";

const PATIENCE = { timeout: 20_000, interval: 10 };
const BROADCAST = "ff:ff:ff:ff:ff:ff";
const M1 = "02:00:00:00:00:01";
const M2 = "02:00:00:00:00:02";
const CONFIG = `
vtep: { address: 10.255.0.1, underlay: [up0, up1] }
bridgeDomains: [{ name: red, vni: 100 }]
ports: [{ interface: eth1, bridgeDomain: red }, { interface: eth2, bridgeDomain: red }]
`;

describe.skipIf(unavailable !== null)(titled("announcing behind an Ethernet segment"), () => {
  let lab: AnnounceLab;

  beforeEach(async () => {
    lab = new AnnounceLab();
    await lab.open();
    await lab.apply(CONFIG);
    lab.announce();
    lab.attach(true);
    lab.tables.ports.segment[lab.port("eth1")] = SEGMENT;
  });

  afterEach(() => lab.close());

  const learn = (name: string, source: string) => lab.send(name, BROADCAST, source);
  /** An entry that moves keeps its static bit in the kernel; it is written anew when that was noticed. */
  const shown = (onSegment: string[], others: string[]) =>
    vi.waitFor(() => {
      lab.clock.advance(100);
      expect([lab.announced("es-red"), lab.announced()]).toEqual([onSegment, others]);
    }, PATIENCE);

  it("each MAC at its own place; those of the segment so that zebra takes them for used", async () => {
    learn("eth1", M1);
    learn("eth2", M2);
    await shown([`${M1} static`], [`${M2} extern_learn`]);
    lab.clock.advance(302_000);
    await shown([], []);
  });

  it("a MAC that moves from the segment to another port, and back", async () => {
    learn("eth1", M1);
    await shown([`${M1} static`], []);
    learn("eth2", M1);
    await shown([], [`${M1} extern_learn`]);
    learn("eth1", M1);
    await shown([`${M1} static`], []);
  });

  it("what only another VTEP of the segment has seen is not said again", async () => {
    const { hi, lo } = parseMac(M1)!;
    const bd = lab.control.domains.idOf("red");
    lab.tables.fdb.set(bd, hi, lo, FdbKind.LOCAL, lab.port("eth1"), FdbFlag.EVPN, lab.clock.tick());
    learn("eth1", M2);
    await shown([`${M2} static`], []);
  });

  it("a port that is no segment any more has its MACs where all others are", async () => {
    learn("eth1", M1);
    await shown([`${M1} static`], []);
    lab.tables.ports.segment[lab.port("eth1")] = 0;
    lab.attach(false);
    await shown([], [`${M1} extern_learn`]);
    lab.tables.ports.segment[lab.port("eth1")] = SEGMENT;
    lab.attach(true);
    await shown([`${M1} static`], []);
  });

  it("everything is taken back at the end", async () => {
    learn("eth1", M1);
    learn("eth2", M2);
    await shown([`${M1} static`], [`${M2} extern_learn`]);
    await lab.announcer.withdrawAll();
    await shown([], []);
  });
});
