// When everything is read from the kernel, and how often: on request, and again until it has succeeded and no request is
// open. What was not seen is swept then.

import { VtepError } from "../../../wire/error.js";
import type { Clock } from "../../clock.js";
import type { Marks } from "./marks.js";

const RETRY_MS = 1_000;
/** Of dumps in which entries were deleted meanwhile: so often none hides from all. */
const MAX_ROUNDS = 4;

export interface Readable {
  /** Reads everything once. */
  read(): Promise<void>;
  /** Everything has been read: what has no confirmed mark is gone. */
  sweep(): void;
}

export class Reading {
  private running: Promise<void> | null = null;
  private isWanted = false;
  private removals = 0;
  private why = "";
  private cancelRetry: (() => void) | undefined;
  private closed = false;

  constructor(
    private readonly marks: Marks,
    private readonly clock: Clock,
    private readonly target: Readable,
  ) {}

  /** Why it does not succeed; "" when it does. */
  get failure(): string {
    return this.why;
  }

  /** An entry of a table whose dump goes by position has gone: it may hide another one. */
  entryRemoved(): void {
    this.removals += 1;
  }

  again(): void {
    this.isWanted = true;
    if (this.closed || this.running !== null || this.cancelRetry !== undefined) return;
    this.running = this.run().finally(() => {
      this.running = null;
      if (this.isWanted) this.again();
    });
  }

  /** Resolves when nothing is being read. */
  async settled(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  close(): void {
    this.closed = true;
    this.cancelRetry?.();
  }

  private async run(): Promise<void> {
    this.isWanted = false;
    try {
      await this.readRounds();
      this.why = "";
    } catch (error) {
      if (!(error instanceof VtepError)) throw error;
      this.marks.endRound();
      if (!this.closed) this.retryLater(error);
    }
  }

  private async readRounds(): Promise<void> {
    this.marks.begin();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.marks.beginRound();
      this.removals = 0;
      await this.target.read();
      this.marks.endRound();
      if (this.removals === 0) break;
    }
    if (!this.closed) this.target.sweep();
  }

  private retryLater(error: VtepError): void {
    this.why = `what zebra wrote cannot be read: ${error.message}`;
    this.cancelRetry = this.clock.after(RETRY_MS, () => {
      this.cancelRetry = undefined;
      this.again();
    });
  }
}
