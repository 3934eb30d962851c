// Time as control sees it, handed in so that tests can move it.

export interface Clock {
  /** 100 ms units since boot, unsigned 32 bit: the time stamps of the tables. */
  tick(): number;
  /** Calls back once after a delay; returns the cancellation. Never keeps the process alive by itself. */
  after(ms: number, callback: () => void): () => void;
}

export const TICKS_PER_SECOND = 10;
