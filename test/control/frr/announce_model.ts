// A kernel bridge of two ports in memory, for interleavings that a real one would show once in a year: requests are
// applied, answered and notified one by one, each when the test says so. Rules as measured on Linux 6.18.

import type { AnnouncePlace } from "../../../src/control/frr/announce/site.js";
import { MessageType, viewOf } from "../../../src/control/netlink/header.js";
import {
  ForwardingEntry,
  type ForwardingListener,
  NeighborFlag,
  NeighborState,
} from "../../../src/control/netlink/index.js";
import { VtepError } from "../../../src/wire/error.js";

export const PORT = 7;
export const VXLAN = 8;
export const BRIDGE = 9;

interface Held {
  ifindex: number;
  isExternal: boolean;
  isStatic: boolean;
  isSticky: boolean;
}

interface Request {
  readonly message: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: VtepError) => void;
}

/** What the kernel does to one request. */
export type Fate = "ok" | "refused" | "answer lost" | "lost";

export class ModelBridge {
  /** By the MAC's last four bytes: tests use one half only. */
  readonly entries = new Map<number, Held>();
  readonly place: AnnouncePlace;
  /** Called at each instant at which a MAC comes to our port. */
  onAdded: (lo: number) => void = () => {};
  writes = 0;
  private requests: Request[] = [];
  private answers: (() => void)[] = [];
  private events: (() => void)[] = [];
  private readonly forwarding: ForwardingListener[] = [];
  private readonly overruns: (() => void)[] = [];
  private readonly entry = new ForwardingEntry();

  constructor() {
    const subscribe =
      <T>(list: T[]) =>
      (listener: T) => {
        list.push(listener);
        return () => {};
      };
    this.place = {
      name: "",
      client: { execute: (message) => this.execute(message) },
      feed: {
        onNotification: () => () => {},
        onForwardingEntry: subscribe(this.forwarding),
        onOverrun: subscribe(this.overruns),
        dump: () => Promise.resolve(),
        dumpForwarding: (_message, visit) => this.dump(visit),
      },
    };
  }

  get isQuiet(): boolean {
    return this.requests.length + this.answers.length + this.events.length === 0;
  }

  atPort(): number[] {
    return [...this.entries].filter(([, { ifindex }]) => ifindex === PORT).map(([lo]) => lo);
  }

  /** The oldest request reaches the kernel. */
  apply(fate: Fate): void {
    const request = this.requests.shift();
    if (request === undefined) return;
    this.writes += 1;
    const errno = fate === "ok" || fate === "answer lost" ? this.change(request.message) : undefined;
    this.answers.push(() => {
      if (fate === "refused") request.reject(refused("ENOBUFS"));
      else if (fate !== "ok") request.reject(new VtepError("netlink_answer_lost", "the answer was lost"));
      else if (errno !== undefined) request.reject(refused(errno));
      else request.resolve();
    });
  }

  answer(): void {
    this.answers.shift()?.();
  }

  notify(): void {
    this.events.shift()?.();
  }

  overrun(): void {
    this.events = [];
    for (const listener of this.overruns) listener();
  }

  /** zebra's write: a remote MAC. */
  writeRemote(lo: number, isSticky: boolean): void {
    const held = this.entries.get(lo);
    const fixed = isSticky ? { isStatic: true, isSticky: true } : undefined;
    if (held === undefined) {
      this.entries.set(lo, { ifindex: VXLAN, isExternal: !isSticky, isStatic: false, isSticky: false, ...fixed });
    } else Object.assign(held, { ifindex: VXLAN, ...fixed });
    this.tell(lo, false);
  }

  deleteRemote(lo: number): void {
    if (this.entries.get(lo)?.ifindex === VXLAN) this.remove(lo);
  }

  private execute(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.requests.push({ message, resolve, reject }));
  }

  private dump(visit: (entry: ForwardingEntry) => void): Promise<void> {
    const now = [...this.entries].map(([lo, held]) => [lo, { ...held }] as const);
    return new Promise((resolve) => {
      this.events.push(() => {
        for (const [lo, held] of now) visit(this.show(lo, held));
        resolve();
      });
    });
  }

  private change(message: Uint8Array): string | undefined {
    const view = viewOf(message);
    this.entry.read(view, 16, view.byteLength);
    const { lo, ifindex, state, flags } = this.entry;
    if (view.getUint16(4, true) === MessageType.newNeighbor) return this.write(lo, ifindex, state, flags);
    if (this.entries.get(lo)?.ifindex !== ifindex) return "ENOENT";
    this.remove(lo);
    return undefined;
  }

  /** extern_learn takes an entry over as it is; anything else sets the static and sticky flags anew. */
  private write(lo: number, ifindex: number, state: number, flags: number): undefined {
    const before = this.entries.get(lo);
    const held = before ?? { ifindex, isExternal: false, isStatic: false, isSticky: false };
    const after = { ...held, ifindex };
    if ((flags & NeighborFlag.extLearned) !== 0) after.isExternal = true;
    else {
      after.isStatic = (state & NeighborState.noArp) !== 0;
      after.isSticky = (flags & NeighborFlag.sticky) !== 0;
    }
    this.entries.set(lo, after);
    const isSame = before !== undefined && JSON.stringify(before) === JSON.stringify(after);
    if (!isSame) this.tell(lo, false);
    if (before?.ifindex !== ifindex) this.onAdded(lo);
  }

  private remove(lo: number): void {
    const held = this.entries.get(lo)!;
    this.entries.delete(lo);
    this.tell(lo, true, held);
  }

  private tell(lo: number, removed: boolean, held = this.entries.get(lo)!): void {
    const copy = { ...held };
    this.events.push(() => {
      for (const listener of this.forwarding) listener(this.show(lo, copy), removed);
    });
  }

  private show(lo: number, { ifindex, isStatic, isSticky, isExternal }: Held): ForwardingEntry {
    const external = isExternal ? NeighborFlag.extLearned : 0;
    const state = isStatic ? NeighborState.noArp : NeighborState.reachable;
    return Object.assign(this.entry, {
      ifindex,
      hi: 0x0200,
      lo,
      state,
      flags: external | (isSticky ? NeighborFlag.sticky : 0),
    });
  }
}

function refused(errno: string): VtepError {
  return new VtepError("netlink_refused", `the kernel refused a netlink request: ${errno}`, { errno });
}
