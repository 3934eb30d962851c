import { describe, expect, it } from "vitest";
import { encodeDeleteAddress, encodeDumpAddresses, encodeNewAddress } from "../../../src/control/netlink/address.js";
import { parseIp } from "../../../src/control/netlink/address_text.js";
import { viewOf } from "../../../src/control/netlink/header.js";
import {
  encodeDeleteGroup,
  encodeDeleteLink,
  encodeDumpLinks,
  encodeGetLink,
  encodeNewBridge,
  encodeNewVeth,
  encodeNewVrf,
  encodeNewVxlan,
  encodeSetBridgePort,
  encodeSetLink,
} from "../../../src/control/netlink/link_request.js";
import { MessageWriter } from "../../../src/control/netlink/message_writer.js";
import {
  encodeDeleteNeighbor,
  encodeDumpNeighbors,
  encodeGetNeighbor,
  encodeNewNeighbor,
  encodeUseNeighbor,
} from "../../../src/control/netlink/neighbor.js";
import { encodeDumpNexthops } from "../../../src/control/netlink/nexthop.js";
import { encodeDumpRoutes, encodeGetRoute } from "../../../src/control/netlink/route.js";
import { toHex } from "./captured.js";

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);

function ip(text: string): Uint8Array {
  return parseIp(text) ?? new Uint8Array();
}

/** Header, fixed part and attributes, as groups of hexadecimal digits; the length is checked by itself. */
function expectMessage(message: Uint8Array, ...parts: string[]): void {
  expect(viewOf(message).getUint32(0, true)).toBe(message.length);
  expect(toHex(message.subarray(4))).toBe(parts.join("").replaceAll(" ", ""));
}

const UNNUMBERED = "00000000 00000000";

describe("dumps", () => {
  it("asks for all links without their statistics", () => {
    expectMessage(
      encodeDumpLinks(),
      "1200 0103",
      UNNUMBERED,
      "00000000 00000000 00000000 00000000",
      "0800 1d00 08000000",
    );
  });

  it("asks for routes of a table, addresses and next hops", () => {
    expectMessage(
      encodeDumpRoutes(2, 1001),
      "1a00 0103",
      UNNUMBERED,
      "02000000 00000000 00000000",
      "0800 0f00 e9030000",
    );
    expectMessage(encodeDumpAddresses(10), "1600 0103", UNNUMBERED, "0a000000 00000000");
    expectMessage(encodeDumpNexthops(), "6a00 0103", UNNUMBERED, "00000000 00000000");
  });

  it("filters neighbours by attribute and the FDB by header", () => {
    const neighbors = encodeDumpNeighbors(2, { ifindex: 3 });
    expectMessage(neighbors, "1e00 0103", UNNUMBERED, "02000000 00000000 00000000", "0800 0800 03000000");
    const fdb = encodeDumpNeighbors(7, { ifindex: 4, master: 6 });
    expectMessage(fdb, "1e00 0103", UNNUMBERED, "07000000 04000000 00000000", "0800 0900 06000000");
  });
});

describe("questions", () => {
  it("asks for the route of an outer packet, with RTM_F_FIB_MATCH", () => {
    const query = { destination: ip("10.0.0.2"), source: ip("10.0.0.1"), udpPort: 4789, fibMatch: true };
    expectMessage(
      encodeGetRoute(query),
      "1a00 0100",
      UNNUMBERED,
      "02202000 00000000 00200000",
      "0800 0100 0a000002",
      "0800 0200 0a000001",
      "0500 1b00 11000000",
      "0600 1d00 12b50000",
    );
    const plain = encodeGetRoute({ destination: ip("2001:db8::2"), fibMatch: false });
    const destination = "20010db8000000000000000000000002";
    expectMessage(plain, "1a00 0100", UNNUMBERED, "0a800000 00000000 00000000", "1400 0100", destination);
  });

  it("asks for one link and one neighbour", () => {
    const attributes = "0700 0300 65300000 0800 1d00 08000000";
    expectMessage(encodeGetLink("e0"), "1200 0100", UNNUMBERED, "00000000".repeat(4), attributes);
    const neighbor = encodeGetNeighbor(3, ip("10.0.0.2"));
    expectMessage(neighbor, "1e00 0100", UNNUMBERED, "02000000 03000000 00000000", "0800 0100 0a000002");
  });
});

