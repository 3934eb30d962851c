// Marks for mark and sweep, while notifications go on. What a notification said during a dump is newer than what the
// dump says of it, whenever that comes: the kernel may have read the entry before it changed.
//
// The kernel's dumps of neighbours and forwarding entries go by position, so a deletion meanwhile can hide another entry
// from them. They are repeated then, and an entry that was seen in any round is confirmed.

const MASK = 0xffff;

export class Marks {
  private round = 0;
  private firstRound = 0;
  private running = false;

  /** Whether a dump is going on. */
  get isRunning(): boolean {
    return this.running;
  }

  /** Of what a notification says. */
  get told(): number {
    return (this.round * 2 + 1) & MASK;
  }

  /** Of what the present dump says. */
  get read(): number {
    return (this.round * 2) & MASK;
  }

  begin(): void {
    this.firstRound = this.round + 1;
  }

  beginRound(): void {
    this.round += 1;
    this.running = true;
  }

  endRound(): void {
    this.running = false;
  }

  /** Whether a notification has spoken of an entry since the present dump began. */
  isOvertaken(mark: number): boolean {
    return mark === this.told;
  }

  /** Whether an entry was seen in any round, or spoken of since the first. */
  isConfirmed(mark: number): boolean {
    return ((mark - this.firstRound * 2) & MASK) <= (this.round - this.firstRound) * 2 + 1;
  }
}
