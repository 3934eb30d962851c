import { describe, expect, it } from "vitest";
import { addressesIn, isTraffic, parseInner, questionIn } from "../../src/lab/inner.js";
import { isAddress } from "../../src/lab/outer.js";

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

const arp = (destination: string, operation: string) =>
  hex(`${destination} 020000000001 0806 0001 0800 06 04 ${operation}
    020000000001 0a000001 000000000000 0a0000fe`);

const ipv4 = (protocol: string, payload: string) =>
  hex(
    `020000000002 020000000001 0800 4500 0020 0000 4000 3f ${protocol} 0000 0a000001 0a000002 ${payload} 0000000000000000`,
  );

/** A neighbour solicitation from 2001:db8::1 for 2001:db8::fe, to its solicited-node group. */
const solicitation = (destination: string) =>
  hex(`${destination} 020000000001 86dd 60000000 0018 3a ff
    20010db8000000000000000000000001 ff0200000000000000000001ff0000fe
    87000000 00000000 20010db80000000000000000000000fe`);

describe("inner frames", () => {
  it("reads MAC addresses and TTL", () => {
    const frame = parseInner(ipv4("11", "0000"));
    expect(frame).toMatchObject({ destination: "02:00:00:00:00:02", source: "02:00:00:00:00:01" });
    expect(frame?.ip?.ttl).toBe(63);
  });

  it("tells what hosts send from what the network says", () => {
    const isTrafficOf = (frame: Buffer) => isTraffic(parseInner(frame)!);
    expect(isTrafficOf(ipv4("11", "0000"))).toBe(true);
    expect(isTrafficOf(ipv4("01", "0800"))).toBe(true);
    expect(isTrafficOf(ipv4("01", "0b00"))).toBe(false);
    expect(isTrafficOf(solicitation("3333ff0000fe"))).toBe(false);
    expect(isTrafficOf(arp("ffffffffffff", "0001"))).toBe(false);
  });

  it("names everybody in ARP, ND and IP", () => {
    expect(addressesIn(arp("ffffffffffff", "0001"))).toEqual(["10.0.0.1", "10.0.0.254"]);
    expect(addressesIn(solicitation("3333ff0000fe"))).toContain("2001:db8::fe");
    expect(addressesIn(ipv4("11", "0000"))).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(addressesIn(hex("020000000002 020000000001 0806"))).toEqual([]);
  });

  it("knows a probe from a search and from an answer", () => {
    expect(questionIn(arp("0200000000fe", "0001"))).toEqual({ address: "10.0.0.254", byUnicast: true });
    expect(questionIn(arp("ffffffffffff", "0001"))).toEqual({ address: "10.0.0.254", byUnicast: false });
    expect(questionIn(arp("0200000000fe", "0002"))).toBeUndefined();
    expect(questionIn(solicitation("0200000000fe"))).toEqual({ address: "2001:db8::fe", byUnicast: true });
    expect(questionIn(solicitation("3333ff0000fe"))).toEqual({ address: "2001:db8::fe", byUnicast: false });
    expect(questionIn(ipv4("11", "0000"))).toBeUndefined();
  });
});

describe("addresses and names of nodes", () => {
  it.each(["10.0.0.1", "2001:db8::1", "::"])("%s is an address", (text) => expect(isAddress(text)).toBe(true));
  it.each(["h1", "7", "fe", "v1.red"])("%s is a name", (text) => expect(isAddress(text)).toBe(false));
});
