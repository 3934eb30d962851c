/**
 * Follows the interfaces of one network namespace, by name, because configuration speaks of names: an interface may
 * come, go, be renamed, or return under another index. Knows what the kernel says and decides nothing.
 */
import {
  ETHERNET_HARDWARE,
  encodeDumpLinks,
  LinkFlag,
  type LinkMessage,
  Listeners,
  type NetlinkClient,
  type NetlinkObject,
  type Unsubscribe,
} from "../netlink/index.js";

export interface LinkState {
  readonly name: string;
  readonly ifindex: number;
  /** Null where the interface has no Ethernet address. */
  readonly mac: string | null;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  /** Up and with carrier: frames can leave. */
  readonly isLive: boolean;
  readonly isEthernet: boolean;
  /** "veth", "vxlan", "bridge", "tun"...; null for hardware. A hint for the choice of the hook. */
  readonly kind: string | null;
  /** "pci", "virtio"...; null for software devices. */
  readonly parentBus: string | null;
  /** Interface index of its bridge, bond or VRF; 0 = none. */
  readonly master: number;
  readonly slaveKind: string | null;
  /** Lower device, or peer of a veth; 0 = none. */
  readonly link: number;
  /** That is in another network namespace. */
  readonly isLinkElsewhere: boolean;
}

/** before null: it appeared; after null: it is gone. A re-created interface is gone first, then appears. */
export interface LinkChange {
  readonly name: string;
  readonly before: LinkState | null;
  readonly after: LinkState | null;
}

const RETRY_MS = 1_000;

interface Entry {
  state: LinkState;
  /** The dump that last confirmed it. */
  generation: number;
}

export class Links {
  private readonly byIfindex = new Map<number, Entry>();
  private readonly names = new Map<string, number>();
  private readonly changes = new Listeners<LinkChange>();
  private readonly subscriptions: Unsubscribe[];
  private generation = 0;
  private loading: Promise<void> = Promise.resolve();
  private retry: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(private readonly client: NetlinkClient) {
    this.subscriptions = [
      client.onNotification((object) => this.handle(object)),
      client.onOverrun(() => this.reload()),
    ];
  }

  /** Reads all interfaces; call it once before the first question. Repeats itself after an overrun. */
  load(): Promise<void> {
    const loading = this.dumpAll();
    this.loading = loading;
    return loading;
  }

  /** Resolves when the newest load has ended, well or not. */
  settled(): Promise<void> {
    return this.loading.catch(() => {});
  }

  get(name: string): LinkState | null {
    const ifindex = this.names.get(name);
    return ifindex === undefined ? null : this.byIndex(ifindex);
  }

  byIndex(ifindex: number): LinkState | null {
    return this.byIfindex.get(ifindex)?.state ?? null;
  }

  all(): LinkState[] {
    return [...this.byIfindex.values()].map((entry) => entry.state);
  }

  onChange(listener: (change: LinkChange) => void): Unsubscribe {
    return this.changes.add(listener);
  }

  close(): void {
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** Entries are applied as they arrive, in order with notifications; what no dump confirmed is gone. */
  private async dumpAll(): Promise<void> {
    const generation = ++this.generation;
    await this.client.dump(encodeDumpLinks(), (object) => this.handle(object));
    for (const [ifindex, entry] of this.byIfindex) {
      if (entry.generation < generation) this.remove(ifindex);
    }
  }

  /** What a lost message may have changed is found out, if not now then later. */
  private reload(): void {
    this.load().catch(() => {
      if (!this.closed) this.retry ??= setTimeout(() => this.reloadNow(), RETRY_MS).unref();
    });
  }

  private reloadNow(): void {
    this.retry = null;
    this.reload();
  }

  private handle(object: NetlinkObject): void {
    if (object.kind !== "link") return;
    if (object.removed) this.remove(object.link.ifindex);
    else this.put(toState(object.link));
  }

  private put(state: LinkState): void {
    const before = this.byIfindex.get(state.ifindex)?.state ?? null;
    if (before !== null && before.name !== state.name) this.remove(state.ifindex);
    // A new index under a known name: the removal of the old one was missed in an overrun.
    const namesake = this.names.get(state.name);
    if (namesake !== undefined && namesake !== state.ifindex) this.remove(namesake);
    this.byIfindex.set(state.ifindex, { state, generation: this.generation });
    this.names.set(state.name, state.ifindex);
    const known = before !== null && before.name === state.name ? before : null;
    if (known === null || !isSame(known, state)) this.changes.emit({ name: state.name, before: known, after: state });
  }

  private remove(ifindex: number): void {
    const before = this.byIndex(ifindex);
    if (before === null) return;
    this.byIfindex.delete(ifindex);
    if (this.names.get(before.name) === ifindex) this.names.delete(before.name);
    this.changes.emit({ name: before.name, before, after: null });
  }
}

function toState(link: LinkMessage): LinkState {
  const isUp = (link.flags & LinkFlag.up) !== 0;
  const hasCarrier = (link.flags & LinkFlag.lowerUp) !== 0;
  return {
    name: link.name,
    ifindex: link.ifindex,
    mac: link.mac,
    mtu: link.mtu,
    isUp,
    hasCarrier,
    isLive: isUp && hasCarrier,
    isEthernet: link.hardwareType === ETHERNET_HARDWARE && link.mac !== null,
    kind: link.kind,
    parentBus: link.parentBus,
    master: link.master,
    slaveKind: link.slaveKind,
    link: link.link,
    isLinkElsewhere: link.linkNetnsId !== undefined,
  };
}

function isSame(a: LinkState, b: LinkState): boolean {
  return (Object.keys(a) as (keyof LinkState)[]).every((key) => a[key] === b[key]);
}
