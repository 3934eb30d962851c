import { describe, expect, it } from "vitest";
import { addressText, macText, macWords } from "../../src/telemetry/text.js";
import { mapped } from "./hand_built.js";

describe("addresses as text", () => {
  it("writes a MAC from signed and unsigned words alike", () => {
    expect(macText(0x0200, 0xfe00000a)).toBe("02:00:fe:00:00:0a");
    expect(macText(0x0200, 0xfe00000a | 0)).toBe("02:00:fe:00:00:0a");
    expect(macText(0xffff, -1)).toBe("ff:ff:ff:ff:ff:ff");
  });

  it("reads back what it wrote", () => {
    for (const mac of ["00:00:00:00:00:00", "02:aa:bb:cc:dd:ee", "ff:ff:ff:ff:ff:ff"]) {
      const { hi, lo } = macWords(mac)!;
      expect(macText(hi, lo)).toBe(mac);
    }
    expect(macWords("02:aa:bb:cc:dd")).toBeUndefined();
  });

  it("writes IPv4 plainly and IPv6 by RFC 5952", () => {
    expect(addressText(mapped(10, 255, 0, 1))).toBe("10.255.0.1");
    expect(addressText(Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1))).toBe("2001:db8:0:1::1");
  });
});
