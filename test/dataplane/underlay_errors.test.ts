import { describe, expect, it } from "vitest";
import { Family } from "../../src/abi/generated.js";
import { type ErrorSocket, UnderlayErrors } from "../../src/dataplane/io/underlay_errors.js";
import { FakeClock } from "../control/vtep/lab.js";

class FakeSocket {
  readonly listeners = new Map<string, (argument: unknown) => void>();
  paused = false;
  closed = false;

  on(event: string, listener: (argument: unknown) => void): this {
    this.listeners.set(event, listener);
    return this;
  }

  pauseRecv(): this {
    this.paused = true;
    return this;
  }

  resumeRecv(): this {
    this.paused = false;
    return this;
  }

  close(): this {
    this.closed = true;
    return this;
  }

  /** As much as the socket is read; the rest stays in the kernel, or is lost there. */
  deliver(count: number): void {
    for (let index = 0; index < count && !this.paused; index++) this.listeners.get("message")!(Uint8Array.of(index));
  }
}

function setUp() {
  const sockets: FakeSocket[] = [];
  const received: number[] = [];
  const clock = new FakeClock();
  let refuses = false;
  const open = (): ErrorSocket => {
    if (refuses) throw new Error("Operation not permitted");
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket as unknown as ErrorSocket;
  };
  const make = () =>
    new UnderlayErrors(
      Family.IPV4,
      (message) => received.push(message[0]!),
      (ms, callback) => clock.after(ms, callback),
      open,
    );
  return {
    sockets,
    received,
    clock,
    make,
    refuse: (value: boolean) => {
      refuses = value;
    },
  };
}

describe("UnderlayErrors", () => {
  it("hands on what comes", () => {
    const { make, sockets, received } = setUp();
    make();
    sockets[0]!.deliver(3);
    expect(received).toEqual([0, 1, 2]);
  });

  it("reads no more than 64 messages a second", () => {
    const { make, sockets, received, clock } = setUp();
    make();
    sockets[0]!.deliver(1000);
    expect(received).toHaveLength(64);
    clock.advance(1000);
    sockets[0]!.deliver(1000);
    expect(received).toHaveLength(128);
    clock.advance(1000);
    sockets[0]!.deliver(10);
    clock.advance(1000);
    sockets[0]!.deliver(60);
    expect(received).toHaveLength(198);
  });

  it("opens another socket a second after an error, and tries until it can be had", () => {
    const { make, sockets, received, clock, refuse } = setUp();
    make();
    sockets[0]!.listeners.get("error")!(new Error("recv"));
    expect(sockets[0]!.closed).toBe(true);
    sockets[0]!.listeners.get("error")!(new Error("again"));
    refuse(true);
    clock.advance(3000);
    expect(sockets).toHaveLength(1);
    refuse(false);
    clock.advance(1000);
    expect(sockets).toHaveLength(2);
    sockets[1]!.deliver(1);
    expect(received).toEqual([0]);
  });

  it("closes its socket, and then nothing happens any more", () => {
    const { make, sockets, clock } = setUp();
    const errors = make();
    sockets[0]!.deliver(100);
    errors.close();
    clock.advance(5000);
    expect([sockets.length, sockets[0]!.closed, sockets[0]!.paused]).toEqual([1, true, true]);
  });

  it("says why there can be no socket at first", () => {
    const { make, refuse } = setUp();
    refuse(true);
    expect(make).toThrow("Operation not permitted");
  });
});
