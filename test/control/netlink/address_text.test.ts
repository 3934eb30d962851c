import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { formatIp, formatMacBytes, isIpv4Mapped, parseIp } from "../../../src/control/netlink/address_text.js";

describe("IP addresses as text", () => {
  it.each(["10.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "fe80::1", "2001:db8::", "::ffff:10.0.0.2"])(
    "keeps %s",
    (text) => {
      expect(formatIp(parseIp(text) ?? new Uint8Array())).toBe(text);
    },
  );

  it.each([
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
    ["1:0:0:2:0:0:3:4", "1::2:0:0:3:4"],
    ["1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"],
    ["::ffff:a00:2", "::ffff:10.0.0.2"],
  ])("brings %s to its one form", (text, canonical) => {
    expect(formatIp(parseIp(text) ?? new Uint8Array())).toBe(canonical);
  });

  it.each(["", "10.1", "10.0.0.256", "010.0.0.1x", "fe80::1%eth0", "2001:db8::/64", "host"])("refuses '%s'", (text) => {
    expect(parseIp(text)).toBeNull();
  });

  it("agrees with ipaddr.js wherever zeros stand", () => {
    for (let pattern = 0; pattern < 256; pattern++) {
      const bytes = new Uint8Array(16);
      for (let group = 0; group < 8; group++) if (pattern & (1 << group)) bytes[2 * group + 1] = 0xa0 + group;
      expect(formatIp(bytes)).toBe(ipaddr.fromByteArray([...bytes]).toString());
    }
  });

  it("knows IPv4-mapped addresses", () => {
    expect(isIpv4Mapped(parseIp("::ffff:10.0.0.2") ?? new Uint8Array())).toBe(true);
    expect(isIpv4Mapped(parseIp("::1:ffff:a00:2") ?? new Uint8Array())).toBe(false);
  });
});

describe("MAC addresses as text", () => {
  it("writes lower case with colons", () => {
    expect(formatMacBytes(Uint8Array.of(2, 0, 0xab, 0, 0, 0xff))).toBe("02:00:ab:00:00:ff");
  });
});
