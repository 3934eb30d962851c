// When zebra is asked about Ethernet segments. It tells nobody of an election, but most have a cause that the kernel does
// tell of: the link of the segment, or a VTEP that joins or leaves it, which is a next-hop object of zebra's. Then, and
// while there are segments of ours, zebra is asked often; by a connection of our own, so that no long answer to somebody
// else stands before it.

import type { Clock } from "../../clock.js";
import { DaemonLink, type DaemonState } from "../vty/daemon_link.js";
import type { Vty } from "../vty/index.js";
import { askSegments, type ShownSegments } from "./shown.js";

/** With segments of ours: zebra answers within a millisecond, and an election is to be followed within 100 ms. */
const OFTEN_MS = 50;
/** Without: until somebody configures one. */
const SELDOM_MS = 2_000;
/** vtysh configures a zebra that has started, piece by piece: until then what it does not list may come. */
const CONFIGURED_MS = 10_000;

export interface SegmentWatchParts {
  readonly folder: string;
  readonly clock: Clock;
  /** `isAll`: what is not among them is no segment. */
  readonly told: (segments: ShownSegments, isAll: boolean) => void;
}

export class SegmentWatch {
  private readonly link: DaemonLink;
  private cancel: (() => void) | undefined;
  private isAsking = false;
  private isWanted = false;
  private isConfigured = false;
  private cancelPatience: (() => void) | undefined;
  private isClosed = false;
  private failure = "";

  constructor(private readonly parts: SegmentWatchParts) {
    this.link = new DaemonLink({ folder: parts.folder, daemon: "zebra", clock: parts.clock });
    this.link.onChange((state) => this.changed(state));
    this.link.start();
  }

  /** Asks now; once more if a question is under way, whose answer may be older. */
  look(): void {
    const { vty } = this.link;
    this.isWanted = this.isAsking;
    if (this.isAsking || this.isClosed || vty === undefined) return;
    this.cancel?.();
    this.isAsking = true;
    void this.ask(vty);
  }

  /** That zebra cannot be reached is told by others. */
  problems(): string[] {
    return this.failure === "" ? [] : [`Ethernet segments: ${this.failure}`];
  }

  close(): void {
    this.isClosed = true;
    this.cancel?.();
    this.cancelPatience?.();
    this.link.close();
  }

  private changed(state: DaemonState): void {
    this.cancelPatience?.();
    this.isConfigured = false;
    if (state !== "up") return;
    this.cancelPatience = this.parts.clock.after(CONFIGURED_MS, () => {
      this.isConfigured = true;
      this.look();
    });
    this.look();
  }

  private async ask(vty: Vty): Promise<void> {
    let delayMs = SELDOM_MS;
    try {
      const segments = await askSegments(vty);
      if (this.isClosed) return;
      this.failure = "";
      if (segments.own.length > 0) delayMs = OFTEN_MS;
      this.parts.told(segments, this.isConfigured);
    } catch (error) {
      this.failure = this.link.vty === undefined ? "" : error instanceof Error ? error.message : String(error);
    } finally {
      this.isAsking = false;
    }
    if (this.isWanted) this.look();
    else if (!this.isClosed) this.cancel = this.parts.clock.after(delayMs, () => this.look());
  }
}
