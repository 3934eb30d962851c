import { describe, expect, it } from "vitest";
import { macMobility, routerMac, routeTarget, vxlanEncapsulation } from "../../bench/bgp/communities.mjs";
import { BgpError, keepalive, MAX_BYTES, MessageReader, open, parseOpen, Type } from "../../bench/bgp/message.mjs";
import { inclusiveRoute, macRoute, prefixRoute } from "../../bench/bgp/nlri.mjs";
import { announced, numberedMac, numberedPrefix, withdrawn } from "../../bench/bgp/routes.mjs";
import { macText } from "../../bench/frames.mjs";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const packed = (text: string) => text.replace(/\s/g, "");
const MARKER = "ff".repeat(16);
const vtep = "10.0.0.2";
const mac = Uint8Array.of(2, 0xe0, 0xff, 0, 0, 1);

interface Read {
  readonly type: number;
  readonly body: Buffer;
}

function read(bytes: Uint8Array): Read[] {
  return [...(new MessageReader().push(Buffer.from(bytes)) as Iterable<Read>)];
}

describe("BGP messages", () => {
  it("a KEEPALIVE is a header (RFC 4271 §4.4)", () => {
    expect(hex(keepalive())).toBe(`${MARKER}001304`);
  });

  it("an OPEN offers EVPN and long AS numbers (RFC 4271 §4.2, RFC 4760 §8, RFC 6793 §3)", () => {
    const bytes = open({ as: 65000, holdSeconds: 90, routerId: "10.0.0.2" });
    const capabilities = "0104 0019 00 46  4104 0000fde8";
    expect(hex(bytes)).toBe(packed(`${MARKER} 002b 01  04 fde8 005a 0a000002 0e 02 0c ${capabilities}`));
  });

  it("an AS number that two bytes cannot hold has AS_TRANS in its place (RFC 6793 §9)", () => {
    const bytes = Buffer.from(open({ as: 4200000000, holdSeconds: 90, routerId: "10.0.0.2" }));
    expect(bytes.readUInt16BE(20)).toBe(23456);
    expect(bytes.readUInt32BE(bytes.length - 4)).toBe(4200000000);
  });

  it("are cut from a stream wherever it was cut before", () => {
    const stream = Buffer.concat([keepalive(), open({ as: 1, holdSeconds: 9, routerId: "1.2.3.4" }), keepalive()]);
    const reader = new MessageReader();
    const types = [...stream].flatMap((byte) =>
      [...(reader.push(Buffer.of(byte)) as Iterable<Read>)].map((m) => m.type),
    );
    expect(types).toEqual([Type.KEEPALIVE, Type.OPEN, Type.KEEPALIVE]);
  });

  it.each([
    ["without a marker", "00".repeat(19), 1],
    ["shorter than a header", `${MARKER}001204`, 2],
    ["longer than any", `${MARKER}100104`, 2],
  ])("%s are refused (RFC 4271 §6.1)", (_, bytes, subcode) => {
    expect(() => read(Buffer.from(bytes, "hex"))).toThrowError(BgpError);
    expect(() => read(Buffer.from(bytes, "hex"))).toThrowError(expect.objectContaining({ code: 1, subcode }));
  });

  it.each([
    ["another version", "03 fde8 005a 0a000002 00", { code: 2, subcode: 1 }],
    ["a hold time of 1 s", "04 fde8 0001 0a000002 00", { code: 2, subcode: 6 }],
    ["too few bytes", "04 fde8", { code: 1, subcode: 2 }],
  ])("an OPEN with %s is refused (RFC 4271 §6.2)", (_, body, error) => {
    expect(() => parseOpen(Buffer.from(packed(body), "hex"))).toThrowError(expect.objectContaining(error));
  });
});

