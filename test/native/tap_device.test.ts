import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  DESC_FLAGS,
  DESC_IFINDEX,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  FRAME_REFUSED,
  interfaceIndex,
  PacketSocket,
  TapDevice,
} from "../../src/native/index.js";
import { frame, Namespace, root, until } from "./lab.js";

const TEST_TYPE = 0x88b5;

function describeFrames(ifindex: number, frames: Uint8Array[]): { descriptors: Int32Array; pool: Uint8Array } {
  const descriptors = new Int32Array(DESC_STRIDE * frames.length);
  let offset = 0;
  frames.forEach((bytes, i) => {
    descriptors[i * DESC_STRIDE + DESC_OFFSET] = offset;
    descriptors[i * DESC_STRIDE + DESC_LENGTH] = bytes.length;
    descriptors[i * DESC_STRIDE + DESC_IFINDEX] = ifindex;
    offset += bytes.length;
  });
  return { descriptors, pool: Buffer.concat(frames) };
}

describe.skipIf(!root)("TapDevice (needs root)", () => {
  let namespace: Namespace;
  let tap: TapDevice;
  beforeEach(() => {
    namespace = new Namespace();
    tap = new TapDevice({ name: "tap0", netns: namespace.path, mtu: 9000, slots: 4 });
  });
  afterEach(() => {
    tap.close();
    namespace.remove();
  });

  it("1 makes a device that is up, has no IPv6, and dies with the handle", () => {
    expect(tap.ifindex).toBe(interfaceIndex("tap0", namespace.path));
    const shown = namespace.ip("addr", "show", "tap0");
    expect(shown).toContain("mtu 9000");
    expect(shown).toContain("UP");
    expect(shown).not.toContain("inet6");
    tap.close();
    tap.close();
    expect(() => interfaceIndex("tap0", namespace.path)).toThrow(expect.objectContaining({ code: "ENODEV" }));
  });

  it("2 reads what the kernel sends on it, tags and all, in bounded batches", async () => {
    const sender = new PacketSocket({ ifindex: 0, netns: namespace.path });
    const tagged = frame(0x88a8, 60);
    tagged.set([0x20, 0x07, 0x88, 0xb5], 14);
    const frames = [tagged, ...Array.from({ length: 9 }, (_, i) => frame(TEST_TYPE, 46 + i))];
    const { descriptors, pool } = describeFrames(tap.ifindex, frames);
    expect(sender.send(descriptors, frames.length, pool)).toBe(10);
    const received: Buffer[] = [];
    const batches: number[] = [];
    tap.start(() => {
      const count = tap.receive();
      batches.push(count);
      for (let i = 0; i < count; i++) {
        const offset = tap.descriptors[i * DESC_STRIDE + DESC_OFFSET] ?? 0;
        expect(tap.descriptors[i * DESC_STRIDE + DESC_IFINDEX]).toBe(tap.ifindex);
        received.push(
          Buffer.from(tap.pool.slice(offset, offset + (tap.descriptors[i * DESC_STRIDE + DESC_LENGTH] ?? 0))),
        );
      }
    });
    await until(() => received.length === 10, "10 frames");
    expect(received).toEqual(frames.map((bytes) => Buffer.from(bytes)));
    expect(Math.max(...batches)).toBeLessThanOrEqual(4);
    sender.close();
  });

  it("3 injects frames as received by the device", async () => {
    const listener = new PacketSocket({ ifindex: tap.ifindex, netns: namespace.path });
    const { descriptors, pool } = describeFrames(0, [frame(TEST_TYPE, 46), frame(TEST_TYPE, 100)]);
    descriptors[DESC_STRIDE + DESC_OFFSET] = 1 << 30;
    expect(tap.send(descriptors, 2, pool)).toBe(1);
    expect(descriptors[DESC_STRIDE + DESC_FLAGS]).toBe(FRAME_REFUSED);
    await until(() => listener.receive() === 1, "the injected frame");
    expect(listener.descriptors[DESC_LENGTH]).toBe(60);
    listener.close();
  });

  it("4 refuses names that are no names or are taken", () => {
    expect(() => new TapDevice({ name: "a/b" })).toThrow(/interface name/);
    expect(() => new TapDevice({ name: "tap0", netns: namespace.path })).toThrow(
      expect.objectContaining({ code: "EBUSY", syscall: "ioctl(TUNSETIFF)" }),
    );
  });
});
