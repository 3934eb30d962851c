/** Datagrams that can be found again in any capture, bare or encapsulated, and the counting of their copies. */
import { randomBytes } from "node:crypto";
import { type LabContext, probeProgram } from "../context.js";
import { isUdp } from "../outer.js";
import type { DatagramsRequest } from "../probe.js";
import { runText } from "../process.js";

export class Marks {
  readonly count: number;
  readonly #prefix: string;

  constructor(count: number) {
    this.count = count;
    this.#prefix = `vtepd-lab ${randomBytes(8).toString("hex")} `;
  }

  /** The contents of each datagram; it ends in a semicolon, so that 1 is not found in 10. */
  get texts(): string[] {
    return Array.from({ length: this.count }, (_, index) => `${this.#prefix}${index};`);
  }

  /** Which of the datagrams a bare frame carries, if any; an ICMP error that quotes one does not count. */
  indexIn(frame: Buffer): number | undefined {
    const at = isUdp(frame) ? frame.indexOf(this.#prefix) : -1;
    if (at < 0) return undefined;
    const end = frame.indexOf(";", at);
    return end < 0 ? undefined : Number(frame.toString("latin1", at + this.#prefix.length, end));
  }

  /** How many of these frames carry each of the datagrams. */
  tally(frames: readonly Buffer[]): number[] {
    const copies = new Array<number>(this.count).fill(0);
    for (const frame of frames) {
      const index = this.indexIn(frame);
      if (index !== undefined) copies[index] = (copies[index] ?? 0) + 1;
    }
    return copies;
  }
}

/** Sends datagrams from within a host. */
export async function sendDatagrams(
  context: LabContext,
  node: string,
  request: Omit<DatagramsRequest, "kind">,
): Promise<void> {
  const argument = JSON.stringify({ ...request, kind: "datagrams" });
  await runText(process.execPath, [probeProgram, argument], { namespace: context.instance.namespaceOf(node) });
}