describe("EVPN routes", () => {
  const distinguisher = "0001 0a000002 0064";
  const noEsi = "00".repeat(10);

  it("type 2: a MAC (RFC 7432 §7.2)", () => {
    const bytes = macRoute({ vtep, vni: 100, mac });
    expect(hex(bytes)).toBe(packed(`02 21 ${distinguisher} ${noEsi} 00000000 30 02e0ff000001 00 000064`));
  });

  it("type 2: a MAC with its address, which is routed to (RFC 9135 §4)", () => {
    const bytes = macRoute({ vtep, vni: 100, mac, ip: "10.1.0.1", l3vni: 5000 });
    const host = "30 02e0ff000001 20 0a010001";
    expect(hex(bytes)).toBe(packed(`02 28 ${distinguisher} ${noEsi} 00000000 ${host} 000064 001388`));
  });

  it("type 3: who is flooded to (RFC 7432 §7.3)", () => {
    expect(hex(inclusiveRoute({ vtep, vni: 100 }))).toBe(packed(`03 11 ${distinguisher} 00000000 20 0a000002`));
  });

  it("type 5: a prefix (RFC 9136 §3.1)", () => {
    const bytes = prefixRoute({ vtep, l3vni: 100, prefix: "198.18.0.0", length: 30 });
    expect(hex(bytes)).toBe(packed(`05 22 ${distinguisher} ${noEsi} 00000000 1e c6120000 00000000 000064`));
  });

  it("bear what they say beside that as extended communities", () => {
    expect(hex(routeTarget(65000, 100))).toBe("0002fde800000064");
    expect(hex(vxlanEncapsulation())).toBe("030c000000000008");
    expect(hex(routerMac("02:bb:00:00:00:02"))).toBe("060302bb00000002");
    expect(hex(macMobility({ sequence: 7, sticky: false }))).toBe("0600000000000007");
    expect(hex(macMobility({ sequence: 0, sticky: true }))).toBe("0600010000000000");
  });
});

describe("UPDATEs", () => {
  const updates = (messages: readonly Uint8Array[]) => messages.flatMap(read);

  it("announce what floods with its tunnel (RFC 6514 §5)", () => {
    const [update] = announced(65000, [{ kind: "inclusive", vtep, vni: 100 }]);
    const communities = "d010 0010 0002fde800000064 030c000000000008";
    const pmsi = "d016 0009 00 06 000064 0a000002";
    const reach = "900e 001c 001946 04 0a000002 00 0311 0001 0a000002 0064 00000000 20 0a000002";
    const attributes = `5001 0001 00  5002 0000  5005 0004 00000064 ${communities} ${pmsi} ${reach}`;
    const bytes = packed(attributes).length / 2;
    const body = `0000 ${bytes.toString(16).padStart(4, "0")} ${attributes}`;
    expect(hex(updates([update])[0]?.body ?? Buffer.of())).toBe(packed(body));
  });

  it("hold all routes, each once, and none is too long", () => {
    const routes = [{ kind: "macs", vtep, vni: 100, first: 5, count: 1000 }];
    for (const messages of [announced(65000, routes), withdrawn(routes)]) {
      for (const { length } of messages) expect(length).toBeLessThanOrEqual(MAX_BYTES);
      const text = messages.map(hex).join("");
      const found = [...text.matchAll(/30(02e0ff[0-9a-f]{6})00000064/g)].map(([, one]) => one);
      expect(found).toEqual(Array.from({ length: 1000 }, (_, at) => hex(numberedMac(5 + at))));
    }
  });

  it("of MACs that never moved say nothing of mobility; of others they do (RFC 7432 §7.7)", () => {
    const macs = { kind: "macs", vtep, vni: 100, count: 1 };
    const texts = [macs, { ...macs, sequence: 3 }, { ...macs, sticky: true }].map((one) =>
      announced(65000, [one]).map(hex).join(""),
    );
    const mobility = texts.map((text) => /0600(0[01]00[0-9a-f]{8})/.exec(text)?.[1]);
    expect(mobility).toEqual([undefined, "000000000003", "010000000000"]);
  });

  it("number MACs and prefixes apart", () => {
    expect([0, 255, 131_999].map((number) => macText(numberedMac(number)))).toEqual([
      "02:e0:ff:00:00:00",
      "02:e0:ff:00:00:ff",
      "02:e0:ff:02:03:9f",
    ]);
    expect([0, 1, 19_999].map(numberedPrefix)).toEqual(["198.18.0.0", "198.18.0.4", "198.19.56.124"]);
  });
});
