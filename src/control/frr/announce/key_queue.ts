// FDB keys in the order they came, as pairs of words: no object per MAC.

export class KeyQueue {
  private words = new Int32Array(32);
  private head = 0;
  private tail = 0;

  get isEmpty(): boolean {
    return this.head === this.tail;
  }

  push(w0: number, w1: number): void {
    if (this.tail === this.words.length) this.makeRoom();
    this.words[this.tail++] = w0;
    this.words[this.tail++] = w1;
  }

  /** Takes the oldest one out. False where there is none. */
  shift(take: (w0: number, w1: number) => void): boolean {
    if (this.isEmpty) return false;
    const at = this.head;
    const [w0, w1] = [this.words[at]!, this.words[at + 1]!];
    this.head = at + 2;
    if (this.isEmpty) this.clear();
    take(w0, w1);
    return true;
  }

  /** Takes out those that are in it now: what is put in meanwhile stays. */
  drain(take: (w0: number, w1: number) => void): void {
    const { words, head, tail } = this;
    this.words = new Int32Array(32);
    this.clear();
    for (let at = head; at < tail; at += 2) take(words[at]!, words[at + 1]!);
  }

  clear(): void {
    this.head = 0;
    this.tail = 0;
  }

  /** What was taken out makes room, or else the array grows. */
  private makeRoom(): void {
    const { words, head, tail } = this;
    if (head * 2 < words.length) this.words = new Int32Array(words.length * 2);
    this.words.set(words.subarray(head, tail));
    this.head = 0;
    this.tail = tail - head;
  }
}
