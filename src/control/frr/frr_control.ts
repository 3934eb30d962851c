// FRR as the control plane: puts the parts together. The kernel's objects, in and out of which zebra speaks; what it says
// (mirror), what is said to it (announce), whether it is there (vty), and whether all agree (audit).

import type { Tables } from "../../tables/tables.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { Clock } from "../clock.js";
import type { EventSink } from "../events.js";
import type { NeighborKeeper } from "../neighbors/keeper.js";
import type { RemoteMacs } from "../remote/macs.js";
import type { RemoteVteps } from "../remote/vteps.js";
import type { RouteControl } from "../routing/routes.js";
import type { VrfControl } from "../routing/vrfs.js";
import { Announcer } from "./announce/announcer.js";
import type { FrrIntent } from "./intent.js";
import { Mirror } from "./mirror/mirror.js";
import type { Place } from "./places.js";
import { FrrWatch } from "./vty/index.js";
import type { FrrWorld } from "./world.js";

export interface FrrControlParts {
  readonly world: FrrWorld;
  readonly tables: Tables;
  readonly domains: BridgeDomainControl;
  readonly vrfs: VrfControl;
  readonly vteps: RemoteVteps;
  readonly macs: RemoteMacs;
  readonly routes: RouteControl;
  readonly neighbors: NeighborKeeper;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Tables have changed. */
  readonly changed: () => void;
}

export class FrrControl {
  private readonly mirrors = new Map<Place, Mirror>();
  private readonly announcer: Announcer;
  private readonly stopFollowing: () => void;
  private watch: FrrWatch;

  constructor(
    private readonly parts: FrrControlParts,
    private intent: FrrIntent,
  ) {
    const { tables, clock, events, domains, neighbors, world } = parts;
    this.announcer = new Announcer({
      ...{ tables, clock, events, domains, objects: world.objects, local: neighbors.local },
      staleSeconds: () => this.intent.staleSeconds,
      isStickyElsewhere: (bd, hi, lo) => [...this.mirrors.values()].some((mirror) => mirror.isSticky(bd, hi, lo)),
    });
    this.watch = this.startWatch();
    this.stopFollowing = world.objects.onChange(() => void this.followObjects());
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
    for (const mirror of this.mirrors.values()) mirror.follow();
    this.announcer.follow();
  }

  problems(): string[] {
    const { objects } = this.parts.world;
    const mirrored = [...this.mirrors.values()].flatMap((mirror) => mirror.problems());
    return [...this.watch.reasons(), ...objects.problems(), ...mirrored, ...this.announcer.problems()];
  }

  /** Takes back what was announced, also from objects that outlive us. */
  withdraw(): Promise<void> {
    return this.announcer.withdrawAll();
  }

  /** Takes what zebra said out of the tables. */
  forget(): void {
    for (const mirror of this.mirrors.values()) mirror.forget();
  }

  /** The kernel's objects stay: they are the world's. */
  close(): void {
    this.stopFollowing();
    this.watch.close();
    this.announcer.close();
    for (const mirror of this.mirrors.values()) mirror.close();
    this.mirrors.clear();
  }

  private startWatch(): FrrWatch {
    const { clock, events } = this.parts;
    const { vtyFolder, staleSeconds } = this.intent;
    const watch = new FrrWatch({ folder: vtyFolder, staleMs: staleSeconds * 1_000, clock, events });
    watch.onStale(() => {
      for (const mirror of this.mirrors.values()) mirror.sweep();
    });
    watch.onReturn(() => {
      for (const mirror of this.mirrors.values()) mirror.resume();
    });
    watch.start();
    return watch;
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
    await Promise.all([...this.mirrors.values()].map((mirror) => mirror.refresh()));
  }

  private mirrorOf(place: Place): Mirror {
    const { world, tables, domains, vrfs, vteps, macs, routes, neighbors, clock, events, changed } = this.parts;
    const mirror = new Mirror({
      ...{ place, objects: world.objects, tables, domains, vrfs, vteps, macs, routes, neighbors, clock, events },
      changed,
    });
    if (this.watch.stale) mirror.sweep();
    return mirror;
  }
}
