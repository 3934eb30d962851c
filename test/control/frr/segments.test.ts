// What zebra says of Ethernet segments, and what becomes of it in the tables. The texts are those of FRR 8.4.4.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BridgeDomainControl } from "../../../src/control/bridge_domains.js";
import { type AccessInterface, OwnSegments } from "../../../src/control/frr/segments/own_segments.js";
import { SegmentMacs } from "../../../src/control/frr/segments/segment_macs.js";
import { SegmentWatch } from "../../../src/control/frr/segments/segment_watch.js";
import { askSegments, type OwnSegment, type ShownSegments } from "../../../src/control/frr/segments/shown.js";
import type { Vty } from "../../../src/control/frr/vty/index.js";
import { RemoteVteps } from "../../../src/control/remote/vteps.js";
import { Tables } from "../../../src/tables/tables.js";
import { formatMac } from "../../../src/wire/ethernet.js";
import { until } from "../../dataplane/namespaces.js";
import { FakeClock } from "../vtep/lab.js";
import { FakeFrr } from "./fake_vty.js";

const ESI = "03:02:cc:00:00:00:01:00:00:01";
const COMMAND = "show evpn es detail json";
const LOCAL = ["local", "remote", "readyForBgp", "bridgePort", "operUp", "nexthopGroupActive"];
const shownOn = (flags: readonly string[]) => ({
  ...{ esi: ESI, accessPort: "bond0", flags, vniCount: 1, macCount: 1, dfPreference: 2000, nexthopGroup: 536870913 },
  vteps: [{ vtep: "10.255.0.2", dfAlgorithm: "preference", dfPreference: 1000, nexthopId: 268435458 }],
});
const REMOTE = {
  ...{ esi: ESI, flags: ["remote", "nexthopGroupActive"], vniCount: 0, macCount: 1, dfPreference: 0 },
  ...{ nexthopGroup: 536870913, vteps: [{ vtep: "10.255.0.1", nexthopId: 268435458 }] },
};

const answering = (text: string): Vty => ({
  async lines(_command, visit) {
    for (const line of text.split("\n")) visit(line);
  },
  text: async () => text,
});
const ask = (answer: unknown) => askSegments(answering(JSON.stringify(answer)));
const own = (isDesignated: boolean, more: Partial<OwnSegment> = {}): OwnSegment => ({
  ...{ esi: ESI, interface: "bond0", isDesignated, peers: ["10.255.0.2"] },
  ...more,
});

describe("what zebra says of Ethernet segments", () => {
  it("one of ours: who is designated, and who else is attached", async () => {
    const groups = new Map([ESI, "bond0"].map((name) => [name, 536870913]));
    expect(await ask([shownOn(LOCAL)])).toEqual({ own: [own(true)], groups });
    expect(await ask([shownOn([...LOCAL, "nonDF"])])).toEqual({ own: [own(false)], groups });
  });

  it("of another's only the object that stands for its VTEPs, when there is one", async () => {
    expect(await ask([REMOTE])).toEqual({ own: [], groups: new Map([[ESI, 536870913]]) });
    expect(await ask([{ ...REMOTE, flags: ["remote"] }])).toEqual({ own: [], groups: new Map() });
    expect(await ask([])).toEqual({ own: [], groups: new Map() });
    expect(await ask({})).toEqual({ own: [], groups: new Map() });
    expect(await askSegments(answering(""))).toEqual({ own: [], groups: new Map() });
  });

  it("no election, no forwarding: before BGP was told, and while the link is down", async () => {
    for (const missing of ["readyForBgp", "operUp"]) {
      const [segment] = (await ask([shownOn(LOCAL.filter((flag) => flag !== missing))])).own;
      expect(segment?.isDesignated).toBe(false);
    }
  });

  it("a bond that LACP has not joined is a port like any other", async () => {
    expect((await ask([shownOn([...LOCAL, "bypass", "nonDF"])])).own).toEqual([own(true, { peers: [] })]);
  });

  it("one without an interface is not ours (yet)", async () => {
    expect((await ask([{ ...shownOn(LOCAL), accessPort: undefined }])).own).toEqual([]);
  });

  it.each([
    ["no list", { segments: [] }],
    ["a row that is none", ["bond0"]],
    ["no number", [{ ...shownOn(LOCAL), esi: undefined }]],
    ["an interface without a name", [{ ...shownOn(LOCAL), accessPort: 7 }]],
    ["flags that are none", [{ ...shownOn(LOCAL), flags: "local" }]],
    ["VTEPs that are no list", [{ ...shownOn(LOCAL), vteps: "10.255.0.2" }]],
    ["a VTEP without an address", [{ ...shownOn(LOCAL), vteps: [{ nexthopId: 1 }] }]],
    ["a next-hop object without a number", [{ ...REMOTE, nexthopGroup: undefined }]],
  ])("%s makes no sense", async (_what, answer) => {
    await expect(ask(answer)).rejects.toMatchObject({ code: "frr_nonsense", meta: { command: COMMAND } });
  });

  it("nor does half an answer", async () => {
    await expect(askSegments(answering('[{"esi":"03:'))).rejects.toMatchObject({ code: "frr_nonsense" });
  });
});

