// Requests to the kernel that are under way, not more than it can answer into one socket's buffer.

import type { VtepError } from "../../../wire/error.js";
import type { AnnouncePlace } from "./site.js";

export class Writes {
  private outstanding = 0;

  constructor(private readonly limit: number) {}

  get hasRoom(): boolean {
    return this.outstanding < this.limit;
  }

  get isIdle(): boolean {
    return this.outstanding === 0;
  }

  /** In that order. `done` is called later, with the first refusal if there was one. */
  send({ client }: AnnouncePlace, messages: readonly Uint8Array[], done: (error: VtepError | undefined) => void): void {
    this.outstanding += 1;
    const end = (error?: VtepError) => {
      this.outstanding -= 1;
      done(error);
    };
    Promise.all(messages.map((message) => client.execute(message))).then(() => end(), end);
  }
}
