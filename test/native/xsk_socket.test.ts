import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  BpfLink,
  BpfObject,
  DESC_FLAGS,
  DESC_IFINDEX,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  FRAME_REFUSED,
  interfaceIndex,
  PacketSocket,
  probeXsk,
  XskSocket,
} from "../../src/native/index.js";
import { compileBpf, frame, Namespace, root, u32, until } from "./lab.js";

const TEST_TYPE = 0x88b5;
const usable = root && probeXsk();

/** Two veth pairs va-vb and vc-vd: the test's hosts are va and vd, AF_XDP sockets sit on vb and vc. */
describe.skipIf(!usable)("XskSocket (needs root and AF_XDP)", () => {
  let namespace: Namespace;
  let objects: BpfObject[];
  let closers: { close(): void }[];
  beforeEach(() => {
    namespace = new Namespace();
    namespace.veth("va", "vb");
    namespace.veth("vc", "vd");
    objects = [];
    closers = [];
  });
  afterEach(() => {
    for (const handle of [...closers, ...objects]) handle.close();
    namespace.remove();
  });

  /** An AF_XDP socket on queue 0 of the interface, with the program that redirects to it. */
  function open(name: string, shareWith?: XskSocket): XskSocket {
    const ifindex = interfaceIndex(name, namespace.path);
    const share = shareWith ? { shareWith } : { frameCount: 256 };
    const socket = new XskSocket({
      ifindex,
      queue: 0,
      netns: namespace.path,
      mode: "copy",
      ringSize: 128,
      fillFrames: 64,
      ...share,
    });
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture", programs: ["to_socket"] });
    object.map("sockets").update(u32(0), u32(socket.fd));
    const link = BpfLink.attachXdp(object.program("to_socket"), ifindex, { mode: "native", netns: namespace.path });
    objects.push(object);
    closers.push(socket, link);
    return socket;
  }

  function host(name: string): PacketSocket {
    const socket = new PacketSocket({ ifindex: interfaceIndex(name, namespace.path), netns: namespace.path });
    closers.push(socket);
    return socket;
  }

  /** Puts frames into the pool of the packet socket and sends them on its interface. */
  function send(from: PacketSocket, frames: Uint8Array[]): void {
    const descriptors = new Int32Array(frames.length * DESC_STRIDE);
    let offset = 0;
    frames.forEach((bytes, i) => {
      descriptors[i * DESC_STRIDE + DESC_OFFSET] = offset;
      descriptors[i * DESC_STRIDE + DESC_LENGTH] = bytes.length;
      descriptors[i * DESC_STRIDE + DESC_IFINDEX] = from.ifindex;
      offset += bytes.length;
    });
    expect(from.send(descriptors, frames.length, Buffer.concat(frames))).toBe(frames.length);
  }

  function bytesOf(socket: PacketSocket | XskSocket, index: number): Buffer {
    const offset = socket.descriptors[index * DESC_STRIDE + DESC_OFFSET] ?? 0;
    return Buffer.from(
      socket.pool.slice(offset, offset + (socket.descriptors[index * DESC_STRIDE + DESC_LENGTH] ?? 0)),
    );
  }

  it("1 receives frames with headroom, and takes them back", async () => {
    const socket = open("vb");
    expect(socket).toMatchObject({ queue: 0, slotSize: 2048, headroom: 256, slots: 256 });
    const all = socket.freeFrames;
    const frames = Array.from({ length: 40 }, (_, i) => frame(TEST_TYPE, 46 + i));
    send(host("va"), frames);
    const seen: Buffer[] = [];
    await until(() => {
      const count = socket.receive();
      for (let i = 0; i < count; i++) {
        seen.push(bytesOf(socket, i));
        expect((socket.descriptors[i * DESC_STRIDE + DESC_OFFSET] ?? 0) % 2048).toBe(256);
      }
      socket.release(socket.descriptors, count);
      return seen.length === 40;
    }, "40 frames");
    expect(seen).toEqual(frames.map((bytes) => Buffer.from(bytes)));
    expect(socket.freeFrames).toBe(all);
    expect(() => socket.release(socket.descriptors, 1)).toThrow(/not the caller's/);
    expect(socket.statistics()).toMatchObject({ rxDropped: 0, rxRingFull: 0, rxInvalidDescriptors: 0 });
  });

  it("2 sends allocated frames, more than its ring holds", async () => {
    const socket = open("vb");
    const listener = host("va");
    const before = socket.freeFrames;
    let sent = 0;
    for (let round = 0; round < 5; round++) {
      const batch = new Int32Array(64 * DESC_STRIDE);
      const count = socket.allocate(batch, 64);
      expect(count).toBe(64);
      for (let i = 0; i < count; i++) {
        socket.pool.set(frame(TEST_TYPE, 50), batch[i * DESC_STRIDE + DESC_OFFSET]);
        batch[i * DESC_STRIDE + DESC_LENGTH] = 64;
      }
      sent += socket.send(batch, count);
    }
    expect(sent).toBe(320);
    let received = 0;
    await until(() => {
      received += listener.receive();
      return received >= 320;
    }, "320 frames");
    await until(() => {
      socket.receive();
      return socket.freeFrames === before;
    }, "all frames back");
  });

  it("3 rewrites a frame in place and sends it on another socket of the same memory", async () => {
    const one = open("vb");
    const two = open("vc", one);
    expect(two.pool).toBe(one.pool);
    expect(two.descriptors).not.toBe(one.descriptors);
    const far = host("vd");
    const before = one.freeFrames;
    one.start(() => {
      const count = one.receive();
      for (let i = 0; i < count; i++) {
        const at = i * DESC_STRIDE;
        const offset = (one.descriptors[at + DESC_OFFSET] ?? 0) - 50;
        one.pool.fill(0xee, offset, offset + 50);
        one.pool.set([0x88, 0xb5], offset + 12);
        one.descriptors[at + DESC_OFFSET] = offset;
        one.descriptors[at + DESC_LENGTH] = (one.descriptors[at + DESC_LENGTH] ?? 0) + 50;
      }
      expect(two.send(one.descriptors, count)).toBe(count);
    });
    const inner = frame(TEST_TYPE, 86);
    send(host("va"), [inner, inner, inner]);
    const seen: Buffer[] = [];
    await until(() => {
      const count = far.receive();
      for (let i = 0; i < count; i++) seen.push(bytesOf(far, i));
      return seen.length === 3;
    }, "3 encapsulated frames");
    expect(seen.map((bytes) => bytes.length)).toEqual([150, 150, 150]);
    expect(seen[0]?.subarray(50)).toEqual(Buffer.from(inner));
    await until(() => {
      two.receive();
      one.receive();
      return one.freeFrames === before;
    }, "all frames back");
  });

  it("4 refuses frames that are not the caller's or cross their slot", () => {
    const socket = open("vb");
    const batch = new Int32Array(3 * DESC_STRIDE);
    expect(socket.allocate(batch, 1)).toBe(1);
    batch[DESC_LENGTH] = 2000;
    batch[DESC_STRIDE + DESC_OFFSET] = 2048 * 3;
    batch[DESC_STRIDE + DESC_LENGTH] = 64;
    batch[2 * DESC_STRIDE + DESC_OFFSET] = 1 << 30;
    batch[2 * DESC_STRIDE + DESC_LENGTH] = 64;
    expect(socket.send(batch, 3)).toBe(0);
    for (let i = 0; i < 3; i++) expect(batch[i * DESC_STRIDE + DESC_FLAGS]).toBe(FRAME_REFUSED);
    socket.release(batch, 1);
  });

  it("5 gives a closed socket's frames back to the memory it shared", () => {
    const one = open("vb");
    const before = one.freeFrames;
    const two = open("vc", one);
    expect(one.freeFrames).toBeLessThan(before);
    two.close();
    two.close();
    expect(one.freeFrames).toBe(before);
    expect(() => two.receive()).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  it("6 says what is wrong", () => {
    const ifindex = interfaceIndex("vb", namespace.path);
    const options = { ifindex, queue: 0, netns: namespace.path, mode: "copy" } as const;
    expect(() => new XskSocket({ ...options, frameSize: 1000 })).toThrow(/2048 or 4096/);
    expect(() => new XskSocket({ ...options, ringSize: 100 })).toThrow(/power of two/);
    expect(() => new XskSocket({ ...options, mode: "zerocopy" })).toThrow(
      expect.objectContaining({ code: "EOPNOTSUPP", syscall: "bind" }),
    );
    expect(() => new XskSocket({ ...options, queue: 77 })).toThrow(expect.objectContaining({ syscall: "bind" }));
  });
});
