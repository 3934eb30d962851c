/**
 * From VTEP addresses to the legs and MACs that lead there, kept true by rtnetlink.
 *
 * It reports; it decides nothing about tables. Routes are asked for again, in one batch per turn of the event loop,
 * when a route, rule, next hop, address or interface changes; a neighbour event touches only the paths that use that
 * neighbour. After an overrun everything is asked for again.
 */

import { VtepError } from "../../wire/error.js";
import {
  AddressFamily,
  Listeners,
  type NetlinkClient,
  type NetlinkObject,
  parseIp,
  type RouteMessage,
  type Unsubscribe,
} from "../netlink/index.js";
import { Adjacencies, type Schedule } from "./adjacencies.js";
import type { Links } from "./links.js";
import type { RouteLegs } from "./nexthops.js";
import { type BoundLeg, buildPath, type UnderlayPath } from "./path.js";
import { Resolver } from "./resolver.js";
import { VtepIndex } from "./vtep_index.js";

export interface UnderlayOptions {
  readonly client: NetlinkClient;
  /** Loaded by the caller, who may share it. */
  readonly links: Links;
  /** Outer source address. */
  readonly localAddress: string;
  /** Names of the interfaces that carry VXLAN; they need not exist yet. */
  readonly uplinks: readonly string[];
  /** Destination port, for policy rules by port. */
  readonly udpPort?: number;
  readonly schedule?: Schedule;
}

export type PathListener = (vtepAddress: string, path: UnderlayPath) => void;

const VXLAN_PORT = 4789;

interface Vtep {
  /** As the caller wrote it. */
  readonly address: string;
  readonly bytes: Uint8Array;
  bound: BoundLeg[];
  routeReason: string;
  isResolved: boolean;
  path: UnderlayPath | null;
}

export class Underlay {
  private readonly vteps = new Map<string, Vtep>();
  private readonly index = new VtepIndex<Vtep>();
  private readonly unpublished = new Set<Vtep>();
  private readonly users = new Map<string, Set<Vtep>>();
  private readonly paths = new Listeners<{ vtep: string; path: UnderlayPath }>();
  private readonly adjacencies: Adjacencies;
  private readonly subscriptions: Unsubscribe[];
  private readonly resolver: Resolver<Vtep>;
  private readonly links: Links;
  private uplinks: ReadonlySet<string>;
  private publishing: NodeJS.Immediate | null = null;
  private closed = false;

  constructor(options: UnderlayOptions) {
    const { client, links, schedule = scheduleUnreferenced } = options;
    this.links = links;
    this.uplinks = new Set(options.uplinks);
    this.adjacencies = new Adjacencies(client, schedule, (adjacency) => this.publishUsers(adjacency.key));
    this.resolver = new Resolver({
      client,
      schedule,
      query: { source: requireIp(options.localAddress), udpPort: options.udpPort ?? VXLAN_PORT },
      context: { linkOf: (ifindex) => links.byIndex(ifindex), isUplink: (name) => this.uplinks.has(name) },
      onLegs: (vtep, legs) => this.bind(vtep, legs),
    });
    this.subscriptions = [
      client.onNotification((object) => this.handle(object)),
      client.onOverrun(() => this.startOver()),
      links.onChange((change) => {
        if (this.uplinks.has(change.name)) this.resolver.askBehindLinkChange(this.vteps.values());
      }),
    ];
  }

  /** Called with each path that is new or differs from the last one reported for that VTEP. */
  onPath(listener: PathListener): Unsubscribe {
    return this.paths.add(({ vtep, path }) => listener(vtep, path));
  }

  /** The last path reported; null before the first, and for addresses that are not followed. */
  path(vtepAddress: string): UnderlayPath | null {
    return this.vteps.get(vtepAddress)?.path ?? null;
  }

  /** The whole set to follow. Throws `invalid_address`, and then changes nothing. */
  setVteps(addresses: Iterable<string>): void {
    const wanted = new Map<string, Uint8Array>();
    for (const address of addresses) wanted.set(address, requireIp(address));
    for (const [address, vtep] of this.vteps) {
      if (!wanted.has(address)) this.forget(vtep);
    }
    const added: Vtep[] = [];
    for (const [address, bytes] of wanted) {
      if (this.vteps.has(address)) continue;
      const vtep: Vtep = { address, bytes, bound: [], routeReason: "", isResolved: false, path: null };
      this.vteps.set(address, vtep);
      added.push(vtep);
    }
    this.index.replace(this.vteps.values());
    this.resolver.ask(added);
  }

