import { closeSync, openSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { Drop } from "../../src/abi/generated.js";
import { UserspaceDriver } from "../../src/dataplane/userspace/driver.js";
import { enterNetns } from "../../src/native/index.js";
import { Tables } from "../../src/tables/tables.js";
import { VtepError } from "../../src/wire/error.js";
import { arpRequest, HostSocket } from "./host_socket.js";
import { mayMakeNamespaces, until } from "./namespaces.js";
import type { Overlay, Vtep } from "./overlay.js";
import { type UserspaceOptions, userspaceOverlay } from "./userspace_overlay.js";

const live = it.skipIf(!mayMakeNamespaces());

function dropped({ driver }: Vtep<UserspaceDriver>, reason: number): number {
  return driver.readCounters().drops.reduce((sum, drop) => sum + (drop.reason === reason ? drop.packets : 0), 0);
}

describe("userspace data path at its limits, live (root)", () => {
  let overlay: Overlay<UserspaceDriver> | undefined;

  afterEach(async () => {
    await overlay?.down();
    overlay = undefined;
  });

  async function up(options: Partial<UserspaceOptions>): Promise<Overlay<UserspaceDriver>> {
    overlay = await userspaceOverlay({ peer: "vtep", ...options });
    return overlay;
  }

  async function reaches(from: string, to: string): Promise<boolean> {
    return (await overlay!.net.status(from, "ping", "-c", "1", "-W", "1", to)) === 0;
  }

  for (const ipv6 of [false, true]) {
    live(`an unresolved next hop is left to the kernel, over IPv${ipv6 ? 6 : 4}`, async () => {
      const home = openSync("/proc/self/ns/net", "r");
      try {
        const { net, v1 } = await up({ ipv6, unresolved: true });
        // raw-socket opens its socket in the namespace of the thread.
        enterNetns(net.path("v1"));
        expect(await reaches("h1", "192.168.0.2")).toBe(true);
        expect(v1.tables.dropped(Drop.UNDERLAY_UNRESOLVED)).toBe(0);
        await net.ip("v1", "addr flush dev up0");
        await until(
          async () => !(await reaches("h1", "192.168.0.2")) && v1.tables.dropped(Drop.UNDERLAY_UNRESOLVED) > 0,
        );
      } finally {
        enterNetns(home);
        closeSync(home);
      }
    });
  }

  for (const socket of ["af_packet", "af_xdp"] as const) {
    live(`${socket}: the kernel's own stack sees nothing of an access port, until it is given back`, async () => {
      const { net, v1 } = await up({ socket });
      await net.ip("h1", "route add 10.0.0.1 dev eth0");
      await net.ip("v1", "route add 192.168.0.1 dev ac0");
      expect(v1.opened.map(({ reason }) => reason).join()).not.toContain("own stack");
      expect(await reaches("h1", "10.0.0.1")).toBe(false);
      v1.driver.closeInterface(2);
      await until(() => reaches("h1", "10.0.0.1"));
    });

    live(`${socket}: what the kernel has no room for is counted`, async () => {
      const { net, v1 } = await up({ socket });
      const host = new HostSocket(net.path("h1"), (await net.link("h1", "eth0")).ifindex);
      // The event loop does not turn meanwhile, so nobody reads.
      for (let round = 0; round < 100; round++) host.flood(arpRequest(0), 256);
      host.close();
      expect(dropped(v1, Drop.RECEIVE_OVERRUN)).toBeGreaterThan(0);
      await until(() => v1.tables.tables.counters.ports.values[4]! > 0);
      await until(() => reaches("h1", "192.168.0.2"));
    });

    live(`${socket}: an interface that vanishes can be closed, and the rest goes on`, async () => {
      const { net, v1 } = await up({ socket });
      await net.ip("v1", "link del ac0");
      await net.veth("v1", "ac0", "h1", "eth0");
      await net.ip("h1", "addr add 192.168.0.1/24 dev eth0");
      v1.driver.closeInterface(2);
      const access = await net.link("v1", "ac0");
      v1.tables.tables.interfaces.set(2, "ac0", access.ifindex, 0, 1500);
      v1.driver.openInterface({ ...access, slot: 2, role: "access", hook: "auto", kind: "veth", mtuBytes: 1500 });
      expect(await reaches("h1", "192.168.0.2")).toBe(true);
    });

    live(`${socket}: follows a change of UDP port`, async () => {
      const { vteps } = await up({ socket });
      for (const { tables, driver } of vteps) {
        tables.tables.setSettings({ ...tables.tables.settings, udpPort: 4790 });
        tables.tables.vteps.remakeOuter(tables.tables.settings);
        expect(driver.apply(tables.tables)).toEqual([]);
        expect(tables.tables.deltas.empty).toBe(true);
      }
      expect(await reaches("h1", "192.168.0.2")).toBe(true);
    });
  }

  live("a flooded port does not keep another waiting", async () => {
    const { net, v1 } = await up({ socket: "af_packet" });
    const port = await overlay!.addHost("h3");
    const flooder = new HostSocket(net.path("h1"), (await net.link("h1", "eth0")).ifindex);
    const modest = new HostSocket(net.path("h3"), (await net.link("h3", "eth0")).ifindex);
    const { values } = v1.tables.tables.counters.ports;
    const before = values[4]!;
    for (let round = 0; round < 10; round++) flooder.flood(arpRequest(0), 256);
    modest.send(arpRequest(0));
    while (values[port * 4] === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(values[4]! - before).toBeLessThan(1000);
    flooder.close();
    modest.close();
  });

  live("frames for an interface that is down are counted, and pass when it is back", async () => {
    const { net, v1 } = await up({ socket: "af_packet" });
    await net.ip("v1", "link set up0 down");
    expect(await reaches("h1", "192.168.0.2")).toBe(false);
    expect(v1.tables.dropped(Drop.TRANSMIT_FAILED)).toBeGreaterThan(0);
    await net.ip("v1", "link set up0 up");
    await until(() => reaches("h1", "192.168.0.2"));
    await until(() => reaches("h2", "192.168.0.1"));
  });

  live("refuses eBPF hooks, and changes nothing", () => {
    const driver = new UserspaceDriver({ tables: new Tables() });
    const plan = { slot: 1, name: "lo", ifindex: 1, role: "access", kind: "", mtuBytes: 1500 } as const;
    for (const hook of ["xdp", "tc"] as const) {
      expect(() => driver.openInterface({ ...plan, hook })).toThrow(VtepError);
    }
    driver.close();
  });
});
