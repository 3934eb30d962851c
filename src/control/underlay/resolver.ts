/** Asks the kernel for routes in batches: whatever became doubtful in one turn of the event loop is asked once. */
import { VtepError } from "../../wire/error.js";
import { encodeSetLink, type NetlinkClient } from "../netlink/index.js";
import type { Schedule } from "./adjacencies.js";
import { type ResolveQuery, type RouteContext, type RouteLegs, resolveLegs } from "./nexthops.js";

/** lo, in every namespace. */
const LOOPBACK_IFINDEX = 1;
const RETRY_MS = 1_000;

export interface Resolvable {
  readonly bytes: Uint8Array;
}

export interface ResolverOptions<T extends Resolvable> {
  readonly client: NetlinkClient;
  readonly context: RouteContext;
  readonly query: Omit<ResolveQuery, "destination">;
  readonly schedule: Schedule;
  /** Not called for what was forgotten meanwhile. */
  readonly onLegs: (target: T, legs: RouteLegs) => void;
}

export class Resolver<T extends Resolvable> {
  private readonly doubtful = new Set<T>();
  private readonly asked = new Set<T>();
  private readonly unanswered = new Set<T>();
  private barrierNeeded = false;
  private running: Promise<void> | null = null;
  private cancelRetry: (() => void) | null = null;
  private closed = false;

  constructor(private readonly options: ResolverOptions<T>) {}

  ask(targets: Iterable<T>): void {
    for (const target of targets) this.doubtful.add(target);
    if (this.running !== null || this.doubtful.size === 0 || this.closed) return;
    this.running = new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.run());
  }

  /** Like ask, after a change of an interface. */
  askBehindLinkChange(targets: Iterable<T>): void {
    this.barrierNeeded = true;
    this.ask(targets);
  }

  forget(target: T): void {
    this.doubtful.delete(target);
    this.asked.delete(target);
    this.unanswered.delete(target);
  }

  /** The work under way, or null. */
  get busy(): Promise<void> | null {
    return this.running;
  }

  close(): void {
    this.closed = true;
    this.cancelRetry?.();
    this.doubtful.clear();
    this.asked.clear();
  }

  private async run(): Promise<void> {
    while (this.doubtful.size > 0 && !this.closed) {
      await this.passBarrier();
      const batch = [...this.doubtful];
      this.doubtful.clear();
      for (const target of batch) this.asked.add(target);
      await Promise.all(batch.map((target) => this.resolve(target)));
    }
    this.running = null;
  }

  /**
   * The kernel announces that a link goes down before it withdraws the routes over it, and IPv4 routes vanish without
   * a message. Both happen under the RTNL lock, which questions for routes do not take. A change that changes nothing
   * does: once it is acknowledged, the routes are as they will be.
   */
  private async passBarrier(): Promise<void> {
    while (this.barrierNeeded && !this.closed) {
      this.barrierNeeded = false;
      await this.options.client.execute(encodeSetLink(LOOPBACK_IFINDEX, {})).catch(() => {
        // Refused or lost, it has still waited for the lock; and with the socket closed nothing matters any more.
      });
    }
  }

  private async resolve(target: T): Promise<void> {
    const { client, context, query, onLegs } = this.options;
    let legs: RouteLegs;
    try {
      legs = await resolveLegs(client, { ...query, destination: target.bytes }, context);
    } catch (error) {
      if (!(error instanceof VtepError)) throw error;
      this.retryLater(target);
      return;
    }
    if (this.asked.delete(target)) onLegs(target, legs);
  }

  /** No answer at all: what was known stands, and the question is put again. */
  private retryLater(target: T): void {
    if (this.closed || !this.asked.delete(target)) return;
    this.unanswered.add(target);
    this.cancelRetry ??= this.options.schedule(RETRY_MS, () => {
      this.cancelRetry = null;
      const targets = [...this.unanswered];
      this.unanswered.clear();
      this.ask(targets);
    });
  }
}
