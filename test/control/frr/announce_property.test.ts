import { describe, expect, it } from "vitest";
import { BdFlag, Drop, FdbFlag, FdbKind, InterfaceFlag, PortFlag } from "../../../src/abi/generated.js";
import { Announcer } from "../../../src/control/frr/announce/announcer.js";
import { NeighborFlag } from "../../../src/control/netlink/index.js";
import { MemoryDriver } from "../../../src/dataplane/memory/driver.js";
import { Violation } from "../../../src/tables/port.js";
import { Tables } from "../../../src/tables/tables.js";
import { FakeClock } from "../vtep/lab.js";
import { BRIDGE, type Fate, ModelBridge, PORT, VXLAN } from "./announce_model.js";

const EFFORT = Number(process.env.VTEPD_TEST_EFFORT ?? 1);
const BD = 1;
const HI = 0x0200;
/** Two MACs at a port, one of them shut down by a third, one sticky, one without limit. */
const LIMITS = [0, 2, 1, 2, 0];
const SHUT_DOWN = 2;
const STICKY = 3;
const PORTS = [1, 2, 3, 4];
const MACS = 8;
const VTEP = 5;

/** Park and Miller: the same numbers on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = (seed % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

class World {
  readonly tables = new Tables();
  readonly clock = new FakeClock();
  readonly kernel = new ModelBridge();
  readonly announcer: Announcer;
  /** Every remote entry that the mirror has read. */
  private readonly remote = new Map<number, boolean>();
  private readonly unmirrored = new Set<number>();
  /** What was admitted at the end of each turn, oldest first. */
  private readonly admittedAt: ReadonlySet<number>[] = [new Set()];
  private readonly everAdmitted = new Set<number>();
  private readonly driver: MemoryDriver;
  readonly faults: string[] = [];

  constructor() {
    const { tables, kernel, clock } = this;
    this.driver = new MemoryDriver(tables, {
      onRefusal: ({ port, reason }) => {
        if (reason === Drop.MAC_LIMIT && port === SHUT_DOWN) this.setPort(port, false);
      },
      onDiscovery: () => {},
      onBinding: () => {},
      onHold: () => false,
    });
    tables.bridgeDomains.set(BD, 100, 0 as BdFlag, 0, 0);
    for (const port of PORTS) {
      tables.interfaces.set(port, `eth${port}`, port, 0 as InterfaceFlag, 1500);
      tables.interfaces.attach(port, 0, port);
      tables.ports.set(port, {
        ...{ slot: port, vlan: 0, bd: BD, macLimit: LIMITS[port]!, violation: Violation.RESTRICT, allow: undefined },
        flags: PortFlag.ENABLED | PortFlag.LEARNING | PortFlag.SECURED,
        learnFlags: port === STICKY ? FdbFlag.STICKY : 0,
        stormRates: [],
      });
    }
    kernel.onAdded = (lo) => this.check(lo);
    this.announcer = new Announcer({
      ...{ tables, clock, events: () => {}, staleSeconds: () => 0 },
      domains: { idOf: () => BD, nameOf: () => "red" },
      objects: {
        domains: () => [{ place: kernel.place, bridgeDomain: "red", bridge: BRIDGE, vxlan: VXLAN, port: PORT }],
        onChange: () => {},
      },
      local: { observe: () => {}, find: () => undefined, *addressesIn() {} },
      isStickyElsewhere: (_bd, _hi, lo) => this.remote.get(lo) === true,
    });
    kernel.place.feed.onForwardingEntry(({ lo, ifindex, flags }, removed) => {
      if (ifindex === VXLAN && !removed) this.remote.set(lo, (flags & NeighborFlag.sticky) !== 0);
      else this.remote.delete(lo);
      this.unmirrored.add(lo);
    });
    kernel.place.feed.onOverrun(() => {
      const shown = new Map<number, boolean>();
      const show = ({ lo, ifindex, flags }: { lo: number; ifindex: number; flags: number }) => {
        if (ifindex === VXLAN) shown.set(lo, (flags & NeighborFlag.sticky) !== 0);
      };
      void kernel.place.feed.dumpForwarding(new Uint8Array(0), show).then(() => this.replaceRemote(shown));
    });
  }

  private replaceRemote(shown: ReadonlyMap<number, boolean>): void {
    for (let lo = 1; lo <= MACS; lo++) this.unmirrored.add(lo);
    this.remote.clear();
    for (const [lo, isSticky] of shown) this.remote.set(lo, isSticky);
  }

  learn(port: number, lo: number): void {
    const frame = new Uint8Array(60);
    new DataView(frame.buffer).setUint16(0, 0xffff);
    frame.fill(0xff, 0, 6);
    const view = new DataView(frame.buffer);
    view.setUint16(6, HI);
    view.setInt32(8, lo);
    view.setUint16(12, 0x88b5);
    this.driver.receive(port, frame, this.clock.tick());
  }

  age(lo: number): void {
    const slot = this.tables.fdb.find(BD, HI, lo);
    if (slot >= 0 && this.tables.fdb.kindAt(slot) === FdbKind.LOCAL) this.tables.fdb.delete(BD, HI, lo);
  }

  setPort(port: number, isUp: boolean): void {
    this.tables.ports.setFlag(port, PortFlag.ENABLED, isUp);
    if (isUp) return;
    for (let lo = 1; lo <= MACS; lo++) {
      const slot = this.tables.fdb.find(BD, HI, lo);
      const isIts =
        slot >= 0 && this.tables.fdb.kindAt(slot) === FdbKind.LOCAL && this.tables.fdb.targetAt(slot) === port;
      if (isIts) this.tables.fdb.set(BD, HI, lo, FdbKind.HELD, 0, 0, this.clock.tick());
    }
  }

  /** zebra leaves alone what is sticky here. */
  moveAway(lo: number, isSticky: boolean): void {
    const held = this.kernel.entries.get(lo);
    if (held?.ifindex === PORT && held.isSticky) return;
    this.kernel.writeRemote(lo, isSticky);
  }

  /** zebra knows what is sticky here: what it puts in the place of a learned MAC has won. */
  mirror(): void {
    const { fdb } = this.tables;
    for (const lo of this.unmirrored) {
      const slot = fdb.find(BD, HI, lo);
      const isSticky = this.remote.get(lo);
      if (isSticky !== undefined) {
        fdb.set(BD, HI, lo, FdbKind.REMOTE, VTEP, FdbFlag.EVPN | (isSticky ? FdbFlag.STICKY : 0), this.clock.tick());
      } else if (isSticky === undefined && slot >= 0 && (fdb.flagsAt(slot) & FdbFlag.EVPN) !== 0)
        fdb.delete(BD, HI, lo);
    }
    this.unmirrored.clear();
  }

  /** The end of a turn of the event loop. */
  follow(): void {
    const admitted = this.admitted();
    for (const lo of admitted) this.everAdmitted.add(lo);
    this.admittedAt.push(admitted);
    this.announcer.follow();
  }

  admitted(): Set<number> {
    const { fdb, ports } = this.tables;
    const admitted = new Set<number>();
    fdb.forEach(({ lo, kind, target }) => {
      if (kind === FdbKind.LOCAL && (ports.flags[target]! & PortFlag.ENABLED) !== 0) admitted.add(lo);
    });
    return admitted;
  }

  /** At the instant of an addition, all that stands there was admitted at one time, within the limits of that time. */
  private check(lo: number): void {
    const announced = this.kernel.atPort();
    if (!this.everAdmitted.has(lo)) this.faults.push(`${lo} was never admitted`);
    if (!this.admittedAt.some((set) => announced.every((one) => set.has(one)))) {
      this.faults.push(`${announced.join(" ")} were never admitted together`);
    }
  }

  /** Snapshots that nothing under way can still refer to are forgotten. */
  forgetThePast(): void {
    if (this.kernel.isQuiet) this.admittedAt.splice(0, this.admittedAt.length - 1);
  }

  isWithinLimits(): boolean {
    return PORTS.every((port) => LIMITS[port] === 0 || this.tables.fdb.countByPort[port]! <= LIMITS[port]!);
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 12; round++) {
      for (let step = 0; step < 40 && !this.kernel.isQuiet; step++) {
        this.kernel.apply("ok");
        this.kernel.answer();
        await turn();
        this.kernel.notify();
        await turn();
        this.kernel.notify();
        await turn();
        this.mirror();
        this.follow();
      }
      this.mirror();
      this.follow();
      this.clock.advance(1_000);
      await turn();
    }
  }
}

