// Control: keeps the tables and the data path equal to the intent and to what the kernel says of links and
// routes. One intent after another goes in by `apply`; what is equal is not touched.

import type { Driver, ItemProblem } from "../dataplane/driver.js";
import type { Tables, VtepSettings } from "../tables/tables.js";
import type { Mac } from "../wire/ethernet.js";
import { AccessPorts } from "./access/ports.js";
import { Ageing } from "./ageing.js";
import { Attachments } from "./attachments.js";
import { BridgeDomainControl } from "./bridge_domains.js";
import type { Clock } from "./clock.js";
import type { EventSink } from "./events.js";
import { FrrControl } from "./frr/frr_control.js";
import type { FrrIntent } from "./frr/intent.js";
import type { FrrWorld } from "./frr/world.js";
import type { BridgeDomainIntent, Intent } from "./intent.js";
import { GatewaySearch } from "./neighbors/gateway_search.js";
import { NeighborKeeper } from "./neighbors/keeper.js";
import { StaticNeighbors } from "./neighbors/static.js";
import type { NetlinkClient } from "./netlink/index.js";
import { probeMacOf } from "./probe_mac.js";
import { RemoteMacs } from "./remote/macs.js";
import { NextHops } from "./remote/next_hops.js";
import { PathMtus } from "./remote/path_mtus.js";
import { RemoteVteps } from "./remote/vteps.js";
import { GatewayControl } from "./routing/gateways.js";
import { HostEntries } from "./routing/host_entries.js";
import { RouteControl } from "./routing/routes.js";
import { VrfControl } from "./routing/vrfs.js";
import { Configured } from "./static/configured.js";
import { type Links, Underlay } from "./underlay/index.js";
import { Warnings } from "./warnings.js";

export interface ControlParts {
  readonly tables: Tables;
  readonly driver: Driver;
  readonly client: NetlinkClient;
  /** Loaded. */
  readonly links: Links;
  readonly clock: Clock;
  readonly events: EventSink;
  /** 0 up to 1; default Math.random. */
  readonly random?: () => number;
}

/** Time until items that the data path could not take are written again. */
const RETRY_MS = 1_000;

export class VtepControl {
  readonly domains: BridgeDomainControl;
  readonly attachments: Attachments;
  readonly ports: AccessPorts;
  readonly vteps: RemoteVteps;
  readonly macs: RemoteMacs;
  readonly vrfs: VrfControl;
  readonly routes: RouteControl;
  readonly neighbors: NeighborKeeper;
  /** In mode frr. */
  frr: FrrControl | undefined;
  private readonly gateways: GatewayControl;
  private readonly gatewaySearch: GatewaySearch;
  private readonly staticNeighbors: StaticNeighbors;
  private readonly warned: Warnings;
  private readonly configured = new Configured();
  private settings: VtepSettings;
  /** Interfaces come one by one then: warnings wait for the whole. */
  private applying = false;
  private underlay: Underlay | undefined;
  /** From which address and port the present underlay asks the kernel. */
  private asked = "";
  private readonly pathMtus: PathMtus;
  private readonly ageing: Ageing;
  private parked: readonly ItemProblem[] = [];
  private cancelRetry: (() => void) | undefined;
  private flushPending = false;
  private closed = false;

