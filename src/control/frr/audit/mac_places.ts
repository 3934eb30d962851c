// Places of MACs, as one side of a comparison has them: a table of numbers. A Map would have an object on the heap for
// each MAC, and of a hundred thousand, which live as long as one look, the collector of garbage makes pauses. Where it
// grows, it moves a few MACs with each that comes: all of a hundred thousand at once are milliseconds.

const FIRST_SIZE = 1024;
/** Places of the smaller table that are cleared with each MAC: all of them before the larger one is full, by far. */
const MOVED_AT_ONCE = 8;
/** A place's number is its index here, and 0 = no MAC. */
const NO_PLACE = 0;

class Table {
  readonly macs: Float64Array;
  readonly numbers: Uint32Array;

  constructor(readonly size: number) {
    this.macs = new Float64Array(size);
    this.numbers = new Uint32Array(size);
  }

  /** Where the MAC is, or could be. */
  find(mac: number): number {
    const { macs, numbers } = this;
    const mask = this.size - 1;
    let at = hashOf(mac) & mask;
    while (numbers[at] !== NO_PLACE && macs[at] !== mac) at = (at + 1) & mask;
    return at;
  }
}

export class MacPlaces {
  private table = new Table(FIRST_SIZE);
  /** The one before, whose MACs from `next` on are not all in the present one yet. */
  private smaller: Table | undefined;
  private next = 0;
  private used = 0;
  private readonly texts: (string | undefined)[] = [undefined];
  private readonly numberOf = new Map<string, number>();

  get size(): number {
    return this.used;
  }

  set(mac: number, place: string): void {
    if (this.used * 2 >= this.table.size) this.grow();
    this.move(MOVED_AT_ONCE);
    if (this.numberAt(mac) === NO_PLACE) this.used += 1;
    this.put(mac, this.numbered(place));
  }

  get(mac: number): string | undefined {
    return this.texts[this.numberAt(mac)];
  }

  has(mac: number): boolean {
    return this.numberAt(mac) !== NO_PLACE;
  }

  *keys(): Generator<number> {
    this.move(Number.POSITIVE_INFINITY);
    const { macs, numbers } = this.table;
    for (let at = 0; at < numbers.length; at++) if (numbers[at] !== NO_PLACE) yield macs[at]!;
  }

  private numbered(place: string): number {
    const known = this.numberOf.get(place);
    if (known !== undefined) return known;
    this.texts.push(place);
    this.numberOf.set(place, this.texts.length - 1);
    return this.texts.length - 1;
  }

  /** What the present table says goes before what the smaller one said. */
  private numberAt(mac: number): number {
    const { table, smaller } = this;
    const number = table.numbers[table.find(mac)]!;
    return number === NO_PLACE && smaller !== undefined ? smaller.numbers[smaller.find(mac)]! : number;
  }

  private put(mac: number, number: number): void {
    const at = this.table.find(mac);
    this.table.macs[at] = mac;
    this.table.numbers[at] = number;
  }

  private grow(): void {
    this.move(Number.POSITIVE_INFINITY);
    this.smaller = this.table;
    this.next = 0;
    this.table = new Table(this.smaller.size * 2);
  }

  /** Goes on with up to so many places of the smaller table. */
  private move(most: number): void {
    const { smaller, table } = this;
    if (smaller === undefined) return;
    const end = Math.min(this.next + most, smaller.size);
    for (let from = this.next; from < end; from++) {
      const mac = smaller.macs[from]!;
      const isLeft = smaller.numbers[from] !== NO_PLACE && table.numbers[table.find(mac)] === NO_PLACE;
      if (isLeft) this.put(mac, smaller.numbers[from]!);
    }
    this.next = end;
    if (end === smaller.size) this.smaller = undefined;
  }
}

/** Of the lower four bytes, and a little of the upper two: makers number in the lower three. */
function hashOf(mac: number): number {
  const mixed = Math.imul((mac | 0) ^ (mac / 2 ** 32), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
