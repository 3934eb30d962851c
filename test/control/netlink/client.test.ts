import { afterEach, describe, expect, it, vi } from "vitest";
import { NetlinkClient } from "../../../src/control/netlink/client.js";
import { MessageFlag } from "../../../src/control/netlink/header.js";
import { encodeDumpLinks, encodeSetLink } from "../../../src/control/netlink/link_request.js";
import type { NetlinkObject } from "../../../src/control/netlink/message.js";
import { encodeGetNeighbor } from "../../../src/control/netlink/neighbor.js";
import { refusedWith } from "../../../src/control/netlink/refusal.js";
import { VtepError } from "../../../src/wire/error.js";
import { captures, fromHex } from "./captured.js";
import { acknowledge, answer, done, joined, notification, ScriptedTransport } from "./scripted.js";

const CHANGE = encodeSetLink(3, { up: true });
const QUESTION = encodeGetNeighbor(3, Uint8Array.of(10, 0, 0, 2));
const DUMP = encodeDumpLinks();
const MULTI = MessageFlag.multi;

function setUp() {
  const transport = new ScriptedTransport();
  const client = new NetlinkClient(transport, { timeoutMs: 1000 });
  const heard: NetlinkObject[] = [];
  client.onNotification((object) => heard.push(object));
  return { transport, client, heard };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "resolved",
    (error: unknown) => (error instanceof VtepError ? error.code : String(error)),
  );

afterEach(() => {
  vi.useRealTimers();
});

describe("changes", () => {
  it("resolve by their acknowledgement, whatever the order", async () => {
    const { transport, client } = setUp();
    const both = [client.execute(CHANGE), client.execute(CHANGE)];
    transport.deliver(joined(acknowledge(transport.sequenceOf(1)), acknowledge(transport.sequenceOf(0))));
    await Promise.all(both);
  });

  it("are not answered by the notification they cause, though it carries their sequence", async () => {
    const { transport, client, heard } = setUp();
    const change = client.execute(CHANGE);
    const sequence = transport.sequenceOf(0);
    transport.deliver(answer("vethUp", sequence));
    expect(heard).toHaveLength(1);
    transport.deliver(acknowledge(sequence, 1));
    expect(await codeOf(change)).toBe("netlink_refused");
  });

  it("reject with errno and the kernel's words", async () => {
    const { transport, client } = setUp();
    const change = client.execute(CHANGE);
    transport.deliver(answer("errorExtAck", transport.sequenceOf(0), 4711, MessageFlag.ackAttributes));
    const error = await change.catch((reason: unknown) => reason);
    expect(refusedWith(error)).toBe("EINVAL");
    expect(String(error)).toMatch(/EINVAL: .*route get request/);
  });

  it("fail when the answer was lost, for they must not be repeated unasked", async () => {
    const { transport, client } = setUp();
    const change = client.execute(CHANGE);
    transport.overrun();
    expect(await codeOf(change)).toBe("netlink_answer_lost");
    expect(transport.sent).toHaveLength(1);
  });
});

describe("questions", () => {
  it("resolve with the object", async () => {
    const { transport, client, heard } = setUp();
    const question = client.get(QUESTION);
    transport.deliver(answer("neighPermanent", transport.sequenceOf(0)));
    expect(await question).toMatchObject({ kind: "neighbor", neighbor: { ifindex: 3 } });
    expect(heard).toHaveLength(0);
  });

  it("are asked again after an overrun", async () => {
    const { transport, client } = setUp();
    const question = client.get(QUESTION);
    transport.overrun();
    await vi.waitFor(() => expect(transport.sent).toHaveLength(2));
    transport.deliver(answer("neighPermanent", transport.sequenceOf(1)));
    expect(await question).toMatchObject({ kind: "neighbor" });
  });

  it("take an answer that was queued behind the overrun, and send nothing before the queue has run empty", async () => {
    const { transport, client } = setUp();
    const answered = client.execute(CHANGE);
    const lost = codeOf(client.execute(CHANGE));
    transport.overrun();
    const late = client.get(QUESTION);
    expect(transport.sent).toHaveLength(2);
    transport.deliver(acknowledge(transport.sequenceOf(0)));
    await answered;
    expect(await lost).toBe("netlink_answer_lost");
    expect(transport.sent).toHaveLength(3);
    transport.deliver(answer("neighPermanent", transport.sequenceOf(2)));
    await late;
  });

  it("go out 64 at a time, because answers queue in the receive buffer", async () => {
    const { transport, client } = setUp();
    const questions = Array.from({ length: 100 }, () => client.get(QUESTION));
    expect(transport.sent).toHaveLength(64);
    for (let i = 0; i < 100; i++) transport.deliver(answer("neighPermanent", transport.sequenceOf(i)));
    expect(await Promise.all(questions)).toHaveLength(100);
  });

  it("fail when the kernel is silent, and a late answer is stray or news", async () => {
    vi.useFakeTimers();
    const { transport, client } = setUp();
    const code = codeOf(client.get(QUESTION));
    vi.advanceTimersByTime(1001);
    expect(transport.sent).toHaveLength(2);
    vi.advanceTimersByTime(1001);
    expect(await code).toBe("netlink_timeout");
    transport.deliver(acknowledge(transport.sequenceOf(0)));
    expect(client.counters.stray).toBe(1);
  });

  it("fail when the answer makes no sense", async () => {
    const { transport, client } = setUp();
    const question = client.get(QUESTION);
    const broken = answer("neighPermanent", transport.sequenceOf(0));
    broken[16 + 12] = 0xff;
    transport.deliver(broken);
    expect(await codeOf(question)).toBe("netlink_malformed");
    expect(client.counters.malformed).toBe(1);
  });
});

