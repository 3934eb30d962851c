/**
 * Reads the classic pcap stream that tcpdump writes to its standard output, as it comes in. Only what we ask tcpdump
 * for: little endian, Ethernet. Written apart from `src/wire`, so that a lab judges what it sees with its own eyes.
 */
import { VtepError } from "../wire/error.js";

const FILE_HEADER_SIZE = 24;
const RECORD_HEADER_SIZE = 16;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINKTYPE_ETHERNET = 1;

export class PcapReader {
  #pending: Buffer = Buffer.alloc(0);
  #started = false;

  /** Takes the next piece of the stream and gives the frames that it completes. */
  push(chunk: Buffer): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    if (!this.#started && !this.#readFileHeader()) return [];
    const frames: Buffer[] = [];
    for (let frame = this.#nextFrame(); frame !== undefined; frame = this.#nextFrame()) frames.push(frame);
    return frames;
  }

  #readFileHeader(): boolean {
    if (this.#pending.length < FILE_HEADER_SIZE) return false;
    const magic = this.#pending.readUInt32LE(0);
    const linkType = this.#pending.readUInt32LE(20);
    if (magic !== MAGIC_MICROSECONDS || linkType !== LINKTYPE_ETHERNET) {
      throw new VtepError("lab_pcap", "tcpdump did not write an Ethernet pcap file", { magic, linkType });
    }
    this.#pending = this.#pending.subarray(FILE_HEADER_SIZE);
    this.#started = true;
    return true;
  }

  #nextFrame(): Buffer | undefined {
    if (this.#pending.length < RECORD_HEADER_SIZE) return undefined;
    const end = RECORD_HEADER_SIZE + this.#pending.readUInt32LE(8);
    if (this.#pending.length < end) return undefined;
    const frame = this.#pending.subarray(RECORD_HEADER_SIZE, end);
    this.#pending = this.#pending.subarray(end);
    return frame;
  }
}
