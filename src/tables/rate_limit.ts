// Token buckets by a small index, for what answers strangers: ICMP errors and the like.

export class RateLimit {
  private readonly tokens: Float64Array;
  private readonly ticks: Uint32Array;

  /** `perTick` tokens come each 100 ms, up to `burst`. */
  constructor(
    entries: number,
    private readonly perTick: number,
    private readonly burst: number,
  ) {
    this.tokens = new Float64Array(entries).fill(burst);
    this.ticks = new Uint32Array(entries);
  }

  /** Whether `take` would succeed. */
  has(index: number, tick: number): boolean {
    return this.tokensAt(index, tick) >= 1;
  }

  /** Takes one if there is one. */
  take(index: number, tick: number): boolean {
    const tokens = this.tokensAt(index, tick);
    this.ticks[index] = tick;
    this.tokens[index] = tokens < 1 ? tokens : tokens - 1;
    return tokens >= 1;
  }

  private tokensAt(index: number, tick: number): number {
    const elapsed = (tick - this.ticks[index]!) >>> 0;
    return Math.min(this.burst, this.tokens[index]! + elapsed * this.perTick);
  }
}
