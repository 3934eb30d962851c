// How many frames the kernel could not queue to a device of ours. The packet plane counts every lost frame, and
// these are lost where no program and no engine sees them.

import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 65536;
/** Behind the name: eight counts of reception, then bytes, packets, errors and drops of transmission. */
const TRANSMIT_DROPS = 11;

export class TransmitDrops {
  /** Opened once, so that it stays the file of the namespace that the device is in. */
  private readonly file = openSync("/proc/thread-self/net/dev", "r");

  constructor(private readonly device: string) {}

  read(): number {
    const line = this.text()
      .split("\n")
      .find((row) => row.trimStart().startsWith(`${this.device}:`));
    const counts = line
      ?.slice(line.indexOf(":") + 1)
      .trim()
      .split(/\s+/);
    return Number(counts?.[TRANSMIT_DROPS] ?? 0);
  }

  close(): void {
    closeSync(this.file);
  }

  /** The file has no length beforehand, and comes in pages. */
  private text(): string {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let text = "";
    for (let position = 0; ; ) {
      const read = readSync(this.file, chunk, 0, chunk.length, position);
      if (read === 0) return text;
      text += chunk.toString("latin1", 0, read);
      position += read;
    }
  }
}