  constructor(private readonly parts: ControlParts) {
    const { tables, driver, links, clock, events, random = Math.random } = parts;
    this.domains = new BridgeDomainControl(tables);
    const { domains } = this;
    const changed = () => this.flushSoon();
    const hosts = new HostEntries(tables);
    this.settings = tables.settings;
    this.warned = new Warnings(events);
    this.vrfs = new VrfControl(tables);
    this.vteps = new RemoteVteps(tables, domains, events);
    this.macs = new RemoteMacs(tables, domains, this.vteps, clock);
    this.routes = new RouteControl(tables, this.vrfs, hosts, (name) => domains.idOf(name), this.vteps);
    this.gateways = new GatewayControl(tables, domains, this.vrfs, hosts, this.routes);
    this.neighbors = new NeighborKeeper({ tables, driver, clock, events, domains, hosts, random, changed });
    this.gatewaySearch = new GatewaySearch(tables, driver, clock, () => this.routes.soughtGateways());
    this.staticNeighbors = new StaticNeighbors(tables, domains, hosts, this.neighbors, clock);
    this.attachments = new Attachments(tables, driver, links, clock, events, ({ intent }) => {
      this.ports.interfaceChanged(intent.name);
      if (!this.applying) this.lookForWarnings();
      this.flushSoon();
    });
    this.ports = new AccessPorts(tables, this.attachments, this.domains, clock, events);
    const paths = {
      addressOf: (vtep: number) => this.vteps.addressOf(vtep),
      pathOf: (vtep: number) => this.vteps.pathOf(vtep),
    };
    this.pathMtus = new PathMtus(tables, clock, events, paths, changed);
    const isKept = (bd: number, mac: Mac) => this.neighbors.holdsMac(bd, mac);
    this.ageing = new Ageing(tables, driver, clock, isKept, () => {
      this.vteps.forgetIdle();
      this.flushSoon();
    });
  }

  /** Brings everything in line with an intent that `check` accepted. Resolves when the underlay has been asked. */
  async apply(intent: Intent): Promise<void> {
    const { tables } = this.parts;
    this.settings = intent.settings;
    this.applying = true;
    tables.setSettings(intent.settings);
    const { hi, lo } = probeMacOf(intent.settings.localAddress);
    [tables.probeHi, tables.probeLo] = [hi, lo];
    const underlay = this.followUnderlay(intent);
    this.macs.removeObsolete(intent.remoteMacs);
    this.staticNeighbors.removeObsolete(intent.neighbors);
    this.routes.removeObsolete(intent.routes);
    this.gateways.removeObsolete(intent.bridgeDomains);
    const goneVrfs = this.vrfs.reconcile(intent.vrfs);
    const goneDomains = this.domains.reconcile(intent.bridgeDomains);
    this.gateways.reconcile(intent.bridgeDomains);
    this.attachments.reconcile(intent.interfaces);
    this.ports.reconcile(intent.ports);
    this.ports.rewriteAll();
    this.vteps.reconcile(intent.vteps);
    this.macs.reconcile(intent.remoteMacs);
    this.routes.reconcile(intent.routes);
    this.staticNeighbors.reconcile(intent.neighbors);
    this.configured.follow(intent);
    for (const domain of goneDomains) this.removeDomain(domain);
    for (const vrf of goneVrfs) {
      this.routes.removeVrf(vrf.name);
      this.vrfs.remove(vrf);
    }
    this.neighbors.policiesChanged();
    this.applying = false;
    this.lookForWarnings();
    await underlay.settled();
    this.flush();
  }

  /** After `apply`. Resolves when the kernel's objects have been tried and what zebra wrote has been read. */
  async useFrr(world: FrrWorld, intent: FrrIntent): Promise<void> {
    const { tables, driver, clock, events } = this.parts;
    const { domains, vrfs, vteps, macs, routes, neighbors, attachments, configured } = this;
    const changed = () => this.flushSoon();
    const parts = { world, tables, driver, domains, vrfs, vteps, macs, routes, neighbors, attachments, configured };
    this.frr ??= new FrrControl({ ...parts, clock, events, changed }, intent);
    await this.frr.apply(intent);
  }

  leaveFrr(): void {
    this.frr?.forget();
    this.frr?.close();
    this.frr = undefined;
  }

