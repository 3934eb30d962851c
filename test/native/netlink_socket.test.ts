import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BpfObject, NetlinkSocket } from "../../src/native/index.js";
import { compileBpf, Namespace, root, until } from "./lab.js";

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_GETNEIGH = 30;
const AF_BRIDGE = 7;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTNLGRP_LINK = 1;

interface Message {
  type: number;
  sequence: number;
  portId: number;
  body: Buffer;
}

/** A copy: what a callback is given is good for its call. */
function split(bytes: Uint8Array): Message[] {
  const buffer = Buffer.from(bytes);
  const messages: Message[] = [];
  for (let at = 0; at + 16 <= buffer.length; ) {
    const length = buffer.readUInt32LE(at);
    messages.push({
      type: buffer.readUInt16LE(at + 4),
      sequence: buffer.readUInt32LE(at + 8),
      portId: buffer.readUInt32LE(at + 12),
      body: buffer.subarray(at + 16, at + length),
    });
    at += (length + 3) & ~3;
  }
  return messages;
}

/** RTM_GETLINK with struct ifinfomsg; flag 0x300: dump. */
function getLinks(sequence: number, ifindex = 0): Uint8Array {
  const request = Buffer.alloc(32);
  request.writeUInt32LE(32, 0);
  request.writeUInt16LE(RTM_GETLINK, 4);
  request.writeUInt16LE(ifindex === 0 ? 0x301 : 0x1, 6);
  request.writeUInt32LE(sequence, 8);
  request.writeInt32LE(ifindex, 20);
  return request;
}

/** RTM_GETNEIGH of AF_BRIDGE: a dump of all forwarding entries. */
function getForwarding(sequence: number): Uint8Array {
  const request = Buffer.alloc(28);
  request.writeUInt32LE(28, 0);
  request.writeUInt16LE(RTM_GETNEIGH, 4);
  request.writeUInt16LE(0x301, 6);
  request.writeUInt32LE(sequence, 8);
  request.writeUInt8(AF_BRIDGE, 16);
  return request;
}

