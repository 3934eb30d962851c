import { afterEach, describe, expect, it } from "vitest";
import { Drop } from "../../src/abi/generated.js";
import type { UserspaceDriver } from "../../src/dataplane/userspace/driver.js";
import { arpRequest, HostSocket } from "./host_socket.js";
import { mayMakeNamespaces, until } from "./namespaces.js";
import type { Overlay } from "./overlay.js";
import { transfer } from "./tcp.js";
import { type UserspaceOptions, userspaceOverlay } from "./userspace_overlay.js";

const live = it.skipIf(!mayMakeNamespaces());

describe("userspace data path, live (root)", () => {
  let overlay: Overlay<UserspaceDriver> | undefined;

  afterEach(async () => {
    await overlay?.down();
    overlay = undefined;
  });

  async function up(options: UserspaceOptions): Promise<Overlay<UserspaceDriver>> {
    overlay = await userspaceOverlay(options);
    return overlay;
  }

  async function ping(from: string, to: string, ...options: string[]): Promise<string> {
    return overlay!.net.exec(from, "ping", "-c", "3", "-i", "0.1", "-W", "2", ...options, to);
  }

  for (const peer of ["vtep", "kernel"] as const) {
    live(
      `af_packet: super-packets pass the underlay whole, both ways, to ${peer === "vtep" ? "its like" : "the kernel"}`,
      async (context) => {
        const { net, v1 } = await up({ peer, socket: "af_packet" });
        if (v1.opened.some(({ reason }) => reason.includes("are cut"))) return context.skip("needs kernel 6.17");
        const segments = (8 << 20) / 1448;
        for (const [vtep, from, to, address] of [
          ["v1", "h1", "h2", "fd01::2"],
          ["v2", "h2", "h1", "192.168.0.1"],
        ] as const) {
          const before = await overlay!.packetsSent(vtep, "up0");
          const { sent, received } = await transfer(net, from, to, address, 8);
          expect(received).toBe(sent);
          expect((await overlay!.packetsSent(vtep, "up0")) - before).toBeLessThan(segments / 4);
        }
      },
    );
  }

  for (const socket of ["af_packet", "af_xdp"] as const) {
    for (const peer of ["vtep", "kernel"] as const) {
      for (const ipv6 of [false, true]) {
        live(
          `${socket}: carries IPv4, IPv6 and TCP to ${peer === "vtep" ? "its like" : "the kernel"} over IPv${ipv6 ? 6 : 4}`,
          async () => {
            const { net } = await up({ peer, ipv6, socket });
            expect(await ping("h1", "192.168.0.2")).toContain(" 0% packet loss");
            expect(await ping("h2", "fd01::1")).toContain(" 0% packet loss");
            expect(await ping("h1", "192.168.0.2", "-M", "do", "-s", "1472")).toContain(" 0% packet loss");
            const there = await transfer(net, "h1", "h2", "192.168.0.2", 8);
            expect(there.received).toBe(there.sent);
            const back = await transfer(net, "h2", "h1", "fd01::1", 8);
            expect(back.received).toBe(back.sent);
          },
        );
      }
    }

    live(`${socket}: tags stay within their VLAN, and come back at the other end`, async () => {
      const { net, v1 } = await up({ peer: "vtep", vlan: 10, socket });
      const sender = new HostSocket(net.path("h1"), (await net.link("h1", "eth0")).ifindex);
      const receiver = new HostSocket(net.path("h2"), (await net.link("h2", "eth0")).ifindex);
      try {
        for (const vlan of [0, 11, 10]) sender.send(arpRequest(vlan));
        await until(() => receiver.receive(arpRequest(10)));
        expect(receiver.times(arpRequest(11)) + receiver.times(arpRequest(0))).toBe(0);
        expect(v1.tables.dropped(Drop.UNKNOWN_VLAN)).toBeGreaterThanOrEqual(2);
      } finally {
        sender.close();
        receiver.close();
      }
    });

    live(`${socket}: an outer checksum covers a frame whose own was partial`, async () => {
      const { net } = await up({ peer: "kernel", socket, settings: { flags: 4 } });
      const { sent, received } = await transfer(net, "h1", "h2", "192.168.0.2", 2);
      expect(received).toBe(sent);
    });
  }
});