describe("changes of links", () => {
  it("makes the external vxlan device, up from the start", () => {
    expectMessage(
      encodeNewVxlan("vtepd-gro", { udpPort: 4789, learning: false, external: true }, true),
      "1000 0506",
      UNNUMBERED,
      "00000000 00000000 01000000 01000000",
      "0e00 0300 76746570642d67726f000000",
      "2c00 1280 0a00 0100 76786c616e000000 1c00 0280",
      "0500 0700 00000000 0600 0f00 12b50000 0500 1900 01000000",
    );
  });

  it("makes a vxlan device with VNI and local address", () => {
    const hex = toHex(
      encodeNewVxlan("vx100", { vni: 100, local: ip("10.0.0.1"), udpPort: 14789, learning: true }, false),
    );
    expect(hex).toContain("0800010064000000");
    expect(hex).toContain("080004000a000001");
    expect(hex).toContain("0500070001000000");
    expect(hex).toContain("06000f0039c50000");
  });

  it("makes a veth whose peer is born elsewhere", () => {
    expectMessage(
      encodeNewVeth("v0", { name: "v1", netnsFd: 9 }),
      "1000 0506",
      UNNUMBERED,
      "00000000".repeat(4),
      "0700 0300 76300000",
      "3800 1280 0900 0100 7665746800000000",
      "2800 0280 2400 0180",
      "00000000".repeat(4),
      "0700 0300 76310000 0800 1c00 09000000",
    );
  });

  it("makes a veth with queues at both ends", () => {
    const queues = "0800 1f00 03000000 0800 2000 03000000";
    expectMessage(
      encodeNewVeth("v0", { name: "v1" }, undefined, 3),
      "1000 0506",
      UNNUMBERED,
      "00000000".repeat(4),
      "0700 0300 76300000",
      queues,
      "4000 1280 0900 0100 7665746800000000",
      "3000 0280 2c00 0180",
      "00000000".repeat(4),
      "0700 0300 76310000",
      queues,
    );
  });

  it("makes a bridge with its MAC, a VRF device, and a vxlan device elsewhere", () => {
    expectMessage(
      encodeNewBridge("br0", MAC, { multicastSnooping: false }),
      "1000 0506",
      UNNUMBERED,
      "00000000".repeat(4),
      "0800 0300 62723000 0a00 0100 0200000000020000",
      "1c00 1280 0b00 0100 6272696467650000 0c00 0280 0500 1700 00000000",
    );
    expectMessage(
      encodeNewVrf("red", 1001),
      "1000 0506",
      UNNUMBERED,
      "00000000".repeat(4),
      "0800 0300 72656400",
      "1800 1280 0800 0100 76726600 0c00 0280 0800 0100 e9030000",
    );
    const vxlan = encodeNewVxlan("vx100", { vni: 100, udpPort: 14789, learning: false }, false, 9);
    expect(toHex(vxlan)).toContain("08001c0009000000");
  });

  it("changes an interface by name, its alias, addresses and place in a bridge", () => {
    expectMessage(
      encodeSetLink("br0", { alias: "vtepd", addressGeneration: 1 }),
      "1000 0500",
      UNNUMBERED,
      "00000000".repeat(4),
      "0800 0300 62723000 0a00 1400 7674657064000000",
      "1000 1a80 0c00 0a80 0500 0800 01000000",
    );
    const bridgePort = { state: 0, learning: false, neighborSuppression: true };
    expectMessage(
      encodeSetBridgePort(4, bridgePort),
      "1300 0500",
      UNNUMBERED,
      "07000000 04000000 00000000 00000000",
      "1c00 0c80",
      "0500 0100 00000000 0500 0800 00000000 0500 2000 01000000",
    );
  });

  it("changes only what is named", () => {
    expectMessage(encodeSetLink(3, {}), "1000 0500", UNNUMBERED, "00000000 03000000 00000000 00000000");
    expectMessage(encodeSetLink(3, { up: true }), "1000 0500", UNNUMBERED, "00000000 03000000 01000000 01000000");
    expectMessage(encodeSetLink(3, { up: false }), "1000 0500", UNNUMBERED, "00000000 03000000 00000000 01000000");
    const change = encodeSetLink(3, { mac: MAC, mtu: 9000, master: 6 });
    const attributes = "0a00 0100 0200000000020000 0800 0400 28230000 0800 0a00 06000000";
    expectMessage(change, "1000 0500", UNNUMBERED, "00000000 03000000 00000000 00000000", attributes);
    expectMessage(encodeDeleteLink(3), "1100 0500", UNNUMBERED, "00000000 03000000 00000000 00000000");
    expectMessage(encodeDeleteGroup(7), "1100 0500", UNNUMBERED, "00000000".repeat(4), "0800 1b00 07000000");
  });
});

