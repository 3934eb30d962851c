/** The reader in place says what the decoder says, and a client hands it what is its. */
import { describe, expect, it } from "vitest";
import { mappedBytes, mappedWords } from "../../../src/control/mapped_address.js";
import { NetlinkClient } from "../../../src/control/netlink/client.js";
import { ForwardingEntry } from "../../../src/control/netlink/forwarding_entry.js";
import { MessageFlag, MessageType, viewOf } from "../../../src/control/netlink/header.js";
import { decodeNeighbor, encodeDumpNeighbors } from "../../../src/control/netlink/neighbor.js";
import { captured, captures, fromHex } from "./captured.js";
import { done, joined, notification, ScriptedTransport } from "./scripted.js";

const ENTRIES = ["fdbMaster", "fdbVxlanSelf", "fdbFlood", "fdbSticky"];

function macOf({ hi, lo }: ForwardingEntry): Uint8Array {
  const mac = new Uint8Array(6);
  viewOf(mac).setUint16(0, hi);
  viewOf(mac).setInt32(2, lo);
  return mac;
}

describe("forwarding entries in place", () => {
  it.each(ENTRIES)("%s is read as it is decoded", (name) => {
    const { view, header } = captured(name);
    const decoded = decodeNeighbor(view, header.start, header.end)!;
    const entry = new ForwardingEntry();
    entry.read(viewOf(fromHex(captures[ENTRIES[0]!]!)), 16, 0);
    expect(entry.read(view, header.start, header.end)).toBe(true);
    const { ifindex, state, flags, master, nexthopId } = decoded;
    expect(entry).toMatchObject({ ifindex, state, flags, master, nexthopId, vlan: decoded.vlan ?? 0 });
    expect(macOf(entry)).toEqual(decoded.linkLayer);
    expect(entry.hasDestination).toBe(decoded.destination !== null);
    if (decoded.destination === null) return;
    const { word0, word1, word2, word3 } = entry;
    expect(mappedWords(word0, word1, word2, word3)).toEqual(mappedBytes(decoded.destination));
  });

  it("cut anywhere it is refused, or whole", () => {
    for (const name of ENTRIES) {
      const { view, header } = captured(name);
      const entry = new ForwardingEntry();
      for (let end = header.start; end < header.end; end++) {
        const decoded = decodeNeighbor(view, header.start, end);
        expect(entry.read(view, header.start, end), `${name} to ${end}`).toBe(decoded?.linkLayer?.length === 6);
      }
      expect(entry.read(new DataView(view.buffer, view.byteOffset, header.end - 4), header.start, header.end)).toBe(
        false,
      );
    }
  });
});

describe("a client with a listener for forwarding entries", () => {
  function setUp() {
    const transport = new ScriptedTransport();
    const client = new NetlinkClient(transport, { timeoutMs: 1000 });
    const heard: string[] = [];
    client.onNotification(({ kind }) => heard.push(kind));
    const stop = client.onForwardingEntry((entry, removed) => heard.push(`${removed ? "-" : "+"}${entry.lo}`));
    return { transport, client, heard, stop };
  }

  it("hands it those, and the rest to the others", () => {
    const { transport, client, heard, stop } = setUp();
    const gone = notification("fdbMaster");
    viewOf(gone).setUint16(4, MessageType.deleteNeighbor, true);
    transport.deliver(joined(notification("fdbMaster"), notification("neigh6"), gone));
    expect(heard).toHaveLength(3);
    expect([heard[0]![0], heard[1], heard[2]![0]]).toEqual(["+", "neighbor", "-"]);
    expect(client.counters.notifications).toBe(3);
    stop();
    transport.deliver(notification("fdbMaster"));
    expect(heard[3]).toBe("neighbor");
  });

  it("counts and skips what makes no sense", () => {
    const { transport, client, heard } = setUp();
    const broken = notification("fdbMaster");
    viewOf(broken).setUint16(28, 3, true);
    const strange = notification("fdbMaster");
    viewOf(strange).setUint16(4, 999, true);
    transport.deliver(joined(broken, strange, notification("fdbFlood")));
    expect(heard).toEqual(["+0"]);
    expect(client.counters).toMatchObject({ malformed: 1, unknown: 1, notifications: 1 });
  });

  it("visits a table of them", async () => {
    const { transport, client } = setUp();
    const seen: number[] = [];
    const dump = client.dumpForwarding(encodeDumpNeighbors(7), ({ ifindex }) => seen.push(ifindex));
    await Promise.resolve();
    const sequence = transport.sequenceOf(0);
    const part = (name: string): Uint8Array => {
      const message = notification(name);
      viewOf(message).setUint16(6, MessageFlag.multi, true);
      viewOf(message).setUint32(8, sequence, true);
      viewOf(message).setUint32(12, transport.portId, true);
      return message;
    };
    transport.deliver(joined(part("fdbMaster"), part("fdbFlood"), done(sequence)));
    await dump;
    expect(seen).toHaveLength(2);
  });
});
