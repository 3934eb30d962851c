// Interfaces and addresses of one network namespace as the kernel tells of them: all that the kernel objects are
// compared by. Knows nothing of what is wanted.

import {
  type AddressMessage,
  encodeDumpAddresses,
  encodeDumpLinks,
  encodeGetLink,
  type LinkMessage,
  Listeners,
  type NetlinkClient,
  type NetlinkObject,
  type Unsubscribe,
} from "../../netlink/index.js";

const RETRY_MS = 1_000;

interface Entry {
  link: LinkMessage;
  addresses: AddressMessage[];
}

export class Observed {
  private readonly byIfindex = new Map<number, Entry>();
  private readonly names = new Map<string, number>();
  private readonly changes = new Listeners<string>();
  private readonly subscriptions: Unsubscribe[];
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly client: NetlinkClient) {
    this.subscriptions = [
      client.onNotification((object) => this.handle(object)),
      client.onOverrun(() => this.reload()),
    ];
  }

  /** Reads everything; call it once before the first question. Repeats itself after an overrun. */
  async load(): Promise<void> {
    // What is told of anew, by the dump or beside it, is another object then.
    const stale = new Set([...this.byIfindex.values()].map(({ link }) => link));
    await this.client.dump(encodeDumpLinks(), (object) => this.handle(object));
    for (const [ifindex, { link }] of this.byIfindex) if (stale.has(link)) this.remove(ifindex);
    await this.readAddresses();
  }

  async readAddresses(): Promise<void> {
    const stale = new Set([...this.byIfindex.values()].flatMap(({ addresses }) => addresses));
    await this.client.dump(encodeDumpAddresses(0), (object) => this.handle(object));
    for (const entry of this.byIfindex.values())
      entry.addresses = entry.addresses.filter((address) => !stale.has(address));
  }

  /** Everything that the kernel had said when this was called has been read when it resolves. */
  async settle(): Promise<void> {
    await this.client.get(encodeGetLink("lo"));
  }

  link(name: string): LinkMessage | undefined {
    const ifindex = this.names.get(name);
    return ifindex === undefined ? undefined : this.byIndex(ifindex);
  }

  byIndex(ifindex: number): LinkMessage | undefined {
    return this.byIfindex.get(ifindex)?.link;
  }

  links(): LinkMessage[] {
    return [...this.byIfindex.values()].map(({ link }) => link);
  }

  addresses(ifindex: number): readonly AddressMessage[] {
    return this.byIfindex.get(ifindex)?.addresses ?? [];
  }

  /** Called with the name of an interface of which something changed. */
  onChange(listener: (name: string) => void): Unsubscribe {
    return this.changes.add(listener);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** What a lost message may have changed is found out, if not now then later. */
  private reload(): void {
    this.load().catch(() => {
      if (this.closed) return;
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.reload(), RETRY_MS).unref();
    });
  }

  private handle(object: NetlinkObject): void {
    if (object.kind === "link") {
      if (object.removed) this.remove(object.link.ifindex);
      else this.put(object.link);
    } else if (object.kind === "bridgePort" && !object.removed) {
      this.putPort(object.link);
    } else if (object.kind === "address") {
      this.putAddress(object.address, object.removed);
    }
  }

  private put(link: LinkMessage): void {
    const known = this.byIfindex.get(link.ifindex);
    if (known !== undefined && known.link.name !== link.name) {
      this.names.delete(known.link.name);
      this.changes.emit(known.link.name);
    }
    // A new index under a known name: the removal of the old one was missed in an overrun.
    const namesake = this.names.get(link.name);
    if (namesake !== undefined && namesake !== link.ifindex) this.byIfindex.delete(namesake);
    this.byIfindex.set(link.ifindex, { link, addresses: known?.addresses ?? [] });
    this.names.set(link.name, link.ifindex);
    this.changes.emit(link.name);
  }

  /** What `bridge link set` changes is told in a message of the bridge's, and in no other. */
  private putPort({ ifindex, bridgePort }: LinkMessage): void {
    const known = this.byIfindex.get(ifindex);
    if (known === undefined || bridgePort === null) return;
    known.link = { ...known.link, bridgePort };
    this.changes.emit(known.link.name);
  }

  private remove(ifindex: number): void {
    const known = this.byIfindex.get(ifindex);
    if (known === undefined) return;
    this.byIfindex.delete(ifindex);
    if (this.names.get(known.link.name) === ifindex) this.names.delete(known.link.name);
    this.changes.emit(known.link.name);
  }

  private putAddress(address: AddressMessage, removed: boolean): void {
    const known = this.byIfindex.get(address.ifindex);
    if (known === undefined) return;
    const others = known.addresses.filter((other) => !isSameAddress(other, address));
    known.addresses = removed ? others : [...others, address];
    this.changes.emit(known.link.name);
  }
}

function isSameAddress(a: AddressMessage, b: AddressMessage): boolean {
  return a.prefixLength === b.prefixLength && isSameBytes(a.address, b.address);
}

export function isSameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a !== null && b !== null && a.length === b.length && a.every((byte, at) => byte === b[at]);
}