  setUplinks(names: Iterable<string>): void {
    this.uplinks = new Set(names);
    this.resolveAll();
  }

  /** Resolves when everything known so far is asked, answered and reported. Retries in the future do not count. */
  async settled(): Promise<void> {
    do {
      await this.links.settled();
      await this.resolver.busy;
      await this.adjacencies.settled();
      this.publish();
    } while (this.resolver.busy !== null);
  }

  /** Does not close the client or the links. */
  close(): void {
    this.closed = true;
    for (const unsubscribe of this.subscriptions) unsubscribe();
    this.adjacencies.close();
    this.resolver.close();
    if (this.publishing !== null) clearImmediate(this.publishing);
    this.unpublished.clear();
  }

  private handle(object: NetlinkObject): void {
    switch (object.kind) {
      case "neighbor":
        this.adjacencies.handle(object.neighbor, object.removed);
        return;
      case "route":
        this.routeChanged(object.route);
        return;
      case "rule":
      case "nexthop":
      case "address":
        this.resolveAll();
        return;
      default:
        return;
    }
  }

  private routeChanged(route: RouteMessage): void {
    const isIpv6 = route.family === AddressFamily.ipv6;
    this.resolver.ask(this.index.covered(isIpv6, route.destination, route.prefixLength));
  }

  private startOver(): void {
    this.adjacencies.readAll();
    this.resolveAll();
  }

  private resolveAll(): void {
    this.resolver.ask(this.vteps.values());
  }

  /** New neighbours are acquired before old ones are let go, so that one in both keeps its state. */
  private bind(vtep: Vtep, result: RouteLegs): void {
    const old = vtep.bound;
    vtep.bound = result.legs.map((leg) => {
      const adjacency = this.adjacencies.acquire(leg.link.ifindex, leg.via);
      this.usersOf(adjacency.key).add(vtep);
      return { leg, adjacency };
    });
    vtep.routeReason = result.reason;
    vtep.isResolved = true;
    this.unbind(vtep, old);
    this.publishSoon(vtep);
  }

  private unbind(vtep: Vtep, old: readonly BoundLeg[]): void {
    for (const { adjacency } of old) {
      this.adjacencies.release(adjacency);
      if (vtep.bound.some((bound) => bound.adjacency === adjacency)) continue;
      const users = this.usersOf(adjacency.key);
      users.delete(vtep);
      if (users.size === 0) this.users.delete(adjacency.key);
    }
  }

  private usersOf(key: string): Set<Vtep> {
    let users = this.users.get(key);
    if (users === undefined) {
      users = new Set();
      this.users.set(key, users);
    }
    return users;
  }

  private forget(vtep: Vtep): void {
    const old = vtep.bound;
    vtep.bound = [];
    this.unbind(vtep, old);
    this.vteps.delete(vtep.address);
    this.resolver.forget(vtep);
    this.unpublished.delete(vtep);
  }

  private publishUsers(adjacencyKey: string): void {
    for (const vtep of this.users.get(adjacencyKey) ?? []) this.publishSoon(vtep);
  }

  private publishSoon(vtep: Vtep): void {
    if (this.closed) return;
    this.unpublished.add(vtep);
    this.publishing ??= setImmediate(() => this.publish());
  }

  /** A path waits for the first word about all its neighbours: until then the old one is the better answer. */
  private publish(): void {
    if (this.publishing !== null) clearImmediate(this.publishing);
    this.publishing = null;
    const vteps = [...this.unpublished];
    this.unpublished.clear();
    for (const vtep of vteps) {
      if (!vtep.isResolved || vtep.bound.some(({ adjacency }) => !adjacency.isKnown)) continue;
      const path = buildPath(vtep.bound, vtep.routeReason);
      if (vtep.path !== null && JSON.stringify(vtep.path) === JSON.stringify(path)) continue;
      vtep.path = path;
      this.paths.emit({ vtep: vtep.address, path });
    }
  }
}

function requireIp(address: string): Uint8Array {
  const bytes = parseIp(address);
  if (bytes === null) throw new VtepError("invalid_address", `${address} is no IPv4 or IPv6 address`, { address });
  return bytes;
}

function scheduleUnreferenced(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs).unref();
  return () => clearTimeout(timer);
}
