/** Several captures watched as one: what has arrived where, and waiting until it is what one waits for. */
import type { Capture } from "./capture.js";
import type { Endpoint } from "./topology.js";

export type Frames = ReadonlyMap<Endpoint, readonly Buffer[]>;

export class Watch {
  readonly #captures = new Map<Endpoint, Capture>();
  #waiting: (() => void)[] = [];

  add(endpoint: Endpoint, capture: Capture): void {
    this.#captures.set(endpoint, capture);
  }

  /** To be called for every piece that any capture delivers. */
  readonly notify = (): void => {
    for (const wake of this.#waiting.splice(0)) wake();
  };

  get frames(): Frames {
    return new Map([...this.#captures].map(([endpoint, { frames }]) => [endpoint, frames]));
  }

  /** Waits until `done` holds, or the time is up: what is missing then is for the caller to say. */
  async until(done: (frames: Frames) => boolean, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!done(this.frames) && Date.now() < deadline) await this.#nextChange(deadline - Date.now());
  }

  #nextChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Also when one of them fails, all are stopped. */
  async stop(): Promise<void> {
    const stopped = await Promise.allSettled([...this.#captures.values()].map((capture) => capture.stop()));
    const failed = stopped.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
