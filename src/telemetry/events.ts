// What happened lately, kept in memory and bounded. A storm of one kind must not push everything else out: the same
// event in short order is counted, not kept again; a kind that comes too fast is counted only; and when room is
// needed, the kind that has the most events gives up its oldest.

import type { EventObjects, EventView } from "./view_types.js";

interface StoredEvent {
  readonly kind: string;
  readonly objects: EventObjects;
  readonly identity: string;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  suppressed: number;
}

/** Events of one kind, oldest first, and how fast they come. */
interface KindHistory {
  readonly events: StoredEvent[];
  readonly latest: Map<string, StoredEvent>;
  windowStartMs: number;
  inWindow: number;
}

export interface EventRingOptions {
  readonly capacity?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Only a new one is worth a line in the log. */
export type Recorded = "new" | "repeated" | "suppressed";

const CAPACITY = 1024;
const REPEAT_MS = 10_000;
/** How many different events of one kind are kept a second. */
const BURST = 32;
const WINDOW_MS = 1_000;

export class EventRing {
  private readonly kinds = new Map<string, KindHistory>();
  private readonly capacity: number;
  private readonly now: () => number;
  private total = 0;

  constructor({ capacity = CAPACITY, now = Date.now }: EventRingOptions = {}) {
    this.capacity = capacity;
    this.now = now;
  }

  record(kind: string, objects: EventObjects): Recorded {
    const nowMs = this.now();
    const history = this.historyOf(kind, nowMs);
    const identity = JSON.stringify(objects);
    const same = history.latest.get(identity);
    if (same !== undefined && nowMs - same.lastMs <= REPEAT_MS) {
      same.count += 1;
      same.lastMs = nowMs;
      return "repeated";
    }
    const last = history.events.at(-1);
    if (isTooFast(history, nowMs) && last !== undefined) {
      last.suppressed += 1;
      return "suppressed";
    }
    const event = { kind, objects, identity, firstMs: nowMs, lastMs: nowMs, count: 1, suppressed: 0 };
    history.events.push(event);
    history.latest.set(identity, event);
    this.total += 1;
    if (this.total > this.capacity) this.evict();
    return "new";
  }

  /** By the last time that each happened, the newest at the end; with a limit only the newest. */
  list(limit = this.capacity): EventView[] {
    const events = [...this.kinds.values()].flatMap((history) => history.events);
    events.sort((a, b) => a.lastMs - b.lastMs || a.firstMs - b.firstMs);
    return events.slice(Math.max(0, events.length - limit)).map(viewOf);
  }

  private historyOf(kind: string, nowMs: number): KindHistory {
    let history = this.kinds.get(kind);
    if (history === undefined) {
      history = { events: [], latest: new Map(), windowStartMs: nowMs, inWindow: 0 };
      this.kinds.set(kind, history);
    }
    return history;
  }

  private evict(): void {
    let longest: KindHistory | undefined;
    for (const history of this.kinds.values()) {
      if (longest === undefined || history.events.length > longest.events.length) longest = history;
    }
    const gone = longest?.events.shift();
    if (gone === undefined) return;
    this.total -= 1;
    if (longest?.latest.get(gone.identity) === gone) longest.latest.delete(gone.identity);
  }
}

function isTooFast(history: KindHistory, nowMs: number): boolean {
  // A clock that was set back starts a new window too.
  const elapsedMs = nowMs - history.windowStartMs;
  if (elapsedMs < 0 || elapsedMs >= WINDOW_MS) {
    history.windowStartMs = nowMs;
    history.inWindow = 0;
  }
  history.inWindow += 1;
  return history.inWindow > BURST;
}

function viewOf({ kind, objects, firstMs, lastMs, count, suppressed }: StoredEvent): EventView {
  const time = new Date(firstMs).toISOString();
  return { ...objects, time, kind, count, lastTime: new Date(lastMs).toISOString(), suppressed };
}