describe("segments of ours in the tables", () => {
  const SLOT = 3;
  const PORT = 5;
  let tables: Tables;
  let events: string[];
  let segments: OwnSegments;
  let interfaces: AccessInterface[];
  let vteps: RemoteVteps;

  beforeEach(() => {
    tables = new Tables();
    events = [];
    interfaces = [{ name: "bond0", slot: SLOT, isBond: true }];
    tables.ports.slot[PORT] = SLOT;
    tables.ports.bd[PORT] = 1;
    vteps = new RemoteVteps(tables, new BridgeDomainControl(tables), () => {});
    const told = (kind: string) => events.push(kind);
    segments = new OwnSegments({ tables, vteps, interfaces: () => interfaces, events: told });
    segments.follow();
  });

  const segment = () => tables.ports.segment[PORT]!;
  const isDesignated = () => tables.segments.isDesignated[segment()] === 1;

  it("a bond is not designated until zebra has said what it is, and says so", () => {
    expect([segment() !== 0, isDesignated()]).toEqual([true, false]);
    expect(segments.problems()).toEqual([expect.stringContaining("bond0: what tunnels flood is withheld")]);
    segments.take([], false);
    expect([segment() !== 0, isDesignated()]).toEqual([true, false]);
    segments.take([], true);
    expect([segment(), segments.problems()]).toEqual([0, []]);
  });

  it("other interfaces are no segments", () => {
    interfaces = [{ name: "eth1", slot: SLOT, isBond: false }];
    segments.follow();
    expect([segment(), segments.problems()]).toEqual([0, []]);
  });

  it("follows the election, and the VTEPs that are attached too", () => {
    segments.take([own(false)], false);
    expect([isDesignated(), segments.problems()]).toEqual([false, []]);
    segments.take([own(true)], false);
    expect(isDesignated()).toBe(true);
    const peer = vteps.idOf("10.255.0.2");
    expect([peer !== 0, tables.segments.isPeer(segment(), peer)]).toEqual([true, true]);
    segments.take([own(true, { peers: ["10.255.0.3"] })], false);
    expect(tables.segments.isPeer(segment(), peer)).toBe(false);
    expect(tables.segments.isPeer(segment(), vteps.idOf("10.255.0.3"))).toBe(true);
    expect(events).toEqual(["segment_not_designated", "segment_designated"]);
    expect(segments.portOf("bond0", 1)).toBe(PORT);
    expect(segments.portOf("bond0", 2)).toBe(0);
  });

  it("one that a starting zebra does not list yet is blocked; when zebra is configured, it is gone", () => {
    segments.take([own(true)], true);
    const id = segment();
    segments.take([], false);
    expect([segment(), isDesignated()]).toEqual([id, false]);
    segments.take([own(true)], false);
    expect(isDesignated()).toBe(true);
    segments.take([], true);
    expect([segment(), tables.segments.isDesignated[id]]).toEqual([0, 0]);
  });

  it("without zebra for too long nobody is designated", () => {
    segments.take([own(true)], true);
    segments.distrust();
    expect([segment() !== 0, isDesignated()]).toEqual([true, false]);
    segments.take([own(true)], true);
    expect(isDesignated()).toBe(true);
    segments.forget();
    expect(segment()).toBe(0);
  });
});

