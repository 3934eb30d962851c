import { describe, expect, it, vi } from "vitest";
import { type NeighborMessage, NeighborState, NetlinkClient } from "../../../src/control/netlink/index.js";
import { Adjacencies, type Adjacency } from "../../../src/control/underlay/adjacencies.js";
import { acknowledge, answer, ScriptedTransport } from "../netlink/scripted.js";

const GATEWAY = Uint8Array.of(169, 254, 0, 1);
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);
const GET_NEIGHBOR = 30;

/** A kernel that knows no neighbour and takes every request, unless told otherwise. */
function setUp() {
  const transport = new ScriptedTransport();
  const kernel = { useErrno: 0, answerGet: (sequence: number) => acknowledge(sequence, 2) };
  let uses = 0;
  transport.onSend = (message, sequence) => {
    const isGet = message[4] === GET_NEIGHBOR;
    if (!isGet) uses++;
    queueMicrotask(() =>
      transport.deliver(isGet ? kernel.answerGet(sequence) : acknowledge(sequence, kernel.useErrno)),
    );
  };
  const delays: number[] = [];
  const timers: (() => void)[] = [];
  const changes: (string | null)[] = [];
  const adjacencies = new Adjacencies(
    new NetlinkClient(transport),
    (delayMs, run) => {
      delays.push(delayMs);
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
    (adjacency) => changes.push(adjacency.mac ?? adjacency.reason),
  );
  return { adjacencies, transport, kernel, delays, timers, changes, uses: () => uses };
}

function neighbor(state: number, more: Partial<NeighborMessage> = {}): NeighborMessage {
  return {
    family: 2,
    ifindex: 3,
    state,
    flags: 0,
    flagsExt: 0,
    type: 1,
    destination: GATEWAY,
    linkLayer: MAC,
    vlan: undefined,
    udpPort: undefined,
    vni: undefined,
    sourceVni: undefined,
    master: 0,
    protocol: undefined,
    nexthopId: 0,
    ...more,
  };
}

async function acquired(lab: ReturnType<typeof setUp>): Promise<Adjacency> {
  const adjacency = lab.adjacencies.acquire(3, GATEWAY);
  await lab.adjacencies.settled();
  return adjacency;
}

describe("adjacencies", () => {
  it("take what the kernel knows already", async () => {
    const lab = setUp();
    lab.kernel.answerGet = (sequence) => answer("neighPermanent", sequence);
    expect(await acquired(lab)).toMatchObject({ mac: "02:00:00:00:00:02", isKnown: true });
    expect(lab.uses()).toBe(0);
  });

  it("ask at once for a neighbour that the kernel does not know", async () => {
    const lab = setUp();
    expect(await acquired(lab)).toMatchObject({ mac: null, reason: "neighbour 169.254.0.1 is being resolved" });
    expect(lab.uses()).toBe(1);
  });

  it("retry a silent neighbour with growing pauses, and start over once it answered", async () => {
    const lab = setUp();
    const adjacency = await acquired(lab);
    for (let round = 0; round < 7; round++) {
      lab.adjacencies.handle(neighbor(NeighborState.failed, { linkLayer: null }), false);
      expect(adjacency.reason).toBe("neighbour 169.254.0.1 does not answer");
      lab.timers.shift()?.();
    }
    expect(lab.delays).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    lab.adjacencies.handle(neighbor(NeighborState.reachable), false);
    lab.adjacencies.handle(neighbor(NeighborState.none), true);
    await lab.adjacencies.settled();
    expect(lab.delays).toHaveLength(7);
    expect(lab.uses()).toBe(9);
  });

  it("say so when the kernel refuses to ask, and try later", async () => {
    const lab = setUp();
    lab.kernel.useErrno = 105;
    const adjacency = await acquired(lab);
    expect(adjacency.reason).toMatch(/cannot be asked for: .*ENOBUFS/);
    expect(lab.delays).toEqual([1000]);
  });

  it("use a stale neighbour and keep its MAC", async () => {
    const lab = setUp();
    const adjacency = await acquired(lab);
    lab.adjacencies.handle(neighbor(NeighborState.stale), false);
    expect(adjacency.mac).toBe("02:00:00:00:00:02");
    await lab.adjacencies.settled();
    expect(lab.uses()).toBe(2);
    lab.adjacencies.handle(neighbor(NeighborState.delay), false);
    lab.adjacencies.handle(neighbor(NeighborState.probe), false);
    await lab.adjacencies.settled();
    expect(lab.uses()).toBe(2);
  });

  it("leave alone what zebra replaced by deleting it first", async () => {
    const lab = setUp();
    lab.kernel.answerGet = (sequence) => answer("neighPermanent", sequence);
    const adjacency = await acquired(lab);
    lab.adjacencies.handle(neighbor(NeighborState.failed, { linkLayer: null }), false);
    lab.adjacencies.handle(neighbor(NeighborState.none), true);
    lab.adjacencies.handle(neighbor(NeighborState.permanent), false);
    await lab.adjacencies.settled();
    expect(lab.uses()).toBe(0);
    expect(adjacency.mac).toBe("02:00:00:00:00:02");
  });

  it("do not mix up interfaces that have a neighbour of the same address", async () => {
    const lab = setUp();
    const [one, two] = [lab.adjacencies.acquire(3, GATEWAY), lab.adjacencies.acquire(4, GATEWAY)];
    await lab.adjacencies.settled();
    lab.adjacencies.handle(neighbor(NeighborState.reachable, { ifindex: 4 }), false);
    expect([one.mac, two.mac]).toEqual([null, "02:00:00:00:00:02"]);
  });

  it("believe a notification more than an answer that was asked for before it", async () => {
    const lab = setUp();
    lab.kernel.answerGet = (sequence) => answer("neighPermanent", sequence);
    const adjacency = lab.adjacencies.acquire(3, GATEWAY);
    lab.adjacencies.handle(neighbor(NeighborState.reachable, { linkLayer: Uint8Array.of(2, 0, 0, 0, 0, 9) }), false);
    await lab.adjacencies.settled();
    expect(adjacency.mac).toBe("02:00:00:00:00:09");
  });

  it("accept no group or zero address as MAC", async () => {
    const lab = setUp();
    const adjacency = await acquired(lab);
    for (const linkLayer of [new Uint8Array(6), Uint8Array.of(1, 0, 94, 0, 0, 1), new Uint8Array(4).fill(2)]) {
      lab.adjacencies.handle(neighbor(NeighborState.noArp, { linkLayer }), false);
      expect(adjacency).toMatchObject({ mac: null, reason: "neighbour 169.254.0.1 has no Ethernet address" });
    }
  });

  it("keep what they know when the kernel does not answer, and ask again later", async () => {
    const lab = setUp();
    lab.kernel.answerGet = (sequence) => answer("neighPermanent", sequence);
    const adjacency = await acquired(lab);
    lab.transport.onSend = () => {
      throw new Error("no buffer space");
    };
    lab.adjacencies.readAll();
    await lab.adjacencies.settled();
    expect(adjacency.mac).toBe("02:00:00:00:00:02");
    expect(lab.delays).toEqual([1000]);
  });

  it("are shared, and let go with the last user, pending retries included", async () => {
    const lab = setUp();
    const adjacency = await acquired(lab);
    expect(lab.adjacencies.acquire(3, GATEWAY)).toBe(adjacency);
    lab.adjacencies.handle(neighbor(NeighborState.failed, { linkLayer: null }), false);
    expect(lab.timers).toHaveLength(1);
    lab.adjacencies.release(adjacency);
    expect(lab.timers).toHaveLength(1);
    lab.adjacencies.release(adjacency);
    expect(lab.timers).toHaveLength(0);
    const changes = lab.changes.length;
    lab.adjacencies.handle(neighbor(NeighborState.reachable), false);
    await vi.waitFor(() => expect(lab.changes).toHaveLength(changes));
  });
});