describe.skipIf(!root).each([
  { where: "the event loop", thread: false },
  { where: "a thread of its own", thread: true },
])("NetlinkSocket, read on $where (needs root)", ({ thread }) => {
  let namespace: Namespace;
  let messages: Message[];
  let overruns: number;
  let errors: Error[];
  const start = (socket: NetlinkSocket) =>
    socket.start(
      (buffer) => messages.push(...split(buffer)),
      () => {
        overruns += 1;
      },
      (error) => errors.push(error),
    );
  beforeEach(() => {
    namespace = new Namespace();
    messages = [];
    overruns = 0;
    errors = [];
  });
  afterEach(() => {
    expect(errors).toEqual([]);
    namespace.remove();
  });

  it("1 dumps the links of another namespace", async () => {
    namespace.veth("va", "vb");
    const socket = new NetlinkSocket({ thread, netns: namespace.path });
    expect(socket.portId).toBeGreaterThan(0);
    start(socket);
    socket.send(getLinks(77));
    await until(() => messages.some((message) => message.type === NLMSG_DONE), "the end of the dump");
    const links = messages.filter((message) => message.type === RTM_NEWLINK);
    expect(links.length).toBe(3);
    expect(links[0]).toMatchObject({ sequence: 77, portId: socket.portId });
    socket.close();
    socket.close();
    expect(() => socket.send(getLinks(1))).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  it("2 passes errors on as messages, with the extended acknowledgement", async () => {
    const socket = new NetlinkSocket({ thread, netns: namespace.path });
    start(socket);
    socket.send(getLinks(5, 9999));
    await until(() => messages.length > 0, "the answer");
    expect(messages[0]).toMatchObject({ type: NLMSG_ERROR, sequence: 5 });
    expect(messages[0]?.body.readInt32LE(0)).toBe(-19);
    socket.close();
  });

  it("3 hears notifications of the groups it is in, and no others", async () => {
    const socket = new NetlinkSocket({ thread, netns: namespace.path, groups: [RTNLGRP_LINK] });
    start(socket);
    namespace.ip("link", "add", "vc", "type", "veth", "peer", "name", "vd");
    await until(() => messages.filter((message) => message.type === RTM_NEWLINK).length >= 2, "two new links");
    socket.leaveGroup(RTNLGRP_LINK);
    messages = [];
    namespace.ip("link", "set", "vc", "up");
    socket.send(getLinks(1, 9999));
    await until(() => messages.length > 0, "an answer behind which a notification would stand");
    expect(messages.map((message) => message.type)).toEqual([NLMSG_ERROR]);
    socket.joinGroup(RTNLGRP_LINK);
    namespace.ip("link", "set", "vc", "down");
    await until(() => messages.some((message) => message.type === RTM_NEWLINK), "a notification");
    socket.close();
  });

  it("4 tells of an overrun and goes on", async () => {
    const socket = new NetlinkSocket({
      thread,
      netns: namespace.path,
      groups: [RTNLGRP_LINK],
      receiveBufferBytes: 4096,
    });
    expect(socket.receiveBufferBytes).toBe(8192);
    namespace.ip("link", "add", "vc", "type", "veth", "peer", "name", "vd");
    for (let i = 0; i < 20; i++) namespace.ip("link", "set", "vc", i % 2 === 0 ? "up" : "down");
    start(socket);
    await until(() => overruns === 1, "the overrun");
    messages = [];
    namespace.ip("link", "set", "vc", "up");
    await until(() => messages.length > 0, "a notification after the overrun");
    socket.close();
  });

  it("5 can be stopped by its callback and started again", async () => {
    const socket = new NetlinkSocket({ thread, netns: namespace.path });
    let calls = 0;
    const startOnce = () =>
      socket.start(
        () => {
          calls += 1;
          socket.stop();
        },
        () => {},
        () => {},
      );
    startOnce();
    expect(startOnce).toThrow(/started already/);
    socket.send(getLinks(1));
    await until(() => calls === 1, "the first answer");
    socket.send(getLinks(2));
    startOnce();
    await until(() => calls === 2, "the second answer");

    // From within the callback, too.
    let last = 0;
    socket.start(
      () => {
        socket.stop();
        socket.start(
          (buffer) => {
            last = split(buffer)[0]?.sequence ?? -1;
          },
          () => {},
          () => {},
        );
        socket.send(getLinks(4));
      },
      () => {},
      () => {},
    );
    socket.send(getLinks(3));
    await until(() => last === 4, "the answer to the new callback");
    socket.close();
  });

  it("6 takes a table of many parts, in order and once", async () => {
    const count = 3_000;
    const macs = Array.from({ length: count }, (_, index) => index.toString(16).padStart(4, "0"));
    namespace.ip("link", "add", "vx", "type", "vxlan", "id", "7", "local", "10.0.0.1", "dstport", "4790", "nolearning");
    const input = macs.map(
      (mac) => `fdb add 02:00:00:00:${mac.slice(0, 2)}:${mac.slice(2)} dev vx dst 10.0.0.2 static\n`,
    );
    execFileSync("bridge", ["-n", namespace.name, "-batch", "-"], { input: input.join("") });
    const socket = new NetlinkSocket({ thread, netns: namespace.path });
    start(socket);
    socket.send(getForwarding(8));
    await until(() => messages.some((message) => message.type === NLMSG_DONE), "the end of the dump");
    const found = messages.filter((message) => message.body.includes(Buffer.from([2, 0, 0, 0])));
    expect(new Set(found.map(({ body }) => body.toString("hex"))).size).toBe(count);
    expect(messages.at(-1)?.type).toBe(NLMSG_DONE);
    socket.close();
  });

  it("7 is filtered by a program, which sees also what it keeps away", async () => {
    const object = BpfObject.load(compileBpf("fixture"), { name: "fixture", programs: ["removals"] });
    const seen = new Uint32Array(object.map("shared").mmap());
    const socket = new NetlinkSocket({ thread, netns: namespace.path, groups: [RTNLGRP_LINK] });
    socket.attachFilter(object.program("removals"));
    start(socket);
    namespace.ip("link", "add", "vc", "type", "veth", "peer", "name", "vd");
    expect(seen[0]).toBeGreaterThanOrEqual(2);
    namespace.ip("link", "del", "vc");
    await until(() => messages.length >= 2, "the removals");
    expect(new Set(messages.map((message) => message.type))).toEqual(new Set([RTM_DELLINK]));
    socket.close();
    expect(() => socket.attachFilter(object.program("removals"))).toThrow(expect.objectContaining({ code: "EBADF" }));
    object.close();
  });
});