describe("when zebra is asked about segments", () => {
  let frr: FakeFrr;
  let clock: FakeClock;
  let watch: SegmentWatch | undefined;
  let told: [ShownSegments, boolean][];

  beforeEach(() => {
    frr = new FakeFrr();
    clock = new FakeClock();
    told = [];
  });

  afterEach(async () => {
    watch?.close();
    await frr.remove();
  });

  async function begin(answer: string) {
    const zebra = await frr.start("zebra", { [COMMAND]: answer });
    const made = new SegmentWatch({ folder: frr.folder, clock, told: (...answers) => told.push(answers) });
    watch = made;
    const asked = () => zebra.asked.filter((command) => command === COMMAND).length;
    return { zebra, asked, watch: made };
  }
  const wait = (condition: () => boolean, stepMs = 50) =>
    until(() => {
      clock.advance(stepMs);
      return condition();
    });

  it("at once, and again; what is not listed counts when zebra has had time to be configured", async () => {
    const { zebra } = await begin("[]");
    await until(() => told.length > 0);
    expect(told[0]).toEqual([{ own: [], groups: new Map() }, false]);
    await wait(() => told.at(-1)![1], 1_000);
    zebra.answers = { [COMMAND]: JSON.stringify([shownOn(LOCAL)]) };
    await wait(() => told.at(-1)![0].own.length > 0, 1_000);
    expect(told.at(-1)).toMatchObject([{ own: [own(true)] }, true]);
  });

  it("when somebody has a reason to look, without waiting", async () => {
    const { asked, watch: looked } = await begin("[]");
    await until(() => told.length === 1);
    looked.look();
    looked.look();
    await until(() => told.length === 3);
    expect(asked()).toBe(3);
  });

  it("nonsense is named, changes nothing, and is asked again", async () => {
    const { zebra, watch: asked } = await begin('{"es": 1}');
    await until(() => asked.problems().length > 0);
    expect(asked.problems()).toEqual([expect.stringContaining("Ethernet segments: FRR's answer to")]);
    expect(told).toEqual([]);
    zebra.answers = { [COMMAND]: "[]" };
    await wait(() => told.length > 0, 1_000);
    expect(asked.problems()).toEqual([]);
  });
});

describe("MACs behind segments, which the kernel refused", () => {
  const GROUPS = new Map([
    [ESI, 536870913],
    ["bond0", 536870914],
  ]);
  const LIST = `MAC               Type   Flags Intf/Remote ES/VTEP            VLAN  Seq #'s
02:aa:00:00:01:03 local        lp-100                         1     0/0
02:aa:00:00:01:02 remote       10.255.0.1                           0/0
02:aa:00:00:01:05 local  NXI   bond0                          2     0/0
02:aa:00:00:01:04 remote       03:02:cc:00:00:00:01:00:00:02        0/0
02:aa:00:00:01:01 remote       ${ESI}        0/0`;
  let clock: FakeClock;
  let placed: string[];
  let placedAt: string[];
  let isHalfTold: boolean;
  let events: string[];
  let macs: SegmentMacs;
  let text: string;
  let asked: number;

  beforeEach(() => {
    clock = new FakeClock();
    [placed, placedAt, events] = [[], [], []];
    [isHalfTold, asked, text] = [true, 0, LIST];
    const mirror = {
      halfToldDomains: () => new Set(isHalfTold ? ["red"] : []),
      placeBehind: (domain: string, { hi, lo }: { hi: number; lo: number }, id: number) => {
        placed.push(`${domain} ${formatMac(hi, lo)} ${id}`);
        return true;
      },
      placeAt: (domain: string, { hi, lo }: { hi: number; lo: number }, vtep: string) => {
        placedAt.push(`${domain} ${formatMac(hi, lo)} ${vtep}`);
        return true;
      },
    };
    const zebra: Vty = {
      async lines(command, visit) {
        asked += 1;
        expect(command).toBe("show evpn mac vni 100");
        for (const line of text.split("\n")) visit(line);
      },
      text: async () => "",
    };
    const told = (kind: string) => events.push(kind);
    macs = new SegmentMacs({ clock, events: told, mirror: () => mirror, vniOf: () => 100, zebra: () => zebra });
  });

  afterEach(() => macs.close());

  const turn = () => new Promise((resolve) => setImmediate(resolve));
  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await turn();
  }

  it("are where zebra says, as long as the kernel does not know; told once", async () => {
    macs.take({ own: [], groups: GROUPS });
    await pass(100);
    expect(placed).toEqual(["red 02:aa:00:00:01:05 536870914", "red 02:aa:00:00:01:01 536870913"]);
    expect(placedAt).toEqual(["red 02:aa:00:00:01:02 10.255.0.1"]);
    await pass(1_000);
    expect([placed.length, events]).toEqual([4, ["kernel_refuses_segment_macs"]]);
    isHalfTold = false;
    await pass(1_000);
    await pass(10_000);
    expect(asked).toBe(2);
  });

  it("nobody is asked without segments, nor before the kernel had its time", async () => {
    macs.look();
    await pass(1_000);
    isHalfTold = false;
    macs.take({ own: [], groups: GROUPS });
    await pass(1_000);
    expect(asked).toBe(0);
    isHalfTold = true;
    macs.look();
    await pass(99);
    expect(asked).toBe(0);
    await pass(1);
    expect(asked).toBe(1);
  });

  it("nonsense is named, and asked again", async () => {
    text = "02:aa:00:00:01:01 teleported";
    macs.take({ own: [], groups: GROUPS });
    await pass(100);
    expect(macs.problems()).toEqual([expect.stringContaining("MACs behind Ethernet segments: FRR's answer")]);
    text = LIST;
    await pass(1_000);
    expect([macs.problems(), placed.length]).toEqual([[], 2]);
  });
});
