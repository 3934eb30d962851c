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

/** A host of a VRF, or a prefix. */
export interface HostKey {
  readonly scope: number;
  readonly address: Uint8Array;
}

export interface PrefixKey {
  readonly vrf: number;
  readonly address: Uint8Array;
  readonly length: number;
}

export class Deltas {
  readonly fdb = new FdbDelta();
  readonly interfaces = new Set<number>();
  readonly ports = new Set<number>();
  readonly bridgeDomains = new Set<number>();
  readonly vteps = new Set<number>();
  readonly groups = new Set<number>();
  readonly segments = new Set<number>();
  readonly adjacencies = new Set<number>();
  readonly vrfs = new Set<number>();
  readonly routes = new Set<number>();
  readonly paths = new Set<number>();
  readonly hosts: HostKey[] = [];
  readonly prefixes: PrefixKey[] = [];
  /** The VTEP's own header settings. */
  config = false;

  get empty(): boolean {
    const lists = this.fdb.count + this.hosts.length + this.prefixes.length;
    return !this.config && lists === 0 && this.sets().every((set) => set.size === 0);
  }

  clear(): void {
    this.config = false;
    this.fdb.clear();
    this.hosts.length = 0;
    this.prefixes.length = 0;
    for (const set of this.sets()) set.clear();
  }

  private sets(): Set<number>[] {
    const bridging = [this.interfaces, this.ports, this.bridgeDomains, this.vteps, this.groups, this.adjacencies];
    return [...bridging, this.segments, this.vrfs, this.routes, this.paths];
  }
}
