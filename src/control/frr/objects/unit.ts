// What is made, repaired and reported as one: the bridge of a domain or of an L3 VNI with its ports, or a VRF device.

import { isDeepStrictEqual } from "node:util";
import { VtepError } from "../../../wire/error.js";
import type { BridgeIntent, FrrVrfIntent } from "../intent.js";
import { planBridge, type Site } from "./bridge_plan.js";
import { type Plan, type Step } from "./step.js";
import { explainVrf, planVrf } from "./vrf_plan.js";
import type { Shadow } from "./vxlan_fault.js";

/** Each round does what the one before made possible; what takes more does not end. */
const MOST_ROUNDS = 12;

/** An interface by the network namespace it is in, and its name there. */
export interface PlacedName {
  readonly place: string;
  readonly name: string;
}

export type UnitIntent =
  | { readonly kind: "bridge"; readonly bridge: BridgeIntent }
  | { readonly kind: "vrf"; readonly vrf: FrrVrfIntent };

export class Unit {
  /** Something of it may have changed since it was last looked at. */
  dirty = true;
  /** Repaired a moment ago: two daemons that fight over an object do so slowly. */
  resting = false;
  problem: string | undefined;
  private former: BridgeIntent["addresses"] = [];

  constructor(
    readonly place: string,
    private current: UnitIntent,
  ) {}

  get intent(): UnitIntent {
    return this.current;
  }

  set intent(next: UnitIntent) {
    if (isDeepStrictEqual(this.current, next)) return;
    if (this.current.kind === "bridge") this.former = [...this.former, ...this.current.bridge.addresses];
    this.current = next;
  }

  /** Interfaces that it consists of. */
  interfaces(): PlacedName[] {
    if (this.current.kind === "vrf") return [this.here(this.current.vrf.name)];
    const { bridge, vxlan, port, portPeer, portPeerPlace, vni } = this.current.bridge;
    const names = vni === 0 ? [bridge, port] : [bridge, vxlan, port];
    return [...names.map((name) => this.here(name)), { place: portPeerPlace, name: portPeer }];
  }

  /** Interfaces of others that it depends on. */
  lookedAt(): PlacedName[] {
    const vrfDevice = this.current.kind === "bridge" ? this.current.bridge.vrfDevice : "";
    return vrfDevice === "" ? [] : [this.here(vrfDevice)];
  }

  /** Brings the kernel in line. Every step that was taken is told of; a refused one becomes the problem. */
  async settle(site: Site, shadow: Shadow, told: (step: Step) => void): Promise<void> {
    this.dirty = false;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { steps, problem } = this.plan(site, shadow);
      this.problem = problem;
      if (steps.length === 0) {
        this.former = [];
        return;
      }
      for (const step of steps) {
        if (!(await this.take(step))) return;
        told(step);
      }
      if (steps.some(({ place }) => place !== undefined)) await site.own.observed.settle();
      await (steps.some(({ isToldLate }) => isToldLate) ? site.observed.readAddresses() : site.observed.settle());
    }
    this.problem = `${this.interfaces()[0]?.name} is altered by somebody as often as it is set`;
  }

  private here(name: string): PlacedName {
    return { place: this.place, name };
  }

  private plan(site: Site, shadow: Shadow): Plan {
    if (this.current.kind === "vrf") return planVrf(site, this.current.vrf);
    return planBridge(site, this.current.bridge, shadow, this.former);
  }

  private async take(step: Step): Promise<boolean> {
    try {
      await step.run();
      return true;
    } catch (error) {
      const why = (this.current.kind === "vrf" ? explainVrf(error) : undefined) ?? reasonOf(error);
      this.problem = `cannot ${step.what} ${step.interface}: ${why}`;
      return false;
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof VtepError && typeof error.meta.kernelMessage === "string")
    return `${String(error.meta.errno)}: ${error.meta.kernelMessage}`;
  return error instanceof Error ? error.message : String(error);
}
