import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepalive, MessageReader, notification, open, Type } from "../../bench/bgp/message.mjs";
import { Session } from "../../bench/bgp/session.mjs";

const HEADER_BYTES = 19;
const us = { as: 65000, routerId: "10.0.0.2" };
const theirOpen = (holdSeconds: number) => open({ as: 65000, holdSeconds, routerId: "10.0.0.1" });

/** The other side: it hears, and says what the test says. */
class Peer {
  private readonly reader = new MessageReader();
  private readonly heard: { type: number; body: Buffer }[] = [];
  private wake: (() => void) | undefined;

  constructor(readonly socket: Socket) {
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.heard.push(...this.reader.push(chunk));
      this.wake?.();
    });
  }

  async next() {
    while (this.heard.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.heard.shift();
  }
}

describe("a BGP session", () => {
  let server: Server;
  let peer: Promise<Peer>;
  let connecting: Promise<Session>;

  beforeEach(async () => {
    server = createServer();
    peer = once(server, "connection").then(([socket]) => new Peer(socket));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    connecting = Session.connect({ ...us, local: "127.0.0.1", peer: "127.0.0.1", port });
    connecting.catch(() => undefined);
  });

  afterEach(async () => {
    await connecting.then((session) => session.close()).catch(() => undefined);
    (await peer).socket.destroy();
    server.close();
  });

  async function establish(holdSeconds = 90) {
    const other = await peer;
    expect((await other.next())?.type).toBe(Type.OPEN);
    other.socket.write(theirOpen(holdSeconds));
    expect((await other.next())?.type).toBe(Type.KEEPALIVE);
    other.socket.write(keepalive());
    return { other, session: await connecting };
  }

  it("is established by OPEN and KEEPALIVE of both sides (RFC 4271 §8)", async () => {
    await establish();
  });

  it("keeps to the shorter hold time", async () => {
    const { other } = await establish(3);
    expect((await other.next())?.type).toBe(Type.KEEPALIVE);
  });

  it("delivers more than the connection takes at once, in order", async () => {
    const { other, session } = await establish();
    const count = 100_000;
    const bytes = once(other.socket, "end");
    let received = 0;
    other.socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    await session.send(Array.from({ length: count }, keepalive));
    session.close();
    await bytes;
    expect(received).toBe(count * HEADER_BYTES + notification({ code: 6, subcode: 2 }).length);
  });

  it("answers what it cannot read with a NOTIFICATION, and ends", async () => {
    const { other, session } = await establish();
    other.socket.write(Buffer.alloc(HEADER_BYTES));
    const said = await other.next();
    expect(said?.type).toBe(Type.NOTIFICATION);
    expect([...(said?.body ?? [])]).toEqual([1, 1]);
    await expect(session.send([keepalive()])).rejects.toThrow("no marker");
  });

  it("that is refused says why", async () => {
    const other = await peer;
    other.socket.write(notification({ code: 2, subcode: 2 }));
    await expect(connecting).rejects.toThrow("NOTIFICATION 2/2");
  });
});
