// FRR as the control plane: puts the parts together. The kernel's objects, in and out of which zebra speaks; what it says
// (mirror), what is said to it (announce), whether it is there (vty), and whether all agree (audit).

import type { Driver } from "../../dataplane/driver.js";
import type { Tables } from "../../tables/tables.js";
import type { Attachments } from "../attachments.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { Clock } from "../clock.js";
import type { EventSink } from "../events.js";
import type { NeighborKeeper } from "../neighbors/keeper.js";
import type { RemoteMacs } from "../remote/macs.js";
import type { RemoteVteps } from "../remote/vteps.js";
import type { RouteControl } from "../routing/routes.js";
import type { VrfControl } from "../routing/vrfs.js";
import type { Configured } from "../static/configured.js";
import { Announcer } from "./announce/announcer.js";
import { Audit, type AuditRow, LEFTOVERS, RouterMacWatch } from "./audit/index.js";
import type { FrrIntent } from "./intent.js";
import { Mirror } from "./mirror/mirror.js";
import type { Place } from "./places.js";
import { PrefixesBehind } from "./prefixes_behind.js";
import { SegmentControl, type ShownSegment } from "./segments/index.js";
import { FrrWatch } from "./vty/index.js";
import type { FrrWorld } from "./world.js";

export interface FrrControlParts {
  readonly world: FrrWorld;
  readonly tables: Tables;
  readonly driver: Pick<Driver, "fdbDifferences">;
  readonly domains: BridgeDomainControl;
  readonly vrfs: VrfControl;
  readonly vteps: RemoteVteps;
  readonly macs: RemoteMacs;
  readonly routes: RouteControl;
  readonly neighbors: NeighborKeeper;
  readonly attachments: Pick<Attachments, "all">;
  readonly configured: Configured;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Tables have changed. */
  readonly changed: () => void;
}

export class FrrControl {
  private readonly mirrors = new Map<Place, Mirror>();
  private readonly segments: SegmentControl;
  private readonly announcer: Announcer;
  private readonly auditor: Audit;
  private readonly routerMacs: RouterMacWatch;
  private readonly stopFollowing: () => void;
  private watch: FrrWatch;
  /** What zebra said is not in the tables: it has been silent for too long. */
  private isSwept = false;
  private closed = false;

  constructor(
    private readonly parts: FrrControlParts,
    private intent: FrrIntent,
  ) {
    const { tables, clock, events, domains, neighbors, world } = parts;
    this.segments = new SegmentControl({
      ...parts,
      mirror: () => this.mirrors.get(world.places.own),
      vniOf: (bridgeDomain) => this.vniOf(bridgeDomain),
      zebra: () => this.watch.vtys.zebra,
    });
    this.announcer = new Announcer({
      ...{ tables, clock, events, domains, objects: this.segments, local: neighbors.local },
      staleSeconds: () => this.intent.staleSeconds,
      isStickyElsewhere: (bd, hi, lo) => [...this.mirrors.values()].some((mirror) => mirror.isSticky(bd, hi, lo)),
    });
    this.auditor = this.makeAudit();
    this.routerMacs = this.makeRouterMacWatch();
    this.watch = this.startWatch();
    this.stopFollowing = world.objects.onChange(() => void this.followObjects());
    // What stands on a port is read as what the port is.
    this.segments.onPorts(() => {
      for (const mirror of this.mirrors.values()) void mirror.readAgain();
    });
  }

  /** Resolves when the kernel's objects are there, as far as they can be, and what zebra wrote has been read. */
  async apply(intent: FrrIntent): Promise<void> {
    const { vtyFolder, staleSeconds } = this.intent;
    this.intent = intent;
    if (vtyFolder !== intent.vtyFolder || staleSeconds !== intent.staleSeconds) {
      this.watch.close();
      this.watch = this.startWatch();
    }
    this.parts.world.vtyFolder = intent.vtyFolder;
    await this.parts.world.objects.apply(intent.objects);
    await this.followObjects();
  }

  /** To be called before the data path follows the tables. */
  follow(): void {
    this.segments.follow();
    for (const mirror of this.mirrors.values()) mirror.follow();
    this.announcer.follow();
  }

  /** Compares what FRR, the kernel, the tables and the data path say. Rejects with `frr_down` without zebra. */
  audit(repair: boolean): Promise<AuditRow[]> {
    return this.auditor.run({ repair });
  }

  ownSegments(): Iterable<ShownSegment> {
    return this.segments.shown();
  }

  problems(): string[] {
    const { objects } = this.parts.world;
    const mirrored = [...this.mirrors.values()].flatMap((mirror) => mirror.problems());
    const said = [...this.watch.reasons(), ...objects.problems(), ...this.segments.problems()];
    return [...said, ...mirrored, ...this.announcer.problems()];
  }

  /** Takes back what was announced, also from objects that outlive us. */
  async withdraw(): Promise<void> {
    await this.announcer.withdrawAll();
    await this.segments.leave();
  }

  /** Takes what zebra said out of the tables. */
  forget(): void {
    for (const mirror of this.mirrors.values()) mirror.forget();
    this.segments.forget();
  }

  /** The kernel's objects stay: they are the world's. */
  close(): void {
    this.closed = true;
    this.stopFollowing();
    this.watch.close();
    this.routerMacs.close();
    this.announcer.close();
    this.segments.close();
    for (const mirror of this.mirrors.values()) mirror.close();
    this.mirrors.clear();
  }

