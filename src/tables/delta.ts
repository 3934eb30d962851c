// What changed in the tables since a driver last looked. Only keys are kept: the driver reads the
// present value when it applies them, so a key that changed ten times costs one write, and applying
// twice is harmless.

/** FDB keys as pairs of words, in a growing array that is reused. */
export class FdbDelta {
  private words = new Int32Array(256);
  private used = 0;

  get count(): number {
    return this.used >>> 1;
  }

  push(w0: number, w1: number): void {
    if (this.used === this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[this.used++] = w0;
    this.words[this.used++] = w1;
  }

  forEach(visit: (w0: number, w1: number) => void): void {
    for (let at = 0; at < this.used; at += 2) visit(this.words[at]!, this.words[at + 1]!);
  }

  clear(): void {
    this.used = 0;
  }
}

export class Deltas {
  readonly fdb = new FdbDelta();
  readonly interfaces = new Set<number>();
  readonly ports = new Set<number>();
  readonly bridgeDomains = new Set<number>();
  readonly vteps = new Set<number>();
  readonly groups = new Set<number>();
  readonly adjacencies = new Set<number>();
  /** The VTEP's own header settings. */
  config = false;

  get empty(): boolean {
    const sets = [this.interfaces, this.ports, this.bridgeDomains, this.vteps, this.groups, this.adjacencies];
    return !this.config && this.fdb.count === 0 && sets.every((set) => set.size === 0);
  }

  clear(): void {
    this.config = false;
    for (const part of [this.fdb, this.interfaces, this.ports, this.bridgeDomains]) part.clear();
    for (const part of [this.vteps, this.groups, this.adjacencies]) part.clear();
  }
}
