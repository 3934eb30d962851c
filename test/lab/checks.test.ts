import { describe, expect, it } from "vitest";
import { broadcastOf, strangerOf } from "../../src/lab/checks/addresses.js";
import { parseErrors, parsePing } from "../../src/lab/checks/echo.js";
import { Marks } from "../../src/lab/checks/marks.js";
import { matches, rowProblems } from "../../src/lab/checks/show.js";
import { signalled } from "../../src/lab/checks/unsignalled.js";
import { answerProblems } from "../../src/lab/checks/vtysh.js";

describe("ping", () => {
  it("reads loss, duplicates and the average from the summary", () => {
    const text = `
--- 10.0.0.2 ping statistics ---
3 packets transmitted, 2 received, +1 duplicates, 33.3333% packet loss, time 20ms
rtt min/avg/max/mdev = 0.057/0.137/0.218/0.080 ms`;
    expect(parsePing(text)).toEqual({ sent: 3, received: 2, duplicates: 1, averageMs: 0.137, ttls: [] });
  });

  it("reads the TTL of every reply, of either family", () => {
    const text = `
64 bytes from 10.0.0.2: icmp_seq=1 ttl=62 time=0.5 ms
64 bytes from 2001:db8::2: icmp_seq=1 ttl=63 time=0.5 ms`;
    expect(parsePing(text).ttls).toEqual([62, 63]);
  });

  it("has no average without an answer", () => {
    expect(parsePing("1 packets transmitted, 0 received, 100% packet loss, time 0ms").averageMs).toBeUndefined();
  });
});

describe("ICMP errors", () => {
  it.each([
    ["From 10.0.0.254 icmp_seq=1 Time to live exceeded", "time-exceeded", undefined],
    ["From 2001:db8::fe icmp_seq=1 Time exceeded: Hop limit", "time-exceeded", undefined],
    ["From 10.0.0.254 icmp_seq=1 Destination Net Unreachable", "net-unreachable", undefined],
    ["From 2001:db8::fe icmp_seq=2 Destination unreachable: No route", "net-unreachable", undefined],
    ["From 10.0.0.254 icmp_seq=3 Destination Host Unreachable", "host-unreachable", undefined],
    ["From 2001:db8::fe icmp_seq=1 Destination unreachable: Address unreachable", "host-unreachable", undefined],
    ["From 10.0.0.254 icmp_seq=1 Frag needed and DF set (mtu = 1450)", "too-big", 1450],
    ["From 2001:db8::fe icmp_seq=1 Packet too big: mtu=1430", "too-big", 1430],
    ["From 10.0.0.254 icmp_seq=1 Destination Port Unreachable", undefined, undefined],
  ])("reads '%s'", (line, kind, mtu) => {
    const [error] = parseErrors(`PING 10.0.0.2\n${line}\n`);
    expect(error).toMatchObject({ kind, mtu });
    expect(["10.0.0.254", "2001:db8::fe"]).toContain(error?.from);
  });

  it("takes no reply for one", () => {
    expect(parseErrors("64 bytes from 10.0.0.2: icmp_seq=1 ttl=62 time=0.5 ms")).toEqual([]);
  });
});

describe("addresses of a subnet", () => {
  it.each([
    ["192.168.100.1", 24, "192.168.100.255", "192.168.100.254"],
    ["10.1.2.3", 20, "10.1.15.255", "10.1.15.254"],
  ])("%s/%i", (address, length, broadcast, stranger) => {
    expect(broadcastOf(address, length)).toBe(broadcast);
    expect(strangerOf(address, length)).toBe(stranger);
  });

  it("2001:db8::1/64", () => expect(strangerOf("2001:db8::1", 64)).toBe("2001:db8::ffff:ffff:ffff:ffff"));
});