  private startWatch(): FrrWatch {
    const { clock, events } = this.parts;
    const { vtyFolder, staleSeconds } = this.intent;
    const vnis = () => this.vnis();
    const watch = new FrrWatch({ folder: vtyFolder, staleMs: staleSeconds * 1_000, clock, events, vnis });
    watch.onStale(() => {
      this.isSwept = true;
      this.segments.distrust();
      for (const mirror of this.mirrors.values()) mirror.sweep();
    });
    watch.onReturn(() => void this.returned());
    watch.onVnis((known) => this.renewBindings(known));
    watch.start();
    this.segments.ask(vtyFolder);
    return watch;
  }

  /** What zebra does not know leaves the kernel first: taken back, it would lead frames to where nobody is. */
  private async returned(): Promise<void> {
    const { watch } = this;
    if (this.isSwept) {
      await this.repair(LEFTOVERS);
      if (this.closed || this.watch !== watch || watch.stale) return;
      this.isSwept = false;
      for (const mirror of this.mirrors.values()) mirror.resume();
    }
    await this.repair();
  }

  private async repair(only?: typeof LEFTOVERS): Promise<void> {
    const { events } = this.parts;
    try {
      const rows = await this.auditor.run({ repair: true, only });
      const count = (outcome: string) => rows.filter((row) => row.outcome === outcome).length;
      if (rows.length > 0) events("audit_done", { differences: rows.length, repaired: count("repaired") });
    } catch (error) {
      if (!this.closed) events("audit_failed", { why: error instanceof Error ? error.message : String(error) });
    }
  }

  /** zebra (8.4.4) reads the neighbours that stand in our own namespace, but not those in the namespaces of VRFs. */
  private renewBindings(vnis: ReadonlySet<number>): void {
    for (const { place, bridgeDomain, vxlan } of this.parts.world.objects.domains()) {
      if (place.name !== "" && vxlan !== 0 && vnis.has(this.vniOf(bridgeDomain)))
        this.announcer.renewBindings(bridgeDomain);
    }
  }

  private *vnis(): Generator<number> {
    for (const { bridgeDomain, vxlan } of this.parts.world.objects.domains()) {
      if (vxlan !== 0) yield this.vniOf(bridgeDomain);
    }
  }

  private vniOf(bridgeDomain: string): number {
    return this.intent.objects.domains.get(bridgeDomain)?.vni ?? 0;
  }

  private async followObjects(): Promise<void> {
    const { places } = this.parts.world;
    const present = new Set(places.all());
    for (const [place, mirror] of this.mirrors) {
      if (present.has(place)) continue;
      mirror.forget();
      mirror.close();
      this.mirrors.delete(place);
    }
    for (const place of present) if (!this.mirrors.has(place)) this.mirrors.set(place, this.mirrorOf(place));
    this.routerMacs.follow();
    this.watch.vnisChanged();
    await Promise.all([...this.mirrors.values()].map((mirror) => mirror.refresh()));
  }

  private mirrorOf(place: Place): Mirror {
    const { world, tables, domains, vrfs, vteps, macs, routes, neighbors, clock, events, changed } = this.parts;
    const mirror = new Mirror({
      ...{ place, objects: world.objects, tables, domains, vrfs, vteps, macs, routes, neighbors, clock, events },
      changed,
      segmentPort: (name, ifindex, bd) => this.segments.portAt(name, ifindex, bd),
      halfTold: () => place.name === "" && this.segments.halfTold(),
    });
    if (this.isSwept) mirror.sweep();
    return mirror;
  }

  private makeAudit(): Audit {
    const { world, tables, domains, vteps, routes, configured, clock, driver, changed } = this.parts;
    const readAgain = async () => {
      await Promise.all(Array.from(this.mirrors.values(), (mirror) => mirror.readAgain()));
    };
    return new Audit({
      ...{ clock, configured, objects: world.objects, announcer: this.announcer, dataPath: driver },
      held: {
        ...{ tables, changed, routes: () => routes.all() },
        domainOf: (name) => domains.idOf(name),
        domainName: (bd) => domains.nameOf(bd),
        vtepAddressOf: (vtep) => vteps.addressOf(vtep),
      },
      mirror: { readAgain },
      vtys: () => this.watch.vtys,
      isSettled: () => this.watch.state().settled,
      vniOf: (bridgeDomain) => this.vniOf(bridgeDomain),
      vrfOf: (vrf) => ({ l3Vni: this.intent.objects.vrfs.get(vrf)?.l3?.vni ?? 0, frrName: this.frrNameOf(vrf) }),
    });
  }

  private makeRouterMacWatch(): RouterMacWatch {
    const { world, routes, configured, clock, events } = this.parts;
    const isConfigured = (vrf: string, prefix: string) => configured.isRoute(vrf, prefix);
    const prefixes = new PrefixesBehind({ clock, routes: () => routes.all(), isConfigured });
    return new RouterMacWatch({
      ...{ clock, events, vtys: () => this.watch.vtys, vrfs: () => world.objects.vrfs() },
      frrNameOf: (vrf) => this.frrNameOf(vrf),
      prefixBehind: (vrf, vtep) => prefixes.of(vrf, vtep),
    });
  }

  private frrNameOf(vrf: string): string {
    return this.intent.objects.vrfs.get(vrf)?.name ?? vrf;
  }
}
