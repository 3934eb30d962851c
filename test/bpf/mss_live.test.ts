// vtep.mssClamp between real hosts: no segment of a connection is ever too big for a path of 1000 bytes, whether a host's
// checksums are finished or left to a device.
import { afterEach, describe, expect, it } from "vitest";
import { ConfigFlag, Drop } from "../../src/abi/generated.js";
import type { Driver } from "../../src/dataplane/driver.js";
import { mayMakeNamespaces, until } from "../dataplane/namespaces.js";
import type { Overlay } from "../dataplane/overlay.js";
import { transfer } from "../dataplane/tcp.js";
import { userspaceOverlay } from "../dataplane/userspace_overlay.js";
import { shareProgramsAmongTests } from "./loaded.js";
import { ebpfOverlay } from "./overlay.js";

shareProgramsAmongTests();

const live = it.skipIf(!mayMakeNamespaces());
const PATH_MTU = 1000;
const MEGABYTES = 4;
const FIRST_VTEP = 1;

let overlay: Overlay<Driver> | undefined;

afterEach(async () => {
  await overlay?.down();
  overlay = undefined;
});

/** As if a router had said so to both. */
function narrow({ vteps }: Overlay<Driver>): void {
  for (const {
    tables: { tables },
    driver,
  } of vteps) {
    tables.vteps.setPathMtu(FIRST_VTEP, PATH_MTU);
    driver.apply(tables);
  }
}

const clamping = (flags: number) => ({
  settings: { flags: ConfigFlag.KNOWN_VTEPS_ONLY | ConfigFlag.MSS_CLAMP | flags },
});
const ends: Readonly<Record<string, () => Promise<Overlay<Driver>>>> = {
  AF_PACKET: () => userspaceOverlay({ peer: "vtep", socket: "af_packet", ...clamping(0) }),
  "AF_PACKET with outer checksums": () =>
    userspaceOverlay({ peer: "vtep", socket: "af_packet", ...clamping(ConfigFlag.UDP_CHECKSUM) }),
  AF_XDP: () => userspaceOverlay({ peer: "vtep", socket: "af_xdp", ...clamping(0) }),
  "eBPF at tc": () => ebpfOverlay({ peer: "vtep", hook: "tc", ...clamping(0) }),
  "eBPF at XDP": () => ebpfOverlay({ peer: "vtep", hook: "xdp", ...clamping(0) }),
  "eBPF at tc over IPv6": () => ebpfOverlay({ peer: "vtep", hook: "tc", ipv6: true, ...clamping(0) }),
};

describe("MSS clamp, live (root)", () => {
  for (const [name, up] of Object.entries(ends)) {
    live(`${name}: TCP flows through a narrow path without a single packet too big`, async () => {
      overlay = await up();
      narrow(overlay);
      for (const to of ["192.168.0.2", "fd01::2"]) {
        await until(async () => (await overlay!.net.status("h1", "ping", "-c", "1", to)) === 0);
        const { sent, received } = await transfer(overlay.net, "h1", "h2", to, MEGABYTES);
        expect(received).toBe(sent);
      }
      expect(overlay.vteps.map(({ tables }) => tables.dropped(Drop.MTU_EXCEEDED))).toEqual([0, 0]);
      // The path is as narrow as all that: what a host does not keep small is refused.
      const status = await overlay.net.status(
        "h1",
        "ping",
        "-c",
        "1",
        "-W",
        "1",
        "-M",
        "do",
        "-s",
        "1000",
        "192.168.0.2",
      );
      expect(status).not.toBe(0);
      expect(overlay.vteps[0]!.tables.dropped(Drop.MTU_EXCEEDED)).toBe(1);
    });
  }
});
