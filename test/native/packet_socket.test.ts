import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  DESC_CHECKSUM_OFFSET,
  DESC_CHECKSUM_START,
  DESC_FLAGS,
  DESC_GSO_SIZE,
  DESC_GSO_TYPE,
  DESC_IFINDEX,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  FRAME_CHECKSUM_PARTIAL,
  FRAME_REFUSED,
  FRAME_TAG_RESTORED,
  FRAME_TRUNCATED,
  GSO_TCPV4,
  interfaceIndex,
  PacketSocket,
  type PacketSocketOptions,
} from "../../src/native/index.js";
import { frame, Namespace, root, until } from "./lab.js";

const TEST_TYPE = 0x88b5; // IEEE local experimental

/** One received frame with its descriptor words. */
interface Received {
  bytes: Uint8Array;
  words: Int32Array;
}

describe.skipIf(!root)("PacketSocket (needs root)", () => {
  let namespace: Namespace;
  let a: number;
  let b: number;
  let sockets: PacketSocket[];
  beforeEach(() => {
    namespace = new Namespace();
    namespace.veth("va", "vb");
    a = interfaceIndex("va", namespace.path);
    b = interfaceIndex("vb", namespace.path);
    sockets = [];
  });
  afterEach(() => {
    for (const socket of sockets) socket.close();
    namespace.remove();
  });

  function open(options: PacketSocketOptions): PacketSocket {
    const socket = new PacketSocket({ netns: namespace.path, ...options });
    sockets.push(socket);
    return socket;
  }

  /** Sends frames, each on `ifindex`, in one batch. */
  function send(socket: PacketSocket, ifindex: number, frames: Uint8Array[], set?: (words: Int32Array) => void) {
    const pool = Buffer.concat([Buffer.alloc(10), ...frames]);
    const descriptors = new Int32Array(DESC_STRIDE * frames.length);
    let offset = 10;
    frames.forEach((bytes, i) => {
      const words = descriptors.subarray(i * DESC_STRIDE, (i + 1) * DESC_STRIDE);
      words[DESC_OFFSET] = offset;
      words[DESC_LENGTH] = bytes.length;
      words[DESC_IFINDEX] = ifindex;
      set?.(words);
      offset += bytes.length;
    });
    return { sent: socket.send(descriptors, frames.length, pool), descriptors };
  }

  async function receive(socket: PacketSocket, count: number): Promise<Received[]> {
    const frames: Received[] = [];
    await until(() => {
      const ready = socket.receive();
      for (let i = 0; i < ready; i++) {
        const words = socket.descriptors.slice(i * DESC_STRIDE, (i + 1) * DESC_STRIDE);
        const offset = words[DESC_OFFSET] ?? 0;
        frames.push({ words, bytes: socket.pool.slice(offset, offset + (words[DESC_LENGTH] ?? 0)) });
      }
      return frames.length >= count;
    }, `${count} frames`);
    return frames;
  }

  it("1 carries a batch of frames unchanged, by their own interface indexes", async () => {
    const sender = open({ ifindex: 0 });
    const receiver = open({ ifindex: b });
    const frames = Array.from({ length: 150 }, (_, i) => frame(TEST_TYPE, 46 + i));
    expect(send(sender, a, frames).sent).toBe(150);
    const received = await receive(receiver, 150);
    expect(received.map((one) => Buffer.from(one.bytes))).toEqual(frames.map((bytes) => Buffer.from(bytes)));
    expect(received[0]?.words[DESC_IFINDEX]).toBe(b);
    expect(received[0]?.words[DESC_OFFSET]).toBeGreaterThanOrEqual(receiver.headroom);
    expect(receiver.receive()).toBe(0);
    expect(receiver.statistics()).toEqual({ packets: 150, drops: 0 });
    expect(receiver.statistics()).toEqual({ packets: 0, drops: 0 });
  });

  it("2 refuses bad frames one by one", async () => {
    const sender = open({ ifindex: 0 });
    const receiver = open({ ifindex: b });
    const frames = [frame(TEST_TYPE, 46), frame(TEST_TYPE, 3000), frame(TEST_TYPE, 47), frame(TEST_TYPE, 48)];
    let index = 0;
    const { sent, descriptors } = send(sender, a, frames, (words) => {
      if (index++ === 2) words[DESC_OFFSET] = 1 << 30;
    });
    expect(sent).toBe(2);
    const refused = [0, 1, 2, 3].map((i) => ((descriptors[i * DESC_STRIDE + DESC_FLAGS] ?? 0) & FRAME_REFUSED) !== 0);
    expect(refused).toEqual([false, true, true, false]);
    expect(sender.lastSendErrno).toBeGreaterThan(0);
    expect((await receive(receiver, 2)).map((one) => one.bytes.length)).toEqual([60, 62]);
    expect(send(sender, 9999, [frame(TEST_TYPE, 46)]).sent).toBe(0);
    expect(() => sender.send(new Int32Array(4), 1, new Uint8Array(4))).toThrow(/shorter than 1 frames/);
  });

  it("3 puts the VLAN tag that the kernel took out back into the frame", async () => {
    const sender = open({ ifindex: 0 });
    const receiver = open({ ifindex: b });
    const tagged = frame(0x8100, 60);
    tagged.set([0x60, 0x0a, 0x88, 0xb5], 14);
    const stacked = frame(0x88a8, 60);
    stacked.set([0x20, 0x0b, 0x81, 0x00, 0x00, 0x0c, 0x88, 0xb5], 14);
    send(sender, a, [tagged, stacked]);
    const received = await receive(receiver, 2);
    expect(received.map((one) => Buffer.from(one.bytes))).toEqual([Buffer.from(tagged), Buffer.from(stacked)]);
    expect((received[0]?.words[DESC_FLAGS] ?? 0) & FRAME_TAG_RESTORED).toBe(FRAME_TAG_RESTORED);
  });

  it("4 applies its filter, and ignores what it or others send on the interface", async () => {
    // ldh [12]; jeq #0x88b5, 0, 1; ret #65536; ret #0
    const code = new DataView(new ArrayBuffer(32));
    const instruction = (at: number, op: number, jt: number, jf: number, k: number) => {
      code.setUint16(at * 8, op, true);
      code.setUint8(at * 8 + 2, jt);
      code.setUint8(at * 8 + 3, jf);
      code.setUint32(at * 8 + 4, k, true);
    };
    instruction(0, 0x28, 0, 0, 12);
    instruction(1, 0x15, 0, 1, TEST_TYPE);
    instruction(2, 0x06, 0, 0, 65536);
    instruction(3, 0x06, 0, 0, 0);
    const receiver = open({ ifindex: b, filter: new Uint8Array(code.buffer) });
    const all = open({ ifindex: a, ignoreOutgoing: false });
    const quiet = open({ ifindex: a });
    const sender = open({ ifindex: 0 });
    send(sender, a, [frame(0x88b6, 46), frame(TEST_TYPE, 50)]);
    expect((await receive(receiver, 1)).map((one) => one.bytes.length)).toEqual([64]);
    expect((await receive(all, 2)).length).toBe(2);
    expect(quiet.receive()).toBe(0);
  });

  it("5 describes GSO super-packets and partial checksums, and sends them so", async () => {
    namespace.ip("addr", "add", "10.7.0.1/24", "dev", "va");
    const receiver = open({ ifindex: b, vnetHeader: true });
    // A TCP segment of 4000 bytes: Ethernet, IPv4 (protocol 6), TCP with a pseudo-header sum that nobody checks here.
    const segment = frame(0x0800, 20 + 20 + 4000);
    segment.set([0x45, 0, 4040 >> 8, 4040 & 255, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 7, 0, 1, 10, 7, 0, 2], 14);
    segment.set([0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0], 34);
    const sender = open({ ifindex: 0, vnetHeader: true });
    const { sent } = send(sender, a, [segment], (words) => {
      words[DESC_FLAGS] = FRAME_CHECKSUM_PARTIAL;
      words[DESC_GSO_TYPE] = GSO_TCPV4;
      words[DESC_GSO_SIZE] = 1000;
      words[DESC_CHECKSUM_START] = 34;
      words[DESC_CHECKSUM_OFFSET] = 16;
    });
    expect(sent).toBe(1);
    const [one] = await receive(receiver, 1);
    expect(one?.bytes.length).toBe(segment.length);
    expect([...(one?.words.subarray(DESC_LENGTH, DESC_STRIDE) ?? [])]).toEqual([
      segment.length,
      b,
      FRAME_CHECKSUM_PARTIAL,
      GSO_TCPV4,
      1000,
      34,
      16,
    ]);
  });

  it("6 tells of frames that its slots cannot hold", async () => {
    const receiver = open({ ifindex: b, slotSize: 512, slots: 2 });
    const sender = open({ ifindex: 0 });
    send(sender, a, [frame(TEST_TYPE, 1000)]);
    const [one] = await receive(receiver, 1);
    expect(one?.words[DESC_FLAGS]).toBe(FRAME_TRUNCATED);
    expect(one?.bytes.length).toBe(512 - receiver.headroom - 4);
  });

  it("7 calls back while frames wait, and not after stop", async () => {
    const receiver = open({ ifindex: b, slots: 4 });
    const sender = open({ ifindex: 0, qdiscBypass: true });
    let frames = 0;
    receiver.start(() => {
      frames += receiver.receive();
      if (frames >= 10) receiver.stop();
    });
    send(
      sender,
      a,
      Array.from({ length: 10 }, () => frame(TEST_TYPE, 46)),
    );
    await until(() => frames === 10, "10 frames in bites of 4");
    receiver.close();
    expect(() => receiver.receive()).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  it("8 throws when its interface goes down, and works again when it is up", async () => {
    const receiver = open({ ifindex: b });
    namespace.ip("link", "set", "vb", "down");
    expect(() => receiver.receive()).toThrow(expect.objectContaining({ code: "ENETDOWN" }));
    expect(receiver.receive()).toBe(0);
    namespace.ip("link", "set", "vb", "up");
    namespace.waitForCarrier("va", "vb");
    const sender = open({ ifindex: 0 });
    send(sender, a, [frame(TEST_TYPE, 46)]);
    expect((await receive(receiver, 1)).length).toBe(1);
  });

  it("9 goes on polling when its interface was down for a while", async () => {
    const receiver = open({ ifindex: b });
    let frames = 0;
    let downs = 0;
    receiver.start(() => {
      try {
        frames += receiver.receive();
      } catch (error) {
        expect(error).toMatchObject({ code: "ENETDOWN" });
        downs += 1;
      }
    });
    namespace.ip("link", "set", "vb", "down");
    await until(() => downs === 1, "the news that the interface is down");
    namespace.ip("link", "set", "vb", "up");
    namespace.waitForCarrier("va", "vb");
    send(open({ ifindex: 0 }), a, [frame(TEST_TYPE, 46)]);
    await until(() => frames === 1, "a frame");
  });

  it("10 shares the load of an interface in a fanout group", async () => {
    const fanout = { group: process.pid & 0xffff, mode: "load-balance" } as const;
    const both = [open({ ifindex: b, fanout }), open({ ifindex: b, fanout })];
    send(open({ ifindex: 0 }), a, [frame(TEST_TYPE, 46), frame(TEST_TYPE, 46)]);
    await until(() => both.reduce((sum, socket) => sum + socket.receive(), 0) >= 1, "a frame on either socket");
  });

  it("11 opens in the namespace of the caller too, and says what is wrong", () => {
    expect(() => new PacketSocket({ ifindex: 0, receive: true })).toThrow(/transmission only/);
    expect(() => new PacketSocket({ ifindex: 9999 })).toThrow(expect.objectContaining({ code: "ENODEV" }));
    expect(() => new PacketSocket({ ifindex: b, netns: namespace.path, filter: new Uint8Array(7) })).toThrow(
      /whole instructions/,
    );
  });
});
