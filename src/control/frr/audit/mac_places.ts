// Places of MACs, as one side of a comparison has them: a table of numbers. A Map would have an object on the heap for
// each MAC, and of a hundred thousand, which live as long as one look, the collector of garbage makes pauses.

const FIRST_SIZE = 1024;
/** A place's number is its index here, and 0 = no MAC. */
const NO_PLACE = 0;

export class MacPlaces {
  private macs = new Float64Array(FIRST_SIZE);
  private numbers = new Uint32Array(FIRST_SIZE);
  private used = 0;
  private readonly texts: (string | undefined)[] = [undefined];
  private readonly numberOf = new Map<string, number>();

  get size(): number {
    return this.used;
  }

  set(mac: number, place: string): void {
    if (this.used * 2 >= this.macs.length) this.grow();
    const at = this.find(mac);
    if (this.numbers[at] === NO_PLACE) this.used += 1;
    this.macs[at] = mac;
    this.numbers[at] = this.numbered(place);
  }

  get(mac: number): string | undefined {
    return this.texts[this.numbers[this.find(mac)]!];
  }

  has(mac: number): boolean {
    return this.numbers[this.find(mac)] !== NO_PLACE;
  }

  *keys(): Generator<number> {
    const { macs, numbers } = this;
    for (let at = 0; at < numbers.length; at++) if (numbers[at] !== NO_PLACE) yield macs[at]!;
  }

  private numbered(place: string): number {
    const known = this.numberOf.get(place);
    if (known !== undefined) return known;
    this.texts.push(place);
    this.numberOf.set(place, this.texts.length - 1);
    return this.texts.length - 1;
  }

  /** Where the MAC is, or could be. */
  private find(mac: number): number {
    const { macs, numbers } = this;
    const mask = macs.length - 1;
    let at = hashOf(mac) & mask;
    while (numbers[at] !== NO_PLACE && macs[at] !== mac) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const { macs, numbers } = this;
    this.macs = new Float64Array(macs.length * 2);
    this.numbers = new Uint32Array(macs.length * 2);
    for (let from = 0; from < macs.length; from++) {
      if (numbers[from] === NO_PLACE) continue;
      const to = this.find(macs[from]!);
      this.macs[to] = macs[from]!;
      this.numbers[to] = numbers[from]!;
    }
  }
}

/** Of the lower four bytes, and a little of the upper two: makers number in the lower three. */
function hashOf(mac: number): number {
  const mixed = Math.imul((mac | 0) ^ (mac / 2 ** 32), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
