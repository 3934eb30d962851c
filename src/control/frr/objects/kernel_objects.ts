// Keeps the kernel objects that zebra needs as the intent wants them: makes, adopts, repairs, removes. What is as it
// should be is not touched. Nothing here carries traffic: losing it costs what zebra knows, not what is forwarded.

import type { Clock } from "../../clock.js";
import type { EventSink } from "../../events.js";
import { type LinkMessage, Listeners, type Unsubscribe } from "../../netlink/index.js";
import type { WantedObjects } from "../intent.js";
import type { Places } from "../places.js";
import { foreignVxlans } from "./foreign.js";
import type { Namespaces } from "./namespaces.js";
import { bridgeObjects, type DomainObjects, type VrfObjects } from "./placed.js";
import { Sites } from "./sites.js";
import type { Step } from "./step.js";
import { sweep } from "./sweep.js";
import type { Unit } from "./unit.js";
import { Units } from "./units.js";
import type { Shadow } from "./vxlan_fault.js";

export interface KernelObjectsParts {
  readonly places: Places;
  readonly namespaces: Namespaces;
  /** Interface index in our own namespace. */
  readonly leash: number;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Resolves when a namespace that was just made may be filled. */
  readonly noticed: (namespace: string) => Promise<void>;
}

/** Between two repairs of one object. */
const REST_MS = 1_000;
/** Until what could not be made is tried again. */
const RETRY_MS = 5_000;
/** Units on the way at a time; each waits for the kernel's answers. */
const PARALLEL = 16;

const NOTHING: WantedObjects = {
  vrfBackend: "device",
  localAddress: new Uint8Array(4),
  udpPort: 0,
  shadowPort: 0,
  domains: new Map(),
  vrfs: new Map(),
};

export class KernelObjects {
  private readonly units = new Units();
  private readonly sites: Sites;
  private readonly changes = new Listeners<void>();
  private readonly siteProblems = new Map<string, string>();
  private wanted: WantedObjects = NOTHING;
  /** One thing at a time. */
  private work: Promise<void> = Promise.resolve();
  private lookPending = false;
  private told = "";
  private cancelRetry: (() => void) | undefined;
  private closed = false;

  constructor(private readonly parts: KernelObjectsParts) {
    const { places, namespaces, clock, noticed } = parts;
    this.sites = new Sites(
      places,
      namespaces,
      clock,
      noticed,
      (place, name) => this.interfaceChanged(place, name),
      () => this.enqueue(() => this.replaceSites()),
    );
  }

  /** Resolves when all has been tried; what could not be done is in problems(), and is tried again. */
  apply(wanted: WantedObjects): Promise<void> {
    return this.enqueue(() => this.reconcile(wanted));
  }

  *domains(): IterableIterator<DomainObjects> {
    for (const domain of this.wanted.domains.values()) {
      const site = this.sites.get(domain.place);
      const objects = site === undefined ? undefined : bridgeObjects(site.observed, domain);
      if (site === undefined || objects === undefined) continue;
      yield { place: site.place, bridgeDomain: domain.bridgeDomain, ...objects };
    }
  }

  *vrfs(): IterableIterator<VrfObjects> {
    for (const { vrf, name, place, table, l3 } of this.wanted.vrfs.values()) {
      const site = this.sites.get(place);
      if (site === undefined) continue;
      if (this.wanted.vrfBackend === "device" && site.observed.link(name)?.kind !== "vrf") continue;
      const objects = l3 === undefined ? undefined : bridgeObjects(site.observed, l3);
      yield { place: site.place, vrf, table, l3Bridge: objects?.bridge ?? 0, l3Vxlan: objects?.vxlan ?? 0 };
    }
  }

  /** Some interface index or namespace became another. */
  onChange(listener: () => void): Unsubscribe {
    return this.changes.add(listener);
  }

  problems(): string[] {
    const units = this.units.all().flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
    return [...this.siteProblems.values(), ...units, ...foreignVxlans(this.sites.all(), this.wanted)];
  }

  /** Removes what is ours. */
  close(): Promise<void> {
    this.closed = true;
    this.cancelRetry?.();
    this.work = this.work.then(async () => {
      for (const { name } of this.sites.all()) await this.trySite(name, () => this.sites.release(name));
      this.sites.close();
    });
    return this.work;
  }

  private get shadow(): Shadow {
    const { localAddress, shadowPort, udpPort } = this.wanted;
    return { localAddress, shadowPort, udpPort, leash: this.parts.leash };
  }

  private enqueue(task: () => Promise<void>): Promise<void> {
    const done = this.work.then(() => (this.closed ? undefined : task()));
    this.work = done.catch((error: unknown) => {
      this.siteProblems.set("*", error instanceof Error ? error.message : String(error));
      this.retryLater();
    });
    return this.work;
  }