  /** Why the VTEP is not all that the intent asks for; empty when it is. */
  problems(): string[] {
    const unattached = [...this.attachments.all()]
      .filter(({ opened }) => opened === null)
      .map(({ problem }) => problem);
    const down = [...this.attachments.all()]
      .filter(({ opened, link, intent }) => opened !== null && intent.role === "uplink" && link?.isLive !== true)
      .map(({ intent }) => `uplink ${intent.name} is down`);
    const ports = [...this.ports.all()];
    const disabled = ports
      .filter(({ state }) => state === "err-disabled")
      .map(({ intent }) => `port ${intent.interface} is err-disabled`);
    const refused = ports.map(({ delivery }) => delivery.refused).filter((why) => why !== "");
    const unreachable = [...this.unreachableVteps(), ...this.vteps.problems(), ...this.routes.problems()];
    const { full, count, refusals } = this.parts.tables.fdb;
    const room = full ? [`the FDB is full with ${count} MACs: ${refusals} times another found no room`] : [];
    const parked = this.parked.map(({ item, constraint }) => `${item} is not in the data path: ${constraint}`);
    const hosts = [...this.neighbors.problems(), ...this.gatewaySearch.problems()];
    const others = [...hosts, ...room, ...(this.frr?.problems() ?? [])];
    return [...unattached, ...down, ...disabled, ...refused, ...unreachable, ...others, ...parked];
  }

  /** What works, but not as the operator may think. */
  warnings(): string[] {
    return this.warned.texts();
  }

  /** Writes table changes to the data path at the end of this turn, however many there are. */
  flushSoon(): void {
    if (this.flushPending || this.closed) return;
    this.flushPending = true;
    setImmediate(() => {
      this.flushPending = false;
      if (!this.closed) this.flush();
    });
  }

  /** An ICMP error that the underlay sent this host; the bytes are read before it returns. */
  onUnderlayError(message: Uint8Array): void {
    this.pathMtus.receive(message);
  }

  close(): void {
    this.closed = true;
    this.cancelRetry?.();
    this.frr?.close();
    this.pathMtus.close();
    this.ageing.close();
    this.gatewaySearch.close();
    this.neighbors.close();
    this.ports.close();
    this.underlay?.close();
    this.attachments.close();
  }

  private lookForWarnings(): void {
    this.warned.refresh(this.settings, this.attachments.all(), this.ports.all());
  }

  private unreachableVteps(): string[] {
    return [...this.vteps.all()]
      .filter(({ path }) => path !== null && path.reason !== undefined)
      .map(({ address, path }) => `VTEP ${address}: ${path!.reason}`);
  }

  private removeDomain(domain: BridgeDomainIntent): void {
    const bd = this.domains.idOf(domain.name);
    this.neighbors.removeDomain(bd);
    this.domains.remove(domain);
    this.neighbors.dropWaiting(bd);
  }

  private flush(): void {
    const { tables } = this.parts;
    this.neighbors.followMacs();
    this.frr?.follow();
    this.routes.followGateways();
    if (!tables.deltas.empty) this.writeDataPath();
    this.gatewaySearch.look();
  }

  private writeDataPath(): void {
    const { tables, driver } = this.parts;
    this.parked = driver.apply(tables);
    this.routes.sweep();
    this.vteps.sweep();
    // Next hops that went have let go of their VTEPs.
    if (this.vteps.settle()) this.flushSoon();
    if (this.parked.length === 0 || this.cancelRetry !== undefined) return;
    this.cancelRetry = this.parts.clock.after(RETRY_MS, () => {
      this.cancelRetry = undefined;
      this.flush();
    });
  }

  /** The underlay is asked from one local address; another address is another set of questions. */
  private followUnderlay(intent: Intent): Underlay {
    const { client, links, tables } = this.parts;
    const uplinks = [...intent.interfaces.values()].filter(({ role }) => role === "uplink").map(({ name }) => name);
    const asked = `${intent.address} ${intent.settings.udpPort}`;
    if (this.underlay !== undefined && this.asked === asked) {
      this.underlay.setUplinks(uplinks);
      return this.underlay;
    }
    this.underlay?.close();
    this.asked = asked;
    this.underlay = new Underlay({
      client,
      links,
      localAddress: intent.address,
      uplinks,
      udpPort: intent.settings.udpPort,
    });
    const nextHops = new NextHops(tables, (name) => this.attachments.get(name)?.slot ?? 0);
    this.vteps.follow(this.underlay, nextHops);
    this.underlay.onPath(() => this.flushSoon());
    return this.underlay;
  }
}