describe("changes of addresses", () => {
  it("adds one without duplicate address detection, marked, and removes it", () => {
    const address = { ifindex: 3, address: ip("10.0.0.1"), prefixLength: 24 };
    const body = "02180000 03000000 0800 0200 0a000001 0800 0100 0a000001";
    const marked = encodeNewAddress({ ...address, flags: 2, protocol: 200 });
    expectMessage(marked, "1400 0506", UNNUMBERED, body, "0800 0800 02000000 0500 0b00 c8000000");
    expectMessage(encodeDeleteAddress(address), "1500 0500", UNNUMBERED, body);
  });
});

describe("changes of neighbours", () => {
  it("uses a neighbour", () => {
    const message = encodeUseNeighbor(3, ip("10.0.0.2"));
    expectMessage(message, "1c00 0504", UNNUMBERED, "02000000 03000000 0000 01 00", "0800 0100 0a000002");
  });

  it("writes a managed neighbour", () => {
    const entry = { family: 2, ifindex: 3, destination: ip("10.0.0.2"), flagsExt: 1 };
    const attributes = "0800 0100 0a000002 0800 0f00 01000000";
    const message = encodeNewNeighbor(entry, "replace");
    expectMessage(message, "1c00 0505", UNNUMBERED, "02000000 03000000 00000000", attributes);
  });

  it("writes and removes forwarding entries as zebra expects them", () => {
    const entry = { family: 7, ifindex: 4, state: 0x02, flags: 0x14, linkLayer: MAC, vlan: 10, protocol: 200 };
    const body = "07000000 04000000 0200 14 00 0a00 0200 0200000000020000 0600 0500 0a000000 0500 0c00 c8000000";
    expectMessage(encodeNewNeighbor(entry, "create"), "1c00 0506", UNNUMBERED, body);
    expectMessage(encodeNewNeighbor(entry, "append"), "1c00 050c", UNNUMBERED, body);
    expectMessage(encodeDeleteNeighbor(entry), "1d00 0500", UNNUMBERED, body);
  });
});

describe("MessageWriter", () => {
  it("grows, and refuses an attribute that its length field cannot hold", () => {
    const message = new MessageWriter(1, 0).attribute(1, new Uint8Array(60_000).fill(7)).finish();
    expect(message).toHaveLength(16 + 4 + 60_000);
    expect(message.at(-1)).toBe(7);
    expect(() => new MessageWriter(1, 0).attribute(1, new Uint8Array(65_532))).toThrow(RangeError);
    const writer = new MessageWriter(1, 0);
    expect(() => writer.nest(1, () => writer.attribute(2, new Uint8Array(65_528)))).toThrow(RangeError);
  });
});
