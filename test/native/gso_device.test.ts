import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DESC_LENGTH, GsoDevice, interfaceIndex, NativeError, PacketSocket } from "../../src/native/index.js";
import { frame, Namespace, root, until } from "./lab.js";

const HEADER_BYTES = 24;
const TEST_TYPE = 0x88b5;

describe.skipIf(!root)("GsoDevice (needs root)", () => {
  let namespace: Namespace;
  let device: GsoDevice | undefined;
  let missing = "";
  beforeEach(() => {
    namespace = new Namespace();
    try {
      device = new GsoDevice({ name: "gso0", netns: namespace.path });
    } catch (error) {
      if (!(error instanceof NativeError && error.code === "EINVAL")) throw error;
      missing = error.message;
    }
  });
  afterEach(() => {
    device?.close();
    namespace.remove();
  });

  it("1 makes a device that is up, has no IPv6, and dies with the handle", (context) => {
    if (device === undefined) return context.skip(missing);
    expect(device.ifindex).toBe(interfaceIndex("gso0", namespace.path));
    const shown = namespace.ip("addr", "show", "gso0");
    expect(shown).toContain("UP");
    expect(shown).not.toContain("inet6");
    device.close();
    device.close();
    expect(() => interfaceIndex("gso0", namespace.path)).toThrow(expect.objectContaining({ code: "ENODEV" }));
    expect(() => device?.send(new Uint8Array(100), 0, 100)).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  it("2 injects a frame as received by the device, without the header that describes it", async (context) => {
    if (device === undefined) return context.skip(missing);
    const listener = new PacketSocket({ ifindex: device.ifindex, netns: namespace.path });
    try {
      const bytes = new Uint8Array(8 + HEADER_BYTES + 60);
      bytes.set(frame(TEST_TYPE, 46), 8 + HEADER_BYTES);
      expect(device.send(bytes, 8, HEADER_BYTES + 60)).toBe(true);
      await until(() => listener.receive() === 1, "the injected frame");
      expect(listener.descriptors[DESC_LENGTH]).toBe(60);
    } finally {
      listener.close();
    }
  });

  it("3 refuses what is not in the buffer, and what the kernel cannot make sense of", (context) => {
    if (device === undefined) return context.skip(missing);
    const bytes = new Uint8Array(HEADER_BYTES + 60);
    expect(() => device?.send(bytes, 1, bytes.length)).toThrow(/inside its buffer/);
    bytes[1] = 0x21; // a super-packet without a checksum to complete
    expect(device.send(bytes, 0, bytes.length)).toBe(false);
    expect(() => new GsoDevice({ name: "a/b" })).toThrow(/interface name/);
  });
});
