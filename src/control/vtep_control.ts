// Control: keeps the tables and the data path equal to the intent and to what the kernel says of links and
// routes. One intent after another goes in by `apply`; what is equal is not touched.

import type { Driver, ItemProblem } from "../dataplane/driver.js";
import type { Tables } from "../tables/tables.js";
import { AccessPorts } from "./access/ports.js";
import { Ageing } from "./ageing.js";
import { Attachments } from "./attachments.js";
import { BridgeDomainControl } from "./bridge_domains.js";
import type { Clock } from "./clock.js";
import type { EventSink } from "./events.js";
import type { Intent } from "./intent.js";
import type { NetlinkClient } from "./netlink/index.js";
import { RemoteMacs } from "./remote/macs.js";
import { NextHops } from "./remote/next_hops.js";
import { RemoteVteps } from "./remote/vteps.js";
import { type Links, Underlay } from "./underlay/index.js";

export interface ControlParts {
  readonly tables: Tables;
  readonly driver: Driver;
  readonly client: NetlinkClient;
  /** Loaded. */
  readonly links: Links;
  readonly clock: Clock;
  readonly events: EventSink;
}

/** Time until items that the data path could not take are written again. */
const RETRY_MS = 1_000;

export class VtepControl {
  readonly domains: BridgeDomainControl;
  readonly attachments: Attachments;
  readonly ports: AccessPorts;
  private remotes: RemoteVteps | undefined;
  private macs: RemoteMacs | undefined;
  private underlay: Underlay | undefined;
  /** From which address and port the present underlay asks the kernel. */
  private asked = "";
  private readonly ageing: Ageing;
  private parked: readonly ItemProblem[] = [];
  private cancelRetry: (() => void) | undefined;
  private flushPending = false;
  private closed = false;

  constructor(private readonly parts: ControlParts) {
    const { tables, driver, links, clock, events } = parts;
    this.domains = new BridgeDomainControl(tables);
    this.attachments = new Attachments(tables, driver, links, clock, events, ({ intent }) => {
      this.ports.interfaceChanged(intent.name);
      this.flushSoon();
    });
    this.ports = new AccessPorts(tables, this.attachments, this.domains, clock, events);
    this.ageing = new Ageing(tables, driver, clock, () => {
      this.remotes?.forgetIdle();
      this.flushSoon();
    });
  }

  get vteps(): RemoteVteps {
    return this.remotes!;
  }

  /** Brings everything in line with an intent that `check` accepted. Resolves when the underlay has been asked. */
  async apply(intent: Intent): Promise<void> {
    const { tables } = this.parts;
    tables.setSettings(intent.settings);
    const underlay = this.followUnderlay(intent);
    this.macs!.removeObsolete(intent.remoteMacs);
    const goneDomains = this.domains.reconcile(intent.bridgeDomains);
    this.attachments.reconcile(intent.interfaces);
    this.ports.reconcile(intent.ports);
    this.ports.rewriteAll();
    this.vteps.reconcile(intent.vteps);
    this.macs!.reconcile(intent.remoteMacs);
    for (const domain of goneDomains) this.domains.remove(domain);
    await underlay.settled();
    this.flush();
  }

  /** Why the VTEP is not all that the intent asks for; empty when it is. */
  problems(): string[] {
    const unattached = [...this.attachments.all()]
      .filter(({ opened }) => opened === null)
      .map(({ problem }) => problem);
    const down = [...this.attachments.all()]
      .filter(({ opened, link, intent }) => opened !== null && intent.role === "uplink" && link?.isLive !== true)
      .map(({ intent }) => `uplink ${intent.name} is down`);
    const disabled = [...this.ports.all()]
      .filter(({ state }) => state === "err-disabled")
      .map(({ intent }) => `port ${intent.interface} is err-disabled`);
    const unreachable = this.unreachableVteps();
    const parked = this.parked.map(({ item, constraint }) => `${item} is not in the data path: ${constraint}`);
    return [...unattached, ...down, ...disabled, ...unreachable, ...parked];
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

  close(): void {
    this.closed = true;
    this.cancelRetry?.();
    this.ageing.close();
    this.ports.close();
    this.underlay?.close();
    this.attachments.close();
  }

  private unreachableVteps(): string[] {
    const all = [...(this.remotes?.all() ?? [])];
    return all
      .filter(({ path }) => path !== null && path.reason !== undefined)
      .map(({ address, path }) => `VTEP ${address}: ${path!.reason}`);
  }

  private flush(): void {
    const { tables, driver } = this.parts;
    if (tables.deltas.empty) return;
    this.parked = driver.apply(tables);
    if (this.parked.length === 0 || this.cancelRetry !== undefined) return;
    this.cancelRetry = this.parts.clock.after(RETRY_MS, () => {
      this.cancelRetry = undefined;
      this.flush();
    });
  }

  /** The underlay is asked from one local address; another address is another set of questions. */
  private followUnderlay(intent: Intent): Underlay {
    const { client, links, tables, events, clock } = this.parts;
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
    this.remotes?.reconcile(new Map());
    this.remotes = new RemoteVteps(tables, this.domains, nextHops, this.underlay, events);
    this.underlay.onPath(() => this.flushSoon());
    this.macs = new RemoteMacs(tables, this.domains, this.remotes, clock);
    return this.underlay;
  }
}