describe("marks", () => {
  /** An IPv4 frame with a protocol number and this text. */
  const frame = (protocol: number, text: string) => {
    const head = Buffer.alloc(42);
    head.writeUInt16BE(0x0800, 12);
    head.writeUInt8(protocol, 23);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  it("counts each datagram's copies", () => {
    const marks = new Marks(12);
    const [first = "", last = ""] = [marks.texts[1], marks.texts[11]];
    const frames = [frame(17, first), frame(17, last), frame(17, last), frame(17, "another")];
    expect(marks.tally(frames)).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
  });

  it("does not count an ICMP error that quotes it", () => {
    const marks = new Marks(1);
    expect(marks.tally([frame(1, marks.texts[0] ?? "")])).toEqual([0]);
  });

  it("does not take another run's for its own", () => {
    expect(new Marks(1).tally([frame(17, new Marks(1).texts[0] ?? "")])).toEqual([0]);
  });
});

describe("rows of show", () => {
  const rows = [
    { mac: "02:00:00:00:00:01", where: "remote", packets: 7, underlay: [{ interface: "up0", via: "fe80::1" }] },
  ];

  it("matches the keys that are given", () => {
    expect(matches(rows[0], { where: "remote" })).toBe(true);
    expect(matches(rows[0], { where: "local" })).toBe(false);
    expect(matches(rows[0], { absent: 1 })).toBe(false);
  });

  it("compares numbers, and looks into lists", () => {
    expect(matches(rows[0], { packets: ">=7" })).toBe(true);
    expect(matches(rows[0], { packets: ">=8" })).toBe(false);
    expect(matches(rows[0], { underlay: [{ interface: "up0" }] })).toBe(true);
    expect(matches(rows[0], { underlay: [{ interface: "up1" }] })).toBe(false);
  });

  it("names what is missing and what should not be", () => {
    const show = { node: "v1", noun: "fdb", has: [{ where: "local" }], hasNot: [{ where: "remote" }] };
    expect(rowProblems(rows, show)).toHaveLength(2);
    expect(rowProblems(rows, { node: "v1", noun: "fdb", has: [{ packets: 7 }], hasNot: [{ packets: 8 }] })).toEqual([]);
  });
});

describe("answers of vtysh", () => {
  const answer = { "10.255.0.1:2": { "[2]": { paths: [[{ valid: true, mac: "02:00:00:00:00:01" }]] } } };

  it("are matched in part, and whatever the route distinguisher is", () => {
    expect(matches(answer, { "*": { "[2]": { paths: [[{ valid: true }]] } } })).toBe(true);
    expect(matches(answer, { "*": { "[5]": {} } })).toBe(false);
  });

  it("lack what they should have, or have what they should not", () => {
    const vtysh = { node: "v1", command: "", has: [{ other: {} }], hasNot: [{ "10.255.0.1:2": {} }] };
    expect(answerProblems(answer, vtysh)).toEqual(['it has no {"other":{}}', 'it has {"10.255.0.1:2":{}}']);
  });
});

describe("MAC addresses in BGP", () => {
  /** A frame with an IPv4 header, two ports and a text. */
  const segment = (protocol: number, port: number) => {
    const head = Buffer.alloc(38);
    head.writeUInt16BE(0x0800, 12);
    head.writeUInt8(0x45, 14);
    head.writeUInt8(protocol, 23);
    head.writeUInt16BE(port, 36);
    const frame = Buffer.concat([head, Buffer.from("02aa00000001", "hex")]);
    frame.writeUInt16BE(frame.length - 14, 16);
    return frame;
  };

  it("are found in messages of a session only", () => {
    expect(signalled(segment(6, 179), "02:aa:00:00:00:01")).toBe(true);
    expect(signalled(segment(6, 179), "02:aa:00:00:00:02")).toBe(false);
    expect(signalled(segment(6, 180), "02:aa:00:00:00:01")).toBe(false);
    expect(signalled(segment(17, 179), "02:aa:00:00:00:01")).toBe(false);
  });
});
