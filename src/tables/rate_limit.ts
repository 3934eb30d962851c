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

  /** Takes one if there is one. */
  take(index: number, tick: number): boolean {
    const elapsed = (tick - this.ticks[index]!) >>> 0;
    const tokens = Math.min(this.burst, this.tokens[index]! + elapsed * this.perTick);
    this.ticks[index] = tick;
    this.tokens[index] = tokens < 1 ? tokens : tokens - 1;
    return tokens >= 1;
  }
}
