// Asks for gateways of routes whose MAC is not known. A host is asked for when a packet waits for it; a router that many
// routes lead by is worth asking for beforehand, and again and again, since no packet is kept for it. Once it is known,
// it is looked after as any host. SPEC: RFC 4861 §7.2.2 (first three requests).

import type { Driver } from "../../dataplane/driver.js";
import type { Tables } from "../../tables/tables.js";
import { type Clock, TICKS_PER_SECOND } from "../clock.js";
import type { SoughtGateway } from "../routing/gateway_hops.js";
import { requestFor } from "./requests.js";
import { addressKey } from "./sighting.js";

const LOOK_MS = 1_000;
/** At one second's distance; each one after that waits twice as long as the one before. */
const QUICK_REQUESTS = 3;
const MAX_WAIT_SECONDS = 16;

interface Search {
  readonly text: string;
  requests: number;
  dueTick: number;
}

export class GatewaySearch {
  private searches = new Map<string, Search>();
  private cancelLook: () => void;

  /** `sought`: who is to be asked for at the moment. */
  constructor(
    private readonly tables: Tables,
    private readonly driver: Driver,
    private readonly clock: Clock,
    private readonly sought: () => Iterable<SoughtGateway>,
  ) {
    this.cancelLook = clock.after(LOOK_MS, () => this.lookAgain());
  }

  /** Asks for those that are due, at once for those that are new. */
  look(): void {
    const before = this.searches;
    this.searches = new Map();
    const now = this.clock.tick();
    for (const { bd, address, hop } of this.sought()) {
      const key = addressKey(bd, address);
      const text = `bridge domain ${hop.bridgeDomain}: gateway ${hop.gateway} of routes does not answer`;
      const search = before.get(key) ?? { text, requests: 0, dueTick: now };
      this.searches.set(key, search);
      if (((now - search.dueTick) | 0) < 0) continue;
      search.requests += 1;
      search.dueTick = now + waitAfter(search.requests) * TICKS_PER_SECOND;
      this.driver.originate(bd, requestFor(this.tables, bd, address), now);
    }
  }

  problems(): string[] {
    return [...this.searches.values()].filter(({ requests }) => requests > QUICK_REQUESTS).map(({ text }) => text);
  }

  close(): void {
    this.cancelLook();
  }

  private lookAgain(): void {
    this.look();
    this.cancelLook = this.clock.after(LOOK_MS, () => this.lookAgain());
  }
}

/** In seconds, after so many requests. */
function waitAfter(requests: number): number {
  return Math.min(2 ** Math.max(0, requests - QUICK_REQUESTS), MAX_WAIT_SECONDS);
}
