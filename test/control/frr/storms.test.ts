// What FRR's daemons do to a leaf by dying and coming back, and that all agree afterwards.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { frrTitled, frrUnavailable } from "./fabric.js";
import { FrrLeaf, HOST_A, HOST_B, OTHER_B } from "./frr_leaf.js";

const PATIENCE = { timeout: 60_000, interval: 100 };
const BOTH = [HOST_B.mac, OTHER_B.mac];
const count = (events: readonly string[], kind: string) => events.filter((event) => event.startsWith(kind)).length;

describe.skipIf(frrUnavailable !== null)(frrTitled("a leaf whose FRR comes and goes"), () => {
  let leaf: FrrLeaf;

  beforeAll(async () => {
    leaf = await FrrLeaf.make();
    await leaf.apply(60);
    leaf.speak(HOST_A);
    // zebra comes last: the hosts were announced before.
    await leaf.startFrr(leaf.b);
    await vi.waitFor(async () => expect(await leaf.b.vtysh("show evpn vni")).toContain("vx100"), PATIENCE);
    // This one would not look for what stood before it either.
    for (const host of [HOST_B, OTHER_B]) await leaf.attach(host);
    await leaf.startFrr(leaf.a);
    await returned(0);
  }, 90_000);
  afterAll(() => leaf?.remove());
  beforeEach(() => leaf.speak(HOST_A));

  async function returned(before: number): Promise<void> {
    await vi.waitFor(() => expect(count(leaf.events, "frr_returned")).toBeGreaterThan(before), PATIENCE);
  }

  /** All of FRR is there, and everybody says the same. */
  async function agreed(macs: readonly string[]): Promise<void> {
    await vi.waitFor(async () => {
      expect(leaf.remoteMacs()).toEqual(macs);
      expect(leaf.remoteBindings()).toBe(macs.length);
      expect(await leaf.heardBy(HOST_A)).toBe(true);
    }, PATIENCE);
    await vi.waitFor(async () => expect(await leaf.audit()).toEqual([]), PATIENCE);
    expect(leaf.control.problems()).toEqual([]);
  }

  it("tells a zebra that comes later of everything, and finds nothing that differs", async () => {
    await agreed(BOTH);
    expect(leaf.routes()).toContain("10.1.100.22/32 10.0.0.2");
  }, 90_000);

  it("a bgpd that is killed and comes back: everything returns, our own hosts' routes too", async () => {
    const before = count(leaf.events, "frr_returned");
    await leaf.a.stopDaemon("bgpd", "KILL");
    await vi.waitFor(() => expect(leaf.control.problems().join()).toContain("bgpd does not answer at"), PATIENCE);
    await leaf.a.startDaemon("bgpd");
    await returned(before);
    await agreed(BOTH);
  }, 90_000);

  it("a MAC withdrawn while zebra was dead goes when EVPN has converged, and nothing else", async () => {
    const before = count(leaf.events, "frr_returned");
    await leaf.a.stopDaemon("zebra", "KILL");
    await leaf.detach(OTHER_B);
    await vi.waitFor(
      async () => expect(await leaf.a.vtysh("show bgp l2vpn evpn")).not.toContain(OTHER_B.mac),
      PATIENCE,
    );
    expect(leaf.remoteMacs()).toEqual(BOTH);
    await leaf.a.startDaemon("zebra", ["-n"]);
    // bgpd finds it, and tells it of the VNIs, but repeats nothing: it has not converged, whatever audits say.
    await vi.waitFor(async () => expect(await leaf.a.vtysh("show evpn vni")).toContain("vx-100"), PATIENCE);
    expect(await leaf.audit(true)).toContain(`mac ${HOST_B.mac}: wait_for_evpn found`);
    await vi.waitFor(() => expect(leaf.control.problems().join()).toContain("restart bgpd"), PATIENCE);
    expect(leaf.remoteMacs()).toEqual(BOTH);
    expect(await leaf.kernelHas(OTHER_B)).toBe(true);
    await leaf.a.stopDaemon("bgpd");
    await leaf.a.startDaemon("bgpd");
    await returned(before);
    await agreed([HOST_B.mac]);
    expect(await leaf.kernelHas(OTHER_B)).toBe(false);
  }, 120_000);

  it("S44: without zebra for too long what EVPN told is given up; it comes back without what was withdrawn", async () => {
    await leaf.attach(OTHER_B);
    await agreed(BOTH);
    await leaf.apply(2);
    await agreed(BOTH);
    const before = count(leaf.events, "frr_returned");
    for (const daemon of ["zebra", "bgpd"] as const) await leaf.a.stopDaemon(daemon, "KILL");
    expect(leaf.remoteMacs()).toEqual(BOTH);
    await vi.waitFor(() => expect(leaf.remoteMacs()).toEqual([]), PATIENCE);
    expect([leaf.remoteBindings(), leaf.routes()]).toEqual([0, []]);
    expect(await leaf.kernelHas(HOST_B)).toBe(true);
    expect(leaf.control.problems()).toContain(
      "what EVPN told has been given up: FRR was silent for longer than control.frr.staleTime",
    );
    await leaf.detach(OTHER_B);
    const seen = new Set<string>();
    const watching = setInterval(() => leaf.remoteMacs().forEach((mac) => void seen.add(mac)), 5);
    for (const daemon of ["zebra", "bgpd"] as const) await leaf.a.startDaemon(daemon, daemon === "zebra" ? ["-n"] : []);
    await returned(before);
    await agreed([HOST_B.mac]);
    clearInterval(watching);
    expect([...seen]).toEqual([HOST_B.mac]);
    expect(await leaf.kernelHas(OTHER_B)).toBe(false);
  }, 120_000);
});
