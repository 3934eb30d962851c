// What the API may ask of a running VTEP: telemetry's views over its present state.

import { FdbFlag, FdbKind } from "../abi/generated.js";
import type { FdbFilter, FlushFilter, Readiness, ReloadResult, VtepOperations } from "../api/operations.js";
import { monotonicCoarseTicks } from "../native/index.js";
import type { FdbEntry } from "../tables/fdb.js";
import type { AuditView } from "../telemetry/audit_view.js";
import type { EventRing } from "../telemetry/events.js";
import type {
  BridgeDomainView,
  DropView,
  EventView,
  FdbView,
  MacPathView,
  NeighborView,
  PortView,
  RepairView,
  RouteView,
  SegmentView,
  StatusView,
  VrfView,
  VtepView,
} from "../telemetry/view_types.js";
import {
  bridgeDomainViews,
  dropViews,
  fdbViews,
  macPathViews,
  neighborViews,
  portViews,
  repairViews,
  routeViews,
  vrfViews,
  vtepViews,
} from "../telemetry/views.js";
import { VtepError } from "../wire/error.js";
import { ControlNames } from "./names.js";
import type { Vtep } from "./vtep.js";

const POLL_MS = 100;

export class Operations implements VtepOperations {
  constructor(
    private readonly vtep: Vtep,
    private readonly ring: EventRing,
    private readonly version: string,
    private readonly configFile: string,
  ) {}

  status(): StatusView {
    const { vtep } = this;
    const problems = vtep.isOpen ? vtep.control.problems() : ["the data path is being opened"];
    const reasons = vtep.isOpen ? [...problems, ...vtep.control.warnings()] : problems;
    const state = !vtep.forwards ? "starting" : problems.length === 0 ? "ready" : "degraded";
    return {
      state,
      reasons,
      datapath: vtep.datapath,
      datapathReason: vtep.datapathReason,
      version: this.version,
      uptimeSeconds: Math.floor(process.uptime()),
      address: vtep.config.vtep.address,
      udpPort: vtep.config.vtep.udpPort,
      configFile: this.configFile,
      processId: process.pid,
    };
  }

  ports(): PortView[] {
    return portViews(this.vtep.tables, this.names(), this.counters());
  }

  fdb(filter: FdbFilter): Iterable<FdbView> {
    return fdbViews(this.vtep.tables, this.names(), monotonicCoarseTicks(), filter);
  }

  macPaths(mac: string): Iterable<MacPathView> {
    return macPathViews(this.vtep.tables, this.names(), monotonicCoarseTicks(), mac);
  }

  neighbors(): Iterable<NeighborView> {
    return neighborViews(this.vtep.tables, this.names(), monotonicCoarseTicks());
  }

  routes(): Iterable<RouteView> {
    return routeViews(this.names());
  }

  vrfs(): Iterable<VrfView> {
    return vrfViews(this.vtep.tables, this.names());
  }

  vteps(): Iterable<VtepView> {
    return vtepViews(this.vtep.tables, this.names(), this.counters());
  }

  bridgeDomains(): Iterable<BridgeDomainView> {
    return bridgeDomainViews(this.vtep.tables, this.names(), this.counters());
  }

  drops(): Iterable<DropView> {
    return dropViews(this.vtep.tables, this.names(), this.counters());
  }

  segments(): Iterable<SegmentView> {
    return this.vtep.isOpen ? (this.vtep.control.frr?.ownSegments() ?? []) : [];
  }

  repairs(): Iterable<RepairView> {
    return repairViews(this.vtep.tables, this.names(), this.counters().fixes);
  }

  events(limit?: number): EventView[] {
    return this.ring.list(limit);
  }

  async audit(repair: boolean): Promise<Iterable<AuditView>> {
    const { frr } = this.vtep.control;
    if (frr === undefined) throw new VtepError("no_frr", "control.mode is not frr: there is nothing to compare with");
    return frr.audit(repair);
  }

  reload(): Promise<ReloadResult> {
    return this.vtep.reload();
  }

  async waitReady(timeoutSeconds: number): Promise<Readiness> {
    const deadline = performance.now() + timeoutSeconds * 1000;
    while (!this.vtep.forwards && performance.now() < deadline) {
      const left = Math.max(0, deadline - performance.now());
      await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, left)));
    }
    return { ready: this.vtep.forwards, reasons: this.status().reasons };
  }

  flush(filter: FlushFilter): number {
    const { fdb } = this.vtep.tables;
    const chosen: FdbEntry[] = [];
    fdb.forEach((entry) => {
      if (isLearned(entry) && this.isIn(entry, filter)) chosen.push(entry);
    });
    for (const { bd, hi, lo } of chosen) fdb.delete(bd, hi, lo);
    this.clearDuplicates(filter);
    this.vtep.control.flushSoon();
    return chosen.length;
  }

  enablePort(interfaceName: string, vlan: number): boolean {
    const found = this.vtep.control.ports.enable(interfaceName, vlan);
    this.vtep.control.flushSoon();
    return found;
  }

  /** A frozen address belongs to a domain, not to a port. */
  private clearDuplicates(filter: FlushFilter): void {
    if (filter.interface !== undefined || filter.vlan !== undefined) return;
    const { tables, control } = this.vtep;
    control.neighbors.clearDuplicates((bd) => {
      if (filter.vni !== undefined && tables.bridgeDomains.vni[bd] !== filter.vni) return false;
      return filter.bridgeDomain === undefined || control.domains.nameOf(bd) === filter.bridgeDomain;
    });
  }

  private isIn(entry: FdbEntry, filter: FlushFilter): boolean {
    const { tables, control } = this.vtep;
    if (filter.bridgeDomain !== undefined && control.domains.nameOf(entry.bd) !== filter.bridgeDomain) return false;
    if (filter.vni !== undefined && tables.bridgeDomains.vni[entry.bd] !== filter.vni) return false;
    const port = entry.kind === FdbKind.LOCAL ? control.ports.intentOf(entry.target) : undefined;
    if (filter.interface !== undefined && port?.interface !== filter.interface) return false;
    return filter.vlan === undefined || port?.vlan === filter.vlan;
  }

  private names(): ControlNames {
    return new ControlNames(this.vtep.control, () => this.vtep.config);
  }

  private counters() {
    return this.vtep.driver.readCounters();
  }
}

function isLearned({ flags }: FdbEntry): boolean {
  return (flags & (FdbFlag.STATIC | FdbFlag.EVPN)) === 0;
}
