import { afterEach, describe, expect, it } from "vitest";
import { ConfigFlag, Drop, PortFlag, Punt } from "../../src/abi/generated.js";
import type { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { ethernet, ipv4, packet, payload, udp, vlan } from "../corpus/packet.js";
import { arpRequest, HostSocket } from "../dataplane/host_socket.js";
import { mayMakeNamespaces, until, within } from "../dataplane/namespaces.js";
import type { Overlay, Vtep } from "../dataplane/overlay.js";
import { transfer } from "../dataplane/tcp.js";
import { shareProgramsAmongTests } from "./loaded.js";
import { type EbpfOptions, ebpfOverlay } from "./overlay.js";

shareProgramsAmongTests();

const live = it.skipIf(!mayMakeNamespaces());
const MEGABYTES = 8;

let overlay: Overlay<EbpfDriver> | undefined;

afterEach(async () => {
  await overlay?.down();
  overlay = undefined;
});

async function up(options: EbpfOptions): Promise<Overlay<EbpfDriver>> {
  overlay = await ebpfOverlay(options);
  return overlay;
}

async function ping(from: string, to: string, ...options: string[]): Promise<string> {
  return overlay!.net.exec(from, "ping", "-c", "3", "-i", "0.1", "-W", "2", ...options, to);
}

const puntsOf = ({ driver }: Vtep<EbpfDriver>): readonly number[] => driver.readCounters().punts;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const dropsOf = ({ driver }: Vtep<EbpfDriver>, reason: number): number =>
  sum(
    driver
      .readCounters()
      .drops.filter((drop) => drop.reason === reason)
      .map(({ packets }) => packets),
  );

/** From a host that was not heard of to the sender of arpRequest. */
function unicast(vlan: number): Uint8Array {
  const tag = [0x81, 0, vlan >>> 8, vlan & 0xff];
  return Uint8Array.from([2, 0, 0, 0, 0, 0xaa, 2, 0, 0, 0, 0, 0xbb, ...tag, 0x88, 0xb5, ...Array(46).fill(7)]);
}

describe("eBPF data path, live (root)", () => {
  for (const hook of ["tc", "xdp"] as const) {
    for (const peer of ["vtep", "kernel"] as const) {
      for (const ipv6 of [false, true]) {
        live(
          `${hook}: carries IPv4, IPv6 and TCP to ${peer === "vtep" ? "its like" : "the kernel"} over IPv${ipv6 ? 6 : 4}`,
          async () => {
            const { net, v1 } = await up({ hook, peer, ipv6 });
            expect(v1.opened.map((opened) => opened.hook)).toEqual([hook, hook]);
            expect(await ping("h1", "192.168.0.2")).toContain(" 0% packet loss");
            expect(await ping("h2", "fd01::1")).toContain(" 0% packet loss");
            expect(await ping("h1", "192.168.0.2", "-M", "do", "-s", "1472")).toContain(" 0% packet loss");
            const there = await transfer(net, "h1", "h2", "192.168.0.2", MEGABYTES);
            expect(there.received).toBe(there.sent);
            const back = await transfer(net, "h2", "h1", "fd01::1", MEGABYTES);
            expect(back.received).toBe(back.sent);
          },
        );
      }
    }
  }

  live("XDP on the uplinks, tc on the ports: each hands on what is the other's", async () => {
    const { net, v1 } = await up({ hook: "tc", uplinkHook: "xdp", peer: "vtep" });
    expect(v1.opened.map((opened) => opened.hook)).toEqual(["xdp", "tc"]);
    expect(await ping("h1", "192.168.0.2")).toContain(" 0% packet loss");
    const { sent, received } = await transfer(net, "h1", "h2", "192.168.0.2", MEGABYTES);
    expect(received).toBe(sent);
  });

  for (const ipv6 of [false, true]) {
    live(`carries over IPv${ipv6 ? 6 : 4} what a host behind it routes back into the tunnel`, async () => {
      const { net } = await up({ peer: "vtep", ipv6, kernelTunnel: ipv6 });
      await overlay!.addHost("h3");
      await net.ip("h3", "addr add 192.168.9.3/24 dev eth0", "route add 192.168.0.0/24 via 192.168.9.2");
      await net.ip("h1", "route add 192.168.9.0/24 via 192.168.0.2");
      await net.ip("h2", "addr add 192.168.9.2/24 dev eth0");
      await net.exec("h2", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0");
      expect(await ping("h1", "192.168.9.3")).toContain(" 0% packet loss");
      const there = await transfer(net, "h1", "h3", "192.168.9.3", MEGABYTES);
      expect(there.received).toBe(there.sent);
      const back = await transfer(net, "h3", "h1", "192.168.0.1", MEGABYTES);
      expect(back.received).toBe(back.sent);
    });
  }

  live("learns from the first frame, and carries those that follow in the kernel", async () => {
    const { v1 } = await up({ peer: "vtep" });
    await ping("h1", "192.168.0.2");
    const known = sum(puntsOf(v1));
    expect(known).toBeGreaterThan(0);
    expect(await ping("h1", "192.168.0.2", "-c", "20", "-i", "0.01")).toContain(" 0% packet loss");
    // Address resolution may repeat itself; the echoes must not come by.
    expect(sum(puntsOf(v1)) - known).toBeLessThan(6);
    const { vteps } = v1.driver.readCounters();
    expect(vteps[4 + 2]).toBeGreaterThanOrEqual(20);
  });

  live("tc: a super-packet crosses the tunnel in one piece", async () => {
    const { net, v1 } = await up({ peer: "vtep" });
    await ping("h1", "192.168.0.2");
    const before = await overlay!.packetsSent("v1", "up0");
    await transfer(net, "h1", "h2", "192.168.0.2", MEGABYTES);
    const pieces = (await overlay!.packetsSent("v1", "up0")) - before;
    const frames = v1.driver.readCounters().vteps[4 + 2]!;
    expect(frames).toBeGreaterThan((MEGABYTES << 20) / 1460);
    expect(pieces).toBeLessThan(frames / 4);
  });

  live("over IPv6, what needs a checksum for every segment goes through the engine", async () => {
    const { net, v1 } = await up({ peer: "kernel", ipv6: true });
    const { sent, received } = await transfer(net, "h1", "h2", "192.168.0.2", MEGABYTES);
    expect(received).toBe(sent);
    expect(puntsOf(v1)[Punt.SEGMENT]).toBeGreaterThan(0);
  });

  for (const peer of ["vtep", "kernel"] as const) {
    live(
      `over IPv6 to ${peer === "vtep" ? "its like" : "the kernel"}: the kernel's vxlan device encapsulates super-packets in one piece`,
      async () => {
        const { net, v1 } = await up({ peer, ipv6: true, kernelTunnel: true });
        await ping("h1", "192.168.0.2");
        const before = await overlay!.packetsSent("v1", "up0");
        const { sent, received } = await transfer(net, "h1", "h2", "192.168.0.2", MEGABYTES);
        expect(received).toBe(sent);
        const pieces = (await overlay!.packetsSent("v1", "up0")) - before;
        const frames = v1.driver.readCounters().vteps[4 + 2]!;
        expect(puntsOf(v1)[Punt.SEGMENT]).toBe(0);
        expect(frames).toBeGreaterThan((MEGABYTES << 20) / 1460);
        expect(pieces).toBeLessThan(frames / 4);
      },
    );
  }

  live("asks the kernel for a next hop that is not resolved", async () => {
    const { net, v1 } = await up({ peer: "kernel", unresolved: true });
    await until(async () => (await net.status("h1", "ping", "-c", "1", "-W", "1", "192.168.0.2")) === 0);
    expect(await ping("h1", "192.168.0.2")).toContain(" 0% packet loss");
    expect(puntsOf(v1)[Punt.UNRESOLVED]).toBeGreaterThanOrEqual(3);
  });

  live("an outer checksum over IPv4 covers frames whose own was partial", async () => {
    const settings = { flags: ConfigFlag.UDP_CHECKSUM };
    const { net } = await up({ peer: "kernel", settings });
    expect(await ping("h1", "192.168.0.2")).toContain(" 0% packet loss");
    const { sent, received } = await transfer(net, "h1", "h2", "192.168.0.2", 2);
    expect(received).toBe(sent);
  });

  live("hook userspace: the engine carries every frame of the port", async () => {
    const { v1 } = await up({ peer: "kernel", hook: "userspace" });
    expect(v1.opened.map(({ hook }) => hook)).toEqual(["userspace", "userspace"]);
    expect(await ping("h1", "192.168.0.2")).toContain(" 0% packet loss");
    const punts = puntsOf(v1);
    expect(punts[Punt.ALL]).toBe(sum(punts));
    expect(v1.tables.tables.counters.ports.values[4]).toBeGreaterThanOrEqual(3);
  });

  live("a frame that does not fit the underlay is the engine's to judge", async () => {
    const { v1 } = await up({ peer: "kernel", underlayMtu: 1500 });
    await ping("h1", "192.168.0.2");
    await overlay!.net.status("h1", "ping", "-c", "1", "-W", "1", "-M", "do", "-s", "1472", "192.168.0.2");
    expect(puntsOf(v1)[Punt.TOO_BIG]).toBe(1);
    expect(v1.tables.dropped(Drop.MTU_EXCEEDED)).toBe(1);
  });

  live("to the peer: IP of a tagged port comes with its tag, past the queue", async () => {
    const { net, v1 } = await up({ peer: "vtep", vlan: 10, hook: "tc" });
    const { tables } = v1.tables;
    within(v1.netns, () => {
      tables.ports.setFlag(tables.interfaces.portByVlan[v1.accessSlot]![10]!, PortFlag.TO_PEER, true);
      v1.driver.apply(tables);
    });
    const near = new HostSocket(net.path("h1"), (await net.link("h1", "eth0")).ifindex);
    const far = new HostSocket(net.path("h2"), (await net.link("h2", "eth0")).ifindex);
    try {
      near.send(arpRequest(10));
      await until(() => far.receive(arpRequest(10)));
      const packets = [ipv4("192.168.0.2", "192.168.0.9"), udp(1000, 2000), payload(40)] as const;
      const frame = packet(ethernet("02:00:00:00:00:bb", "02:00:00:00:00:aa"), vlan(10), ...packets);
      // The first ones teach both VTEPs their source, by the engine.
      await until(() => {
        far.send(frame);
        return near.receive(frame) && v1.driver.readCounters().ports[4 + 2]! > 0;
      });
      const [times, queued] = [near.times(frame), await overlay!.packetsSent("v1", "ac0")];
      far.send(frame);
      await until(() => near.receive(frame) && near.times(frame) > times);
      expect(await overlay!.packetsSent("v1", "ac0")).toBe(queued);
    } finally {
      near.close();
      far.close();
    }
  });

  for (const hook of ["tc", "xdp"] as const) {
    live(`${hook}: tags stay within their VLAN, and come back at the other end`, async () => {
      const { net, v1 } = await up({ peer: "vtep", vlan: 10, hook });
      const sender = new HostSocket(net.path("h1"), (await net.link("h1", "eth0")).ifindex);
      const receiver = new HostSocket(net.path("h2"), (await net.link("h2", "eth0")).ifindex);
      try {
        for (const vlan of [0, 11, 10]) sender.send(arpRequest(vlan));
        await until(() => receiver.receive(arpRequest(10)));
        // The way back is known unicast, tag in and tag out in the kernel.
        const answer = unicast(10);
        receiver.send(answer);
        await until(() => sender.receive(answer));
        receiver.send(answer);
        await until(() => sender.times(answer) === 2 || !sender.receive(answer));
        expect(receiver.times(arpRequest(11)) + receiver.times(arpRequest(0))).toBe(0);
        expect(dropsOf(v1, Drop.UNKNOWN_VLAN)).toBeGreaterThanOrEqual(2);
        expect(v1.driver.readCounters().ports[4 + 2]).toBeGreaterThanOrEqual(1);
      } finally {
        sender.close();
        receiver.close();
      }
    });

    live(`${hook}: what is not VXLAN for this VTEP is never touched`, async () => {
      const { net, v1 } = await up({ peer: "kernel", hook });
      const to = overlay!.underlayAddress(2);
      expect(await net.exec("v1", "ping", "-c", "3", "-i", "0.1", to)).toContain(" 0% packet loss");
      const { sent, received } = await transfer(net, "v2", "v1", overlay!.underlayAddress(1), 2);
      expect(received).toBe(sent);
      expect(v1.driver.readCounters().drops.filter(({ slot }) => slot === v1.uplinkSlot)).toEqual([]);
    });
  }
});
