// XDP on interfaces with jumbo frames: what fits into one buffer stays with XDP, what comes in several is carried by the tc
// program behind it. Without `xdp.frags` a driver, veth too, would not take the program at such an MTU.
import { afterEach, describe, expect, it } from "vitest";
import type { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { datagram } from "../corpus/lab.js";
import { HostSocket } from "../dataplane/host_socket.js";
import { mayMakeNamespaces, until } from "../dataplane/namespaces.js";
import type { Overlay } from "../dataplane/overlay.js";
import { transfer } from "../dataplane/tcp.js";
import { shareProgramsAmongTests } from "./loaded.js";
import { ebpfOverlay } from "./overlay.js";

shareProgramsAmongTests();

const live = it.skipIf(!mayMakeNamespaces());
const JUMBO = 9000;
const UNDERLAY = JUMBO + 100;
const MEGABYTES = 8;
/** Payloads of UDP: one buffer, about a page, several, and the largest that the MTU takes. */
const PAYLOADS = [18, 1472, 3300, 3500, 4096, 8000, JUMBO - 28];

let overlay: Overlay<EbpfDriver> | undefined;

afterEach(async () => {
  await overlay?.down();
  overlay = undefined;
});

async function macOf(host: string): Promise<string> {
  return (await overlay!.net.link(host, "eth0")).mac;
}

/** Every length there and back, byte by byte. */
async function exchange(): Promise<void> {
  const { net } = overlay!;
  const hosts = await Promise.all(
    ["h1", "h2"].map(async (name, at) => ({ mac: await macOf(name), ip: `192.168.0.${at + 1}` })),
  );
  const sockets = await Promise.all(
    ["h1", "h2"].map(async (name) => new HostSocket(net.path(name), (await net.link(name, "eth0")).ifindex)),
  );
  try {
    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      for (const bytes of PAYLOADS) {
        const frame = datagram(hosts[from]!, hosts[to]!, bytes);
        sockets[from]!.send(frame);
        await until(() => sockets[to]!.receive(frame));
      }
    }
  } finally {
    for (const socket of sockets) socket.close();
  }
}

describe("XDP at jumbo MTU, live (root)", () => {
  for (const peer of ["vtep", "kernel"] as const) {
    for (const ipv6 of [false, true]) {
      live(
        `frames of any length pass to ${peer === "vtep" ? "its like" : "the kernel"} over IPv${ipv6 ? 6 : 4}`,
        async () => {
          overlay = await ebpfOverlay({ hook: "xdp", peer, ipv6, accessMtu: JUMBO, underlayMtu: UNDERLAY });
          const { net, v1 } = overlay;
          expect(v1.opened.map(({ hook }) => hook)).toEqual(["xdp", "xdp"]);
          for (const { reason } of v1.opened)
            expect(reason).toContain("tc behind it carries what comes in several buffers");
          const ping = (...words: string[]) =>
            net.exec("h1", "ping", "-c", "3", "-i", "0.1", "-M", "do", ...words, "192.168.0.2");
          for (const size of ["56", "3400", String(JUMBO - 28)])
            expect(await ping("-s", size)).toContain(" 0% packet loss");
          await exchange();
          const there = await transfer(net, "h1", "h2", "192.168.0.2", MEGABYTES);
          expect(there.received).toBe(there.sent);
          const back = await transfer(net, "h2", "h1", "fd01::1", MEGABYTES);
          expect(back.received).toBe(back.sent);
          // Neither kind of frame is the engine's.
          const punts = v1.driver.readCounters().punts.reduce((sum, count) => sum + count, 0);
          expect(punts).toBeLessThan(v1.driver.readCounters().vteps[4 + 2]! / 10);
        },
      );
    }
  }

  live("between hooks: XDP on the uplink, tc on the ports", async () => {
    overlay = await ebpfOverlay({
      hook: "tc",
      uplinkHook: "xdp",
      peer: "vtep",
      accessMtu: JUMBO,
      underlayMtu: UNDERLAY,
    });
    expect(overlay.v1.opened.map(({ hook }) => hook)).toEqual(["xdp", "tc"]);
    await overlay.net.exec("h1", "ping", "-c", "1", "-W", "2", "192.168.0.2");
    await exchange();
  });
});