describe("dumps", () => {
  it("visit each object and end with DONE; notifications between the parts go their own way, in order", async () => {
    const { transport, client, heard } = setUp();
    const order: string[] = [];
    client.onNotification((object) => order.push(`notified ${object.kind}`));
    const dump = client.dump(DUMP, (object) => order.push(`visited ${object.kind}`));
    await Promise.resolve();
    const sequence = transport.sequenceOf(0);
    const part = answer("vethUp", sequence, 4711, MULTI);
    transport.deliver(joined(part, notification("addr4"), part, done(sequence)));
    await dump;
    expect(order).toEqual(["visited link", "notified address", "visited link"]);
    expect(heard).toHaveLength(1);
  });

  it("run one at a time", async () => {
    const { transport, client } = setUp();
    const dumps = [client.dump(DUMP, () => {}), client.dump(DUMP, () => {})];
    await Promise.resolve();
    expect(transport.sent).toHaveLength(1);
    transport.deliver(done(transport.sequenceOf(0)));
    await dumps[0];
    await vi.waitFor(() => expect(transport.sent).toHaveLength(2));
    transport.deliver(done(transport.sequenceOf(1)));
    await dumps[1];
  });

  it("start over when the table changed under them, and give up in the end", async () => {
    const { transport, client } = setUp();
    transport.onSend = (_message, sequence) => {
      const flags = transport.sent.length < 3 ? MULTI | MessageFlag.dumpInterrupted : MULTI;
      queueMicrotask(() => transport.deliver(joined(answer("vethUp", sequence, 4711, flags), done(sequence))));
    };
    let visits = 0;
    await client.dump(DUMP, () => visits++);
    expect([transport.sent.length, visits]).toEqual([3, 3]);
    transport.onSend = (_message, sequence) => {
      queueMicrotask(() => transport.deliver(done(sequence, MessageFlag.dumpInterrupted)));
    };
    expect(await codeOf(client.dump(DUMP, () => {}))).toBe("netlink_dump_interrupted");
  });

  it("start over after an overrun, before listeners hear of it", async () => {
    const { transport, client } = setUp();
    const dump = client.dump(DUMP, () => {});
    await Promise.resolve();
    let sentWhenHeard = 0;
    client.onOverrun(() => {
      sentWhenHeard = transport.sent.length;
    });
    transport.overrun();
    await vi.waitFor(() => expect(sentWhenHeard).toBe(2));
    transport.deliver(done(transport.sequenceOf(0)));
    expect(client.counters).toMatchObject({ stray: 1, overruns: 1 });
    transport.deliver(done(transport.sequenceOf(1)));
    await dump;
  });

  it("are repeated while an unfinished dump of ours keeps the kernel busy", async () => {
    const { transport, client } = setUp();
    transport.onSend = (_message, sequence) => {
      const errno = transport.sent.length === 1 ? 16 : 0;
      queueMicrotask(() => transport.deliver(errno ? acknowledge(sequence, errno) : done(sequence)));
    };
    await client.dump(DUMP, () => {});
    expect(transport.sent).toHaveLength(2);
  });

  it("leave the next one in order when one is refused", async () => {
    const { transport, client } = setUp();
    transport.onSend = (_message, sequence) => {
      const errno = transport.sent.length === 1 ? 95 : 0;
      queueMicrotask(() => transport.deliver(errno ? acknowledge(sequence, errno) : done(sequence)));
    };
    const first = codeOf(client.dump(DUMP, () => {}));
    const second = codeOf(client.dump(DUMP, () => {}));
    expect([await first, await second]).toEqual(["netlink_refused", "resolved"]);
  });
});

describe("everything else", () => {
  it("counts what it does not know and what makes no sense, and goes on", () => {
    const { transport, client, heard } = setUp();
    const unknown = notification("addr4");
    unknown[4] = 120;
    const broken = notification("addr4");
    broken[24] = 2;
    transport.deliver(joined(unknown, broken, notification("addr4")));
    transport.deliver(fromHex((captures.addr4 ?? "").slice(0, 60)));
    expect(client.counters).toMatchObject({ unknown: 1, malformed: 2, notifications: 1 });
    expect(heard).toHaveLength(1);
  });

  it("reports failures of the socket", () => {
    const { transport, client } = setUp();
    const errors: Error[] = [];
    client.onError((error) => errors.push(error));
    transport.failure(new Error("gone"));
    expect(errors.map((error) => error.message)).toEqual(["gone"]);
  });

  it("says when a request cannot be sent", async () => {
    const { transport, client } = setUp();
    transport.onSend = () => {
      throw new Error("ENOBUFS");
    };
    expect(await codeOf(client.execute(CHANGE))).toBe("netlink_send");
  });

  it("rejects everything open when closed, and everything after", async () => {
    const { transport, client } = setUp();
    const open = [codeOf(client.execute(CHANGE)), codeOf(client.get(QUESTION)), codeOf(client.dump(DUMP, () => {}))];
    await Promise.resolve();
    client.close();
    client.close();
    expect(await Promise.all(open)).toEqual(["netlink_closed", "netlink_closed", "netlink_closed"]);
    expect(await codeOf(client.get(QUESTION))).toBe("netlink_closed");
    expect(transport.isClosed).toBe(true);
  });
});
