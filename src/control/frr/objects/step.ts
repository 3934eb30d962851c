// One change of the kernel, and the plan that it is part of.

import type { NetlinkClient } from "../../netlink/index.js";

export interface Step {
  /** The interface it is about. */
  readonly interface: string;
  /** Where that is; undefined: with the rest of the unit. */
  readonly place?: string;
  /** What it does to it, for events and problems: "make", "set", "bring up"... */
  readonly what: string;
  /** The kernel tells of it at its leisure: addresses are read again to see it. */
  readonly isToldLate?: boolean;
  run(): Promise<void>;
}

/** What is to be done next, and what stands in the way. Steps may uncover others: plan again when they are done. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly problem: string | undefined;
}

export const NOTHING_TO_DO: Plan = { steps: [], problem: undefined };

export function blocked(problem: string): Plan {
  return { steps: [], problem };
}

export function step(client: NetlinkClient, name: string, what: string, message: Uint8Array): Step {
  return { interface: name, what, run: () => client.execute(message) };
}

/** Problems are those of the first plan that has one. */
export function together(plans: readonly Plan[]): Plan {
  return {
    steps: plans.flatMap(({ steps }) => steps),
    problem: plans.find(({ problem }) => problem !== undefined)?.problem,
  };
}