  private async reconcile(wanted: WantedObjects): Promise<void> {
    this.wanted = wanted;
    this.siteProblems.clear();
    const needed = new Set(["", ...placesOf(wanted)]);
    for (const name of needed) await this.trySite(name, () => this.sites.open(name));
    this.units.reconcile(wanted);
    for (const site of this.sites.all()) {
      const isWanted = (link: LinkMessage) => this.units.isWanted(site.name, link, this.shadow);
      await this.trySite(site.name, () => sweep(site, isWanted));
    }
    for (const { name } of this.sites.all())
      if (!needed.has(name)) await this.trySite(name, () => this.sites.release(name));
    await this.settle(this.units.all(), () => {});
    this.tellOfChange();
  }

  /** VRF devices first, then all else side by side. */
  private async settle(units: readonly Unit[], told: (unit: Unit, step: Step) => void): Promise<void> {
    const [vrfs, bridges] = [true, false].map((isVrf) =>
      units.filter(({ intent }) => (intent.kind === "vrf") === isVrf),
    );
    for (const batch of [vrfs!, bridges!]) {
      const queue = batch.values();
      const worker = async (): Promise<void> => {
        for (const unit of queue) await this.settleOne(unit, told);
      };
      await Promise.all(Array.from({ length: Math.min(PARALLEL, batch.length) }, worker));
    }
    if (units.some(({ problem }) => problem !== undefined)) this.retryLater();
  }

  private async settleOne(unit: Unit, told: (unit: Unit, step: Step) => void): Promise<void> {
    const site = this.sites.get(unit.place);
    // Why there is none is told of the site.
    unit.problem = undefined;
    if (site === undefined) return;
    await unit
      .settle(site, this.shadow, (step) => told(unit, step))
      .catch((error: unknown) => {
        unit.problem = error instanceof Error ? error.message : String(error);
      });
  }

  private interfaceChanged(place: string, name: string): void {
    const units = this.units.of(place, name);
    for (const unit of units) unit.dirty = true;
    if (units.length > 0) this.lookSoon();
  }

  /** Once for all that is told of until it runs. */
  private lookSoon(): void {
    if (this.lookPending || this.closed) return;
    this.lookPending = true;
    setImmediate(() => void this.enqueue(() => this.repair()));
  }

  private async repair(): Promise<void> {
    this.lookPending = false;
    this.tellOfChange();
    // An interface that is deleted goes down first: what the kernel is at, it may finish.
    for (const { name, observed } of this.sites.all()) await this.trySite(name, () => observed.settle());
    const units = this.units.all().filter(({ dirty, resting }) => dirty && !resting);
    const repaired = new Set<string>();
    await this.settle(units, (unit, { interface: name, place = unit.place, what }) => {
      this.rest(unit);
      if (repaired.has(`${place}/${name}`)) return;
      repaired.add(`${place}/${name}`);
      this.parts.events("kernel_object_repaired", { interface: name, namespace: place, what });
    });
    this.tellOfChange();
  }

  private rest(unit: Unit): void {
    if (unit.resting) return;
    unit.resting = true;
    this.parts.clock.after(REST_MS, () => {
      unit.resting = false;
      if (unit.dirty) this.lookSoon();
    });
  }

  private retryLater(): void {
    if (this.closed) return;
    this.cancelRetry ??= this.parts.clock.after(RETRY_MS, () => {
      this.cancelRetry = undefined;
      void this.enqueue(() => this.reconcile(this.wanted));
    });
  }

  private async replaceSites(): Promise<void> {
    const names = this.sites.replaced();
    if (names.length === 0) return;
    for (const name of names) {
      this.parts.events("kernel_object_repaired", { interface: "", namespace: name, what: "make" });
      await this.trySite(name, () => this.sites.abandon(name));
    }
    await this.reconcile(this.wanted);
  }

  private async trySite(name: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.siteProblems.set(name, name === "" ? why : `network namespace ${name}: ${why}`);
      this.retryLater();
    }
  }

  /** Followers hear of what became another, not of every notification. */
  private tellOfChange(): void {
    const indexes = [...this.domains(), ...this.vrfs()].map(({ place, ...objects }) => ({
      ...objects,
      identity: this.sites.get(place.name)?.identity,
    }));
    const now = JSON.stringify(indexes);
    if (now === this.told) return;
    this.told = now;
    this.changes.emit();
  }
}

function placesOf({ domains, vrfs }: WantedObjects): string[] {
  return [...domains.values(), ...vrfs.values()].map(({ place }) => place);
}
