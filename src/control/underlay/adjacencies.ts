/**
 * The neighbours that underlay legs depend on: their MAC, and keeping it true.
 *
 * Overlay frames bypass the kernel, so the kernel sees no use of these neighbours and would let them go stale and be
 * collected. NTF_USE stands in for that use. The key is interface and address: fe80::1 is another router on each link,
 * and FRR gives every unnumbered leg the same 169.254.0.1.
 */
import { VtepError } from "../../wire/error.js";
import {
  encodeGetNeighbor,
  encodeUseNeighbor,
  formatIp,
  formatMacBytes,
  type NeighborMessage,
  NeighborState,
  type NetlinkClient,
  refusedWith,
} from "../netlink/index.js";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
const SETTLED = NeighborState.reachable | NeighborState.permanent | NeighborState.noArp;
/** States in which the kernel itself would send to the MAC. */
const USABLE = SETTLED | NeighborState.stale | NeighborState.delay | NeighborState.probe;

/** Runs a function later; returns what cancels it. Tests put a clock of their own here. */
export type Schedule = (delayMs: number, run: () => void) => () => void;

export interface Adjacency {
  readonly key: string;
  readonly ifindex: number;
  readonly address: Uint8Array;
  /** Null while nobody may send to it. */
  mac: string | null;
  /** NUD_*. */
  state: number;
  /** Why mac is null. */
  reason: string;
  /** The kernel has been asked once; before that mac says nothing. */
  isKnown: boolean;
  /** Counts what the kernel said, so that an older answer never overwrites a newer notification. */
  version: number;
  failures: number;
  users: number;
  cancelRetry: (() => void) | null;
}

