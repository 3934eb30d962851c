/** Whatever order things come in, and whatever is lost on the way: the tables end as those of one who reads afresh. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rounds } from "../../effort.js";
import { titled, unavailable } from "../netlink/kernel.js";
import {
  binding,
  flood,
  localMac,
  MirrorKernel,
  MirrorLab,
  noFlood,
  orNot,
  remoteMac,
  route,
  routerMac,
  stickyMac,
  withdrawnMac,
} from "./mirror_lab.js";

const STEPS = 200;

/** A small deterministic generator: a failure names the seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % sides;
  };
}

/** One thing that zebra, our announcer or an operator might write. */
function randomStep(roll: (sides: number) => number, kernel: MirrorKernel): void {
  const mac = `02:aa:00:00:00:${(roll(12) + 16).toString(16)}`;
  const vtep = `10.0.0.${roll(4) + 2}`;
  const vxlan = roll(2) === 0 ? "vx100" : "vx200";
  const prefix = [`10.1.200.${roll(6)}/32`, `10.${roll(4) + 2}.0.0/16`][roll(2)]!;
  const steps: (() => void)[] = [
    () => kernel.fdb(remoteMac(mac, vtep, vxlan), remoteMac(mac, vtep, vxlan)),
    () => kernel.fdb(withdrawnMac(mac, vtep, vxlan)),
    () => kernel.fdb(localMac(mac, vxlan === "vx100" ? "lp100" : "lp200")),
    () => kernel.fdb(`del ${mac} dev lp100 master`),
    () => kernel.fdb(stickyMac(mac, vtep)),
    () => kernel.fdb(flood(vtep, vxlan)),
    () => kernel.fdb(noFlood(vtep, vxlan)),
    () => kernel.ip(binding(`10.1.100.${roll(6) + 10}`, mac)),
    () => kernel.ip(`neigh del 10.1.100.${roll(6) + 10} dev br100`),
    () => kernel.ip(routerMac(vtep, `02:00:00:00:5${roll(2)}:02`)),
    () => kernel.ip(route(prefix, vtep)),
    () => kernel.ip(route(prefix, vtep, `10.0.0.${roll(2) + 6}`)),
    () => kernel.ip(`route del ${prefix}`),
  ];
  orNot(steps[roll(steps.length)]!);
}

describe.skipIf(unavailable !== null)(titled("a mirror of what changes"), () => {
  let kernel: MirrorKernel;
  let lab: MirrorLab;
  let fresh: MirrorLab;

  beforeEach(() => {
    kernel = new MirrorKernel();
    lab = new MirrorLab(kernel);
    fresh = new MirrorLab(kernel);
  });

  afterEach(() => {
    lab.close();
    fresh.close();
    kernel.remove();
  });

  async function comparedAfter(seed: number, options: { receiveBufferBytes?: number }): Promise<void> {
    await lab.open(options);
    const roll = dice(seed);
    for (let step = 0; step < STEPS; step++) {
      randomStep(roll, kernel);
      if (roll(2) === 0) await new Promise((resolve) => setImmediate(resolve));
      if (roll(20) === 0) await lab.mirror.refresh();
      if (roll(25) === 0) lab.mirror.readAgain();
    }
    await fresh.open();
    const agree = () => {
      lab.clock.advance(1_000);
      expect(lab.everything(), `seed ${seed} ${lab.mirror.problems()}`).toEqual(fresh.everything());
    };
    await vi.waitFor(agree, { timeout: 20_000, interval: 200 });
    expect(fresh.fdb().length + fresh.routeRows().length).toBeGreaterThan(0);
  }

  for (let seed = 1; seed <= rounds(1); seed++) {
    it(`is as a fresh one, seed ${seed}`, () => comparedAfter(seed, {}));
    it(`is as a fresh one though messages are lost, seed ${seed}`, () =>
      comparedAfter(seed, { receiveBufferBytes: 2048 }));
  }
});
