// When zebra begins to know a VNI of ours: a while after it was started, after bgpd came back, or after the VNI's device
// came. What stood in the kernel before that it may not have read.

import type { Clock } from "../../clock.js";
import type { Vty } from "./connection.js";
import { askVnis } from "./shows.js";

const FIRST_LOOK_MS = 250;
const LONGEST_MS = 2_000;

export interface VniWatchParts {
  readonly clock: Clock;
  zebra(): Vty | undefined;
  /** Our L2 VNIs. */
  vnis(): Iterable<number>;
  /** zebra knows these, and did not before. */
  readonly known: (vnis: ReadonlySet<number>) => void;
}

export class VniWatch {
  private readonly told = new Set<number>();
  private cancel: (() => void) | undefined;
  private round = 0;
  private delayMs = FIRST_LOOK_MS;

  constructor(private readonly parts: VniWatchParts) {}

  /** zebra is to be asked for all VNIs, also for those that it knew. */
  begin(): void {
    this.told.clear();
    this.delayMs = FIRST_LOOK_MS;
    this.lookSoon();
  }

  close(): void {
    this.round += 1;
    this.cancel?.();
  }

  private lookSoon(): void {
    this.close();
    const { round } = this;
    this.cancel = this.parts.clock.after(this.delayMs, () => void this.look(round));
    this.delayMs = Math.min(this.delayMs * 2, LONGEST_MS);
  }

  private async look(round: number): Promise<void> {
    const zebra = this.parts.zebra();
    // It begins again when there is one.
    if (zebra === undefined) return;
    const shown = await askVnis(zebra).catch(() => []);
    if (round !== this.round) return;
    const missing = new Set([...this.parts.vnis()].filter((vni) => !this.told.has(vni)));
    const found = new Set(shown.map(({ vni }) => vni).filter((vni) => missing.has(vni)));
    for (const vni of found) this.told.add(vni);
    if (found.size < missing.size) this.lookSoon();
    if (found.size > 0) this.parts.known(found);
  }
}
