// Whether FRR is there, by fake daemons and a clock that the test moves.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FrrWatch } from "../../../src/control/frr/vty/index.js";
import { until } from "../../dataplane/namespaces.js";
import { FakeClock } from "../vtep/lab.js";
import { FakeFrr } from "./fake_vty.js";

const STALE_MS = 30_000;
const peersWith = (state: string, pfxRcd: number) => JSON.stringify({ peers: { "10.0.0.9": { state, pfxRcd } } });
const bgpdWith = (state: string, pfxRcd = 0) => ({ "show bgp l2vpn evpn summary json": peersWith(state, pfxRcd) });
const zebraAnswers = { "show evpn vni json": "{}" };

const zebraWith = (...vnis: readonly number[]) => {
  const shown = vnis.map((vni) => {
    const facts = { vni, type: "L2", vxlanIf: `vx${vni}`, tenantVrf: "default", numMacs: 0, remoteVteps: [] };
    return [String(vni), facts];
  });
  return { "show evpn vni json": JSON.stringify(Object.fromEntries(shown)) };
};
/** As bgpd shows a route of its own and one from a peer. */
const ROUTE = JSON.stringify({
  "[3]:[0]:[32]:[10.0.0.1]": { paths: [[{ valid: true, peerId: "(unspec)", nexthops: [{ ip: "10.0.0.1" }] }]] },
  "[3]:[0]:[32]:[10.0.0.2]": { paths: [[{ valid: true, peerId: "10.0.0.2", nexthops: [{ ip: "10.0.0.2" }] }]] },
  numPrefix: 2,
});