export class Adjacencies {
  private readonly byKey = new Map<string, Adjacency>();
  /** Questions and NTF_USE requests under way. */
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly client: NetlinkClient,
    private readonly schedule: Schedule,
    private readonly onChange: (adjacency: Adjacency) => void,
  ) {}

  /** Counts a user in; each acquire needs its release. */
  acquire(ifindex: number, address: Uint8Array): Adjacency {
    const key = keyOf(ifindex, address);
    const known = this.byKey.get(key);
    if (known !== undefined) {
      known.users++;
      return known;
    }
    const adjacency: Adjacency = {
      key,
      ifindex,
      address,
      mac: null,
      state: NeighborState.none,
      reason: "not asked yet",
      isKnown: false,
      version: 0,
      failures: 0,
      users: 1,
      cancelRetry: null,
    };
    this.byKey.set(key, adjacency);
    this.track(this.read(adjacency));
    return adjacency;
  }

  release(adjacency: Adjacency): void {
    if (--adjacency.users > 0) return;
    adjacency.cancelRetry?.();
    adjacency.cancelRetry = null;
    this.byKey.delete(adjacency.key);
  }

  handle(neighbor: NeighborMessage, removed: boolean): void {
    if (neighbor.destination === null) return;
    const adjacency = this.byKey.get(keyOf(neighbor.ifindex, neighbor.destination));
    if (adjacency === undefined) return;
    adjacency.version++;
    this.observe(adjacency, removed ? NeighborState.none : neighbor.state, removed ? null : neighbor.linkLayer);
  }

  /** After an overrun. */
  readAll(): void {
    for (const adjacency of this.byKey.values()) this.track(this.read(adjacency));
  }

  /** Resolves when no question to the kernel is open. Retries in the future do not count. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  close(): void {
    for (const adjacency of this.byKey.values()) adjacency.cancelRetry?.();
    this.byKey.clear();
  }

  private track(work: Promise<void>): void {
    this.pending.add(work);
    void work.finally(() => this.pending.delete(work));
  }

  private isCurrent(adjacency: Adjacency): boolean {
    return this.byKey.get(adjacency.key) === adjacency;
  }

  private async read(adjacency: Adjacency): Promise<void> {
    const version = adjacency.version;
    let state: number = NeighborState.none;
    let linkLayer: Uint8Array | null = null;
    try {
      const answer = await this.client.get(encodeGetNeighbor(adjacency.ifindex, adjacency.address));
      if (answer.kind === "neighbor") ({ state, linkLayer } = answer.neighbor);
    } catch (error) {
      // ENOENT: no entry yet. ENODEV: the interface went, and its link event takes the leg away.
      if (refusedWith(error) === undefined) {
        this.readLater(adjacency, error);
        return;
      }
    }
    if (this.isCurrent(adjacency) && adjacency.version === version) this.observe(adjacency, state, linkLayer);
  }

  private async isSettled(adjacency: Adjacency): Promise<boolean> {
    const { version } = adjacency;
    try {
      const answer = await this.client.get(encodeGetNeighbor(adjacency.ifindex, adjacency.address));
      if (answer.kind !== "neighbor" || (answer.neighbor.state & SETTLED) === 0) return false;
      const { state, linkLayer } = answer.neighbor;
      if (this.isCurrent(adjacency) && adjacency.version === version) this.observe(adjacency, state, linkLayer);
      return true;
    } catch (error) {
      if (refusedWith(error) === undefined) throw error;
      return false;
    }
  }

  /** No answer is no knowledge: what was known stays until the kernel speaks again. */
  private readLater(adjacency: Adjacency, error: unknown): void {
    if (isClosed(error) || !this.isCurrent(adjacency) || adjacency.cancelRetry !== null) return;
    adjacency.cancelRetry = this.schedule(FIRST_RETRY_MS, () => {
      adjacency.cancelRetry = null;
      this.track(this.read(adjacency));
    });
  }

  private observe(adjacency: Adjacency, state: number, linkLayer: Uint8Array | null): void {
    const mac = (state & USABLE) !== 0 && isUnicastMac(linkLayer) ? formatMacBytes(linkLayer) : null;
    const reason = mac === null ? explain(adjacency, state) : "";
    const changed = !adjacency.isKnown || adjacency.mac !== mac || adjacency.reason !== reason;
    Object.assign(adjacency, { state, mac, reason, isKnown: true });
    this.keep(adjacency);
    if (changed) this.onChange(adjacency);
  }

  /** What the state asks of us; in DELAY, PROBE and INCOMPLETE the kernel is at work already. */
  private keep(adjacency: Adjacency): void {
    const { state } = adjacency;
    if ((state & SETTLED) !== 0) {
      adjacency.failures = 0;
      adjacency.cancelRetry?.();
      adjacency.cancelRetry = null;
    } else if ((state & NeighborState.stale) !== 0) {
      this.track(this.use(adjacency));
    } else if (state === NeighborState.none || (state & NeighborState.failed) !== 0) {
      this.retry(adjacency);
    }
  }

  /** At once the first time, then with growing pauses. */
  private retry(adjacency: Adjacency): void {
    if (adjacency.cancelRetry !== null) return;
    const delayMs =
      adjacency.failures === 0 ? 0 : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (adjacency.failures - 1));
    adjacency.failures++;
    if (delayMs === 0) {
      this.track(this.use(adjacency));
      return;
    }
    adjacency.cancelRetry = this.schedule(delayMs, () => {
      adjacency.cancelRetry = null;
      this.track(this.use(adjacency));
    });
  }

  /**
   * NTF_USE takes PERMANENT off an entry, and the kernel then asks for what nobody answers (169.254.0.1). zebra replaces
   * its entries by deleting them first: what stands there now is looked at before.
   */
  private async use(adjacency: Adjacency): Promise<void> {
    try {
      if (await this.isSettled(adjacency)) return;
      await this.client.execute(encodeUseNeighbor(adjacency.ifindex, adjacency.address));
    } catch (error) {
      if (!this.isCurrent(adjacency) || isClosed(error)) return;
      if (adjacency.mac === null) {
        adjacency.reason = `${subject(adjacency)} cannot be asked for: ${error instanceof Error ? error.message : error}`;
        this.onChange(adjacency);
      }
      this.retry(adjacency);
    }
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof VtepError && error.code === "netlink_closed";
}

function keyOf(ifindex: number, address: Uint8Array): string {
  return `${ifindex}/${formatIp(address)}`;
}

/** NOARP interfaces list neighbours with a zero address; a group address is nobody's. */
function isUnicastMac(bytes: Uint8Array | null): bytes is Uint8Array {
  return bytes !== null && bytes.length === 6 && ((bytes[0] ?? 1) & 1) === 0 && bytes.some((byte) => byte !== 0);
}

function subject(adjacency: Adjacency): string {
  return `neighbour ${formatIp(adjacency.address)}`;
}

function explain(adjacency: Adjacency, state: number): string {
  if ((state & NeighborState.failed) !== 0) return `${subject(adjacency)} does not answer`;
  if ((state & USABLE) !== 0) return `${subject(adjacency)} has no Ethernet address`;
  return `${subject(adjacency)} is being resolved`;
}
