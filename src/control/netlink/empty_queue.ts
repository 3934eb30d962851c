/**
 * Notices when a socket's receive queue has run empty, from the one sign that every transport gives: a whole turn of
 * the event loop in which it had nothing to read.
 */

/** Turns to wait where messages never stop coming. */
const MAX_TURNS = 1_000;

export class EmptyQueueWatch {
  private activity = 0;
  private waiting = false;

  constructor(private readonly onEmpty: () => void) {}

  get isWaiting(): boolean {
    return this.waiting;
  }

  /** To be told of everything that comes from the socket. */
  active(): void {
    this.activity++;
  }

  start(): void {
    this.active();
    if (this.waiting) return;
    this.waiting = true;
    // The turn that is under way may have left messages unread; the next ones count.
    setImmediate(() => this.watchTurn(MAX_TURNS));
  }

  private watchTurn(turns: number): void {
    const { activity } = this;
    setImmediate(() => {
      if (this.activity !== activity && turns > 0) {
        this.watchTurn(turns - 1);
        return;
      }
      this.waiting = false;
      this.onEmpty();
    });
  }
}
