import { afterEach, describe, expect, it } from "vitest";
import { mayMakeNamespaces } from "./namespaces.js";
import { Overlay, type OverlayOptions } from "./overlay.js";

const live = it.skipIf(!mayMakeNamespaces());

describe("userspace data path, live (root)", () => {
  let overlay: Overlay | undefined;

  afterEach(async () => {
    await overlay?.down();
    overlay = undefined;
  });

  async function up(options: OverlayOptions): Promise<Overlay> {
    overlay = await Overlay.up(options);
    return overlay;
  }

  async function ping(from: string, to: string, ...options: string[]): Promise<string> {
    return overlay!.net.exec(from, "ping", "-c", "3", "-i", "0.1", "-W", "2", ...options, to);
  }

  for (const socket of ["af_packet", "af_xdp"] as const) {
    for (const peer of ["userspace", "kernel"] as const) {
      for (const ipv6 of [false, true]) {
        live(`${socket}: carries IPv4 and IPv6 to a ${peer} VTEP over IPv${ipv6 ? 6 : 4}`, async () => {
          await up({ peer, ipv6, socket });
          expect(await ping("h1", "192.168.0.2")).toContain(" 0% packet loss");
          expect(await ping("h2", "fd01::1")).toContain(" 0% packet loss");
          expect(await ping("h1", "192.168.0.2", "-M", "do", "-s", "1472")).toContain(" 0% packet loss");
        });
      }
    }
  }
});
