// Hosts in different subnets over eBPF VTEPs: how often their packets were routed, whole TCP streams, and that the
// kernel's super-packets stay whole.
import { afterEach, describe, expect, it } from "vitest";
import type { HookKind } from "../../src/dataplane/driver.js";
import { mayMakeNamespaces, until } from "../dataplane/namespaces.js";
import { transfer } from "../dataplane/tcp.js";
import { shareProgramsAmongTests } from "./loaded.js";
import { type Irb, type RoutedOptions, RoutedOverlay } from "./routed_overlay.js";

shareProgramsAmongTests();

const live = it.skipIf(!mayMakeNamespaces());
const MEGABYTES = 8;
const H2 = "10.2.0.2";
const H2_6 = "fd01:0:0:2::2";

let overlay: RoutedOverlay | undefined;

afterEach(async () => {
  await overlay?.down();
  overlay = undefined;
});

async function up(options: RoutedOptions): Promise<RoutedOverlay> {
  overlay = await RoutedOverlay.up(options);
  // The first packets wait for ARP and ND.
  for (const to of [H2, H2_6]) await until(async () => (await overlay!.net.status("h1", "ping", "-c", "1", to)) === 0);
  return overlay;
}

const ping = (from: string, to: string, ...options: string[]): Promise<string> =>
  overlay!.net.exec(from, "ping", "-c", "3", "-i", "0.1", "-W", "2", ...options, to);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const punts = (): number => sum([...overlay!.drivers.values()].map((driver) => sum(driver.readCounters().punts)));

/** Of a reply, which was routed as often as the question. */
const TTL: Readonly<Record<Irb, number>> = { symmetric: 62, asymmetric: 63, hub: 63 };

describe("eBPF routing, live (root)", () => {
  for (const hook of ["tc", "xdp"] as const satisfies readonly HookKind[]) {
    for (const irb of ["symmetric", "asymmetric", "hub"] as const) {
      live(`${hook}, ${irb}: pings with TTL ${TTL[irb]} and TCP both ways, without the engine`, async () => {
        const { net } = await up({ hook, irb });
        const before = punts();
        for (const to of [H2, H2_6]) {
          const text = await ping("h1", to, "-c", "20", "-i", "0.01");
          expect(text).toContain(" 0% packet loss");
          expect(text.match(new RegExp(`ttl=${TTL[irb]} `, "g"))).toHaveLength(20);
        }
        // Hosts confirm their neighbours now and then; the echoes must not come by.
        expect(punts() - before).toBeLessThan(12);
        const there = await transfer(net, "h1", "h2", H2, MEGABYTES);
        expect(there.received).toBe(there.sent);
        const back = await transfer(net, "h2", "h1", "fd01:0:0:1::2", MEGABYTES);
        expect(back.received).toBe(back.sent);
      });
    }
  }

  for (const irb of ["symmetric", "asymmetric", "hub"] as const) {
    live(`tc, ${irb}: super-packets are routed in one piece`, async () => {
      const { net, drivers } = await up({ hook: "tc", irb });
      const statistics = "/sys/class/net/ac0/statistics/tx_packets";
      const before = Number(await net.exec("v2", "cat", statistics));
      const frames = () => drivers.get("v2")!.readCounters().ports[4 + 2]!;
      const framesBefore = frames();
      await transfer(net, "h1", "h2", H2, MEGABYTES);
      const sent = frames() - framesBefore;
      expect(sent).toBeGreaterThan((MEGABYTES << 20) / 1460);
      expect(Number(await net.exec("v2", "cat", statistics)) - before).toBeLessThan(sent / 4);
    });
  }

  live("tc over an IPv6 underlay: what needs checksums goes through the engine, and arrives", async () => {
    const { net } = await up({ hook: "tc", irb: "symmetric", ipv6Underlay: true });
    expect(await ping("h1", H2)).toContain("ttl=62 ");
    const { sent, received } = await transfer(net, "h1", "h2", H2, 2);
    expect(received).toBe(sent);
  });
});
