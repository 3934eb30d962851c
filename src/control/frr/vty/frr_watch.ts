// Whether FRR is there, and since when not. Forwarding goes on with what it last said; how long, this tells:
//
//   zebra goes ──► stale after staleMs ──► onStale: what came by EVPN is to be forgotten
//   zebra comes ─► EVPN converges ───────► onReturn: what zebra does not know may go from the kernel
//               └► bgpd tells it nothing ► stale after staleMs, and waiting goes on
//
// A zebra that was killed leaves its entries in the kernel and does not look at them when it starts again; so the return
// matters for our own first start too.

import type { Clock } from "../../clock.js";
import type { EventSink } from "../../events.js";
import { Listeners, type Unsubscribe } from "../../netlink/listeners.js";
import { type Convergence, ConvergenceWatch, type EvpnSources } from "./convergence.js";
import { DaemonLink, type DaemonState } from "./daemon_link.js";
import type { FrrVersion } from "./release.js";
import { VniWatch } from "./vni_watch.js";

const STALE = "what EVPN told has been given up: FRR was silent for longer than control.frr.staleTime";
/** Peers of a fabric need time, whatever the operator thinks of stale state. */
const LEAST_CONVERGENCE_MS = 30_000;

export interface FrrState {
  readonly zebra: DaemonState;
  readonly bgpd: DaemonState;
  /** Of zebra. */
  readonly version: FrrVersion | undefined;
  /** EVPN is at rest since zebra or bgpd came, or has had its time: what zebra does not know is not there. */
  readonly settled: boolean;
  /** Why it is not all as it should be. */
  readonly reasons: readonly string[];
}

export interface FrrWatchOptions {
  /** Folder of the vty sockets. */
  readonly folder: string;
  readonly staleMs: number;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Our L2 VNIs. */
  readonly vnis: () => Iterable<number>;
}

export interface FrrReturn {
  /** False where the time was up before all peers were. */
  readonly converged: boolean;
}

export class FrrWatch {
  private readonly zebra: DaemonLink;
  private readonly bgpd: DaemonLink;
  private readonly changes = new Listeners<FrrState>();
  private readonly staleListeners = new Listeners<void>();
  private readonly returns = new Listeners<FrrReturn>();
  private cancelStale: (() => void) | undefined;
  private readonly vniListeners = new Listeners<ReadonlySet<number>>();
  private readonly vniWatch: VniWatch;
  private convergence: ConvergenceWatch | undefined;
  private isSettled = false;
  private isStale = false;

  constructor(private readonly options: FrrWatchOptions) {
    const { folder, clock, vnis } = options;
    const known = (ones: ReadonlySet<number>) => this.vniListeners.emit(ones);
    this.vniWatch = new VniWatch({ clock, vnis, zebra: () => this.zebra.vty, known });
    this.zebra = new DaemonLink({ folder, daemon: "zebra", clock });
    this.bgpd = new DaemonLink({ folder, daemon: "bgpd", clock });
    this.zebra.onChange((state) => this.zebraChanged(state));
    this.bgpd.onChange((state) => this.bgpdChanged(state));
  }

  start(): void {
    this.startStaleTimer();
    this.zebra.start();
    this.bgpd.start();
  }

  /** Those who answer now. */
  get vtys(): EvpnSources {
    return { zebra: this.zebra.vty, bgpd: this.bgpd.vty };
  }

  state(): FrrState {
    const { zebra, bgpd, isSettled } = this;
    return {
      zebra: zebra.state,
      bgpd: bgpd.state,
      version: zebra.version,
      settled: isSettled,
      reasons: this.reasons(),
    };
  }

  /** Whether what zebra last said has been given up. */
  get stale(): boolean {
    return this.isStale;
  }

  reasons(): string[] {
    const why = this.isStale ? STALE : "";
    const silence = this.convergence?.reason ?? "";
    return [this.zebra.reason, this.bgpd.reason, silence, why].filter((reason) => reason !== "");
  }

  /** Our VNIs are others, or their devices. */
  vnisChanged(): void {
    this.vniWatch.begin();
  }

  /** zebra has begun to know VNIs of ours: after it came, after bgpd did, or after the VNI's device. */
  onVnis(listener: (vnis: ReadonlySet<number>) => void): Unsubscribe {
    return this.vniListeners.add(listener);
  }

  onChange(listener: (state: FrrState) => void): Unsubscribe {
    return this.changes.add(listener);
  }

  onStale(listener: () => void): Unsubscribe {
    return this.staleListeners.add(listener);
  }

  onReturn(listener: (how: FrrReturn) => void): Unsubscribe {
    return this.returns.add(listener);
  }

  close(): void {
    this.cancelStale?.();
    this.convergence?.close();
    this.vniWatch.close();
    this.zebra.close();
    this.bgpd.close();
  }

  private zebraChanged(state: DaemonState): void {
    this.tell("zebra", state);
    if (state === "up") {
      this.cancelStale?.();
      this.cancelStale = undefined;
      this.awaitConvergence();
    } else {
      this.convergence?.close();
      this.convergence = undefined;
      this.isSettled = false;
      if (!this.isStale && this.cancelStale === undefined) this.startStaleTimer();
    }
    this.changes.emit(this.state());
  }

  private bgpdChanged(state: DaemonState): void {
    this.tell("bgpd", state);
    this.isSettled = false;
    if (this.zebra.state === "up") this.awaitConvergence();
    this.changes.emit(this.state());
  }

  private tell(daemon: string, state: DaemonState): void {
    this.options.events(`frr_${state}`, { daemon });
  }

  private startStaleTimer(): void {
    const { clock, staleMs } = this.options;
    this.cancelStale = clock.after(staleMs, () => {
      this.cancelStale = undefined;
      this.becomeStale();
    });
  }

  private becomeStale(): void {
    if (this.isStale) return;
    this.isStale = true;
    this.options.events("frr_stale", { seconds: this.options.staleMs / 1000 });
    this.staleListeners.emit();
    this.changes.emit(this.state());
  }

  /** After zebra or bgpd came or went, while there is a zebra. */
  private awaitConvergence(): void {
    const { clock, staleMs, vnis } = this.options;
    this.convergence?.close();
    this.vniWatch.begin();
    const boundMs = Math.max(staleMs, LEAST_CONVERGENCE_MS);
    const told = (how: Convergence) => this.converged(how);
    this.convergence = new ConvergenceWatch({ clock, boundMs, vnis, sources: () => this.vtys, told });
  }

  private converged(how: Convergence): void {
    if (how === "untold") {
      this.becomeStale();
      return;
    }
    const converged = how === "all";
    this.convergence = undefined;
    this.isSettled = true;
    this.isStale = false;
    this.options.events("frr_returned", { converged });
    this.returns.emit({ converged });
    this.changes.emit(this.state());
  }
}