/** What waits for promises runs. */
async function turn(): Promise<void> {
  for (let depth = 0; depth < 6; depth++) await Promise.resolve();
}

async function act(world: World, random: (below: number) => number): Promise<string> {
  const lo = 1 + random(MACS);
  const port = PORTS[random(PORTS.length)]!;
  const choice = random(100);
  if (choice < 30) world.learn(port, lo);
  else if (choice < 34) world.age(lo);
  else if (choice < 36) world.setPort(port, false);
  else if (choice < 39) world.setPort(port, true);
  else if (choice < 44) world.moveAway(lo, random(6) === 0);
  else if (choice < 47) world.kernel.deleteRemote(lo);
  else if (choice < 50) world.mirror();
  else if (choice < 62) world.follow();
  else if (choice < 75) world.kernel.apply(fateFrom(random));
  else if (choice < 87) world.kernel.answer();
  else if (choice < 98) world.kernel.notify();
  else if (choice < 99) world.clock.advance(random(1_200));
  else if (random(4) === 0) world.kernel.overrun();
  await turn();
  return `${choice} ${port} ${lo}`;
}

function fateFrom(random: (below: number) => number): Fate {
  const choice = random(40);
  if (choice === 0) return "refused";
  if (choice === 1) return "answer lost";
  return choice === 2 ? "lost" : "ok";
}

describe("N21: what is announced against what is admitted, in 100,000 steps of chance", () => {
  const RUNS = 400 * EFFORT;
  const STEPS = 250;

  it(
    "no violating MAC and no more than admitted at once, ever; equal once settled",
    async () => {
      for (let seed = 1; seed <= RUNS; seed++) {
        const world = new World();
        const random = randomFrom(seed);
        for (let step = 0; step < STEPS; step++) {
          await act(world, random);
          world.forgetThePast();
          const isSound = world.isWithinLimits() && world.faults.length === 0;
          if (!isSound) expect.fail(`seed ${seed}, step ${step}: ${world.faults.join("; ") || "a limit is exceeded"}`);
        }
        await world.settle();
        expect(world.faults, `seed ${seed}, settling`).toEqual([]);
        expect(world.kernel.atPort().sort(), `seed ${seed}`).toEqual([...world.admitted()].sort());
        world.announcer.close();
      }
    },
    120_000 * EFFORT,
  );
});

describe("O14: a port that flaps a hundred times", () => {
  it("costs two writes each time, and nothing of other MACs", async () => {
    const world = new World();
    for (const lo of [1, 2]) world.learn(4, lo);
    world.learn(1, 3);
    await world.settle();
    const before = world.kernel.writes;
    for (let flap = 0; flap < 100; flap++) {
      world.setPort(1, false);
      await world.settle();
      world.setPort(1, true);
      world.learn(1, 3);
      await world.settle();
    }
    expect(world.kernel.writes - before).toBe(200);
    world.announcer.close();
  });
});
