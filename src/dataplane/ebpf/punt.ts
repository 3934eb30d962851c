// Frames that the programs hand to the engine: out of a TAP device, each with an 802.1ad tag in front whose
// VLAN ID is the ingress interface's slot. The device has no offloads, so the kernel has segmented what
// was a super-packet and completed what was a partial checksum.

import {
  DESC_FLAGS,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  FRAME_TRUNCATED,
  type NativeError,
  TapDevice,
} from "../../native/index.js";
import { VtepError } from "../../wire/error.js";
import { ETHERNET_HEADER_BYTES, EtherType, VLAN_TAG_BYTES } from "../../wire/ethernet.js";
import { TransmitDrops } from "./transmit_drops.js";

const NAME = "vtepd-punt";
/** Of several VTEPs in one network namespace each has its own. */
const MOST_DEVICES = 64;
/** The largest that a TAP device takes; XDP refuses to redirect what exceeds it. */
const MTU_BYTES = 65521;
/** Some 60 super-packets in segments, or what one interface's buckets let through at once. */
const QUEUE_FRAMES = 4096;
const SLOT_MASK = 0x0fff;
const TAKEN = new Set(["EBUSY", "EEXIST", "EINVAL"]);
/** Receives per wake-up: then timers, netlink and the API have their turn. */
const BATCHES_PER_WAKE_UP = 8;

/** The bytes are valid, and may be written over, headroom included, until flush returns. */
export interface PuntHandler {
  handle(bytes: Uint8Array, offset: number, length: number, slot: number): void;
  /** After each batch. */
  flush(): void;
}

export class PuntReader {
  private readonly tap: TapDevice;
  private readonly losses: TransmitDrops;

  constructor(private readonly handler: PuntHandler) {
    this.tap = openTap();
    this.losses = new TransmitDrops(this.tap.name);
    this.tap.start(() => this.drain());
  }

  get ifindex(): number {
    return this.tap.ifindex;
  }

  /** Frames lost since the start: the engine was busy for longer than the device's queue lasts. */
  overruns(): number {
    return this.losses.read();
  }

  close(): void {
    this.losses.close();
    this.tap.close();
  }

  private drain(): void {
    for (let batch = 0; batch < BATCHES_PER_WAKE_UP; batch++) {
      const count = this.tap.receive();
      for (let frame = 0; frame < count; frame++) this.take(frame * DESC_STRIDE);
      if (count > 0) this.handler.flush();
      if (count < this.tap.slots) return;
    }
  }

  /** Takes the tag out by moving the addresses over it. What bears none was not sent by the programs. */
  private take(word: number): void {
    const { descriptors, pool } = this.tap;
    const offset = descriptors[word + DESC_OFFSET]!;
    const length = descriptors[word + DESC_LENGTH]!;
    if ((descriptors[word + DESC_FLAGS]! & FRAME_TRUNCATED) !== 0) return;
    if (length < ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES || wordAt(pool, offset + 12) !== EtherType.SERVICE_VLAN) return;
    const slot = wordAt(pool, offset + 14) & SLOT_MASK;
    pool.copyWithin(offset + VLAN_TAG_BYTES, offset, offset + 12);
    this.handler.handle(pool, offset + VLAN_TAG_BYTES, length - VLAN_TAG_BYTES, slot);
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function openTap(): TapDevice {
  for (let device = 0; ; device++) {
    const name = device === 0 ? NAME : `${NAME}${device}`;
    try {
      return new TapDevice({ name, mtu: MTU_BYTES, queueLength: QUEUE_FRAMES });
    } catch (cause) {
      if (TAKEN.has((cause as NativeError).code) && device + 1 < MOST_DEVICES) continue;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new VtepError("punt_device_failed", `${name}: ${why}`, { interface: name }, cause);
    }
  }
}
