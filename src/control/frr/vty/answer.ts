// How FRR's daemons answer on their vty sockets, which is how vtysh asks them: a command goes out with a zero byte
// behind it; back come text, three zero bytes, and a status.

/** enum cmd_return of FRR, as far as a question can earn it. */
export const AnswerStatus = { success: 0, warning: 1 } as const;

const END_ZEROS = 3;

export interface AnswerListener {
  /** Bytes of the answer as they come; valid only until this returns. */
  text(bytes: Uint8Array): void;
  end(status: number): void;
  /** What came is no answer: nothing after it can be trusted. */
  broken(): void;
}

/** Cuts the stream of a vty socket into answers. Text never has a zero byte in it. */
export class AnswerReader {
  private zeros = 0;

  constructor(private readonly listener: AnswerListener) {}

  receive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.zeros === 0) at = this.readText(bytes, at);
      else if (this.zeros === END_ZEROS) {
        this.zeros = 0;
        this.listener.end(bytes[at]!);
        at += 1;
      } else if (bytes[at] === 0) {
        this.zeros += 1;
        at += 1;
      } else {
        this.listener.broken();
        return;
      }
    }
  }

  /** Returns where to go on. */
  private readText(bytes: Uint8Array, at: number): number {
    const zero = bytes.indexOf(0, at);
    const end = zero === -1 ? bytes.length : zero;
    if (end > at) this.listener.text(bytes.subarray(at, end));
    if (zero === -1) return end;
    this.zeros = 1;
    return end + 1;
  }
}