describe("the watch over FRR", () => {
  let frr: FakeFrr;
  let clock: FakeClock;
  let watch: FrrWatch;
  let seen: string[];
  let vnis: number[];

  beforeEach(() => {
    frr = new FakeFrr();
    clock = new FakeClock();
    seen = [];
    vnis = [];
    const events = (kind: string, objects: object) => seen.push(`${kind} ${Object.values(objects)}`);
    watch = new FrrWatch({ folder: frr.folder, staleMs: STALE_MS, clock, events, vnis: () => vnis });
    watch.onStale(() => seen.push("stale"));
    watch.onReturn(({ converged }) => seen.push(`return ${converged}`));
  });

  afterEach(async () => {
    watch.close();
    await frr.remove();
  });

  const state = () => `${watch.state().zebra} ${watch.state().bgpd}`;
  /** Lets timers fire, and sockets between them. */
  const wait = (condition: () => boolean): Promise<void> =>
    until(() => {
      clock.advance(500);
      return condition();
    });

  it("names who does not answer and why, and tries again", async () => {
    watch.start();
    await until(() => watch.reasons().every((reason) => reason.includes("is not running")));
    expect(watch.reasons()).toHaveLength(2);
    await frr.start("zebra", zebraAnswers);
    await frr.start("bgpd", bgpdWith("Established"));
    await wait(() => state() === "up up");
    expect(watch.state()).toMatchObject({ version: { text: "8.4.4" }, reasons: [] });
    expect(seen).toEqual(expect.arrayContaining(["frr_up zebra", "frr_up bgpd"]));
  });

  it("names a release that is too old, and works with it all the same", async () => {
    await frr.start("zebra", { ...zebraAnswers, "show version": "FRRouting 8.1 (old)" });
    await frr.start("bgpd", bgpdWith("Established"));
    watch.start();
    await wait(() => state() === "up up");
    expect(watch.reasons()).toEqual(["FRR 8.1 is not supported: 8.4 or later is"]);
  });

  it("sees at once that zebra is gone, and gives its state up after the time for that", async () => {
    const zebra = await frr.start("zebra", zebraAnswers);
    await frr.start("bgpd", bgpdWith("Established"));
    watch.start();
    await until(() => state() === "up up");
    await zebra.die();
    await until(() => state() === "down up");
    clock.advance(STALE_MS - 1_000);
    expect(seen).not.toContain("stale");
    clock.advance(1_000);
    expect(seen).toContain("stale");
    expect([watch.stale, watch.reasons().at(-1)]).toEqual([
      true,
      "what EVPN told has been given up: FRR was silent for longer than control.frr.staleTime",
    ]);
  });

  it("calls zebra back only when peers are up and quiet", async () => {
    const bgpd = await frr.start("bgpd", bgpdWith("Active"));
    await frr.start("zebra", zebraAnswers);
    watch.start();
    const asked = () => bgpd.asked.filter((command) => command.includes("summary")).length;
    await wait(() => asked() > 4);
    bgpd.answers = bgpdWith("Established", 1);
    const before = asked();
    await wait(() => asked() > before + 1);
    bgpd.answers = bgpdWith("Established", 2);
    expect(seen.some((one) => one.startsWith("return"))).toBe(false);
    await wait(() => seen.includes("return true"));
    expect(watch.state().settled).toBe(true);
  });

  it("does not wait for peers for ever", async () => {
    await frr.start("bgpd", bgpdWith("Active"));
    await frr.start("zebra", zebraAnswers);
    watch.start();
    await wait(() => seen.includes("return false"));
    expect(watch.state().settled).toBe(true);
  });

  it("tells of VNIs when zebra begins to know them, again after bgpd came back", async () => {
    vnis = [100, 200];
    watch.onVnis((known) => seen.push(`vnis ${[...known].sort()}`));
    const zebra = await frr.start("zebra", zebraAnswers);
    const bgpd = await frr.start("bgpd", bgpdWith("Established"));
    watch.start();
    await wait(() => state() === "up up");
    zebra.answers = zebraWith(100);
    await wait(() => seen.includes("vnis 100"));
    zebra.answers = zebraWith(100, 200, 300);
    await wait(() => seen.includes("vnis 200"));
    await bgpd.die();
    zebra.answers = zebraAnswers;
    await wait(() => state() === "up down");
    await frr.start("bgpd", bgpdWith("Established"));
    zebra.answers = zebraWith(100, 200);
    await wait(() => seen.includes("vnis 100,200"));
    watch.vnisChanged();
    await wait(() => seen.filter((one) => one === "vnis 100,200").length === 2);
  });

  it("concludes nothing while bgpd has told zebra nothing, says so, and gives up what is stale", async () => {
    vnis = [100];
    const zebra = await frr.start("zebra", zebraAnswers);
    const bgpd = await frr.start("bgpd", bgpdWith("Established", 3));
    watch.start();
    await wait(() => watch.reasons().join().startsWith("zebra knows none of our VNIs"));
    // It knows the VNI, but not the VTEP that bgpd has for it.
    bgpd.answers = { ...bgpdWith("Established", 3), "show bgp l2vpn evpn route vni 100 type multicast json": ROUTE };
    zebra.answers = zebraWith(100);
    await wait(() => watch.reasons().join().includes("restart bgpd"));
    await wait(() => seen.includes("stale"));
    expect([watch.state().settled, seen.filter((one) => one.startsWith("return"))]).toEqual([false, []]);
    const told = zebraWith(100)["show evpn vni json"].replace("[]", '["10.0.0.2"]');
    zebra.answers = { "show evpn vni json": told };
    await wait(() => seen.includes("return true"));
    expect([watch.stale, watch.reasons()]).toEqual([false, []]);
  });

  it("does not take the absence of bgpd for the absence of routes", async () => {
    await frr.start("zebra", zebraAnswers);
    watch.start();
    await until(() => state() === "up down");
    for (let seconds = 0; seconds < (2 * STALE_MS) / 1_000; seconds++) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([watch.state().settled, seen.filter((one) => one.startsWith("return"))]).toEqual([false, []]);
    await frr.start("bgpd", bgpdWith("Established"));
    await wait(() => seen.includes("return true"));
  });
});
