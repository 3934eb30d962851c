import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Drop } from "../../../src/abi/generated.js";
import { mappedPrefix } from "../../../src/control/mapped_address.js";
import type { PathTarget } from "../../../src/control/routing/path_target.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { advertisement, arp, gratuitousArp, type Host, macAt, markOf, packet, questionOf } from "./host_frames.js";
import { ControlLab } from "./lab.js";
import { GATEWAY, twoSubnets } from "./routed.js";

const HOST: Host = { mac: "02:00:00:00:00:0a", ip: "192.168.100.10" };
const ROUTER: Host = { mac: "02:00:00:00:00:fe", ip: "192.168.200.254" };
const SPARE: Host = { mac: "02:00:00:00:00:fd", ip: "192.168.200.253" };
const ROUTER6: Host = { mac: ROUTER.mac, ip: "fe80::fe" };
const OUTSIDE = "198.51.100.1";

const by = (...routers: Host[]): PathTarget[] => routers.map(({ ip }) => ({ bridgeDomain: "blue", gateway: ip }));

describe.skipIf(unavailable !== null)(titled("routes by a router that is a host of a domain"), () => {
  let lab: ControlLab;

  beforeEach(async () => {
    lab = new ControlLab();
    await lab.open();
    await lab.apply(twoSubnets);
    lab.receive("eth1", gratuitousArp(HOST));
    lab.driver.sent.length = 0;
  });

  afterEach(() => {
    lab.close();
  });

  async function route(prefix: string, targets: readonly PathTarget[]): Promise<void> {
    const { address, length } = mappedPrefix(prefix);
    lab.control.routes.learn("tenant", address, length, { targets, owner: "" });
    await flushed();
  }

  async function flushed(): Promise<void> {
    lab.control.flushSoon();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async function hear(frame: Uint8Array): Promise<void> {
    lab.receive("eth2", frame);
    await flushed();
    lab.driver.sent.length = 0;
  }

  const questions = () =>
    lab
      .sentTo("eth2")
      .map(questionOf)
      .filter((question) => question !== undefined);

  /** MAC of the router that a packet to the outside goes to. */
  function taken(mark: number): string | undefined {
    lab.receive("eth1", packet(HOST, GATEWAY, OUTSIDE, mark));
    return lab
      .sentTo("eth2")
      .filter((frame) => frame[23] === 17 && markOf(frame) === mark)
      .map((frame) => macAt(frame, 0))[0];
  }

  it("the router is asked for before any packet, less and less often, and named while it does not answer", async () => {
    await route("198.51.100.0/24", by(ROUTER));
    const question = `ARP ${ROUTER.ip} for 192.168.200.1 at ${GATEWAY}, to ff:ff:ff:ff:ff:ff`;
    expect(questions()).toEqual([question]);
    lab.clock.advance(3_000);
    expect(questions()).toHaveLength(3);
    expect(lab.control.problems()).toContain(`bridge domain blue: gateway ${ROUTER.ip} of routes does not answer`);
    lab.clock.advance(60_000);
    expect(questions()).toHaveLength(5);
    await hear(arp(2, ROUTER, GATEWAY, "192.168.200.1"));
    lab.clock.advance(20_000);
    expect(questions()).toEqual([]);
    expect(lab.control.problems().filter((text) => text.includes("gateway"))).toEqual([]);
  });

  it("packets reach it from its first word on; before it, their senders hear of an unreachable host", async () => {
    await route("198.51.100.0/24", by(ROUTER));
    expect(taken(1)).toBeUndefined();
    expect(lab.drops(Drop.NO_NEIGHBOR)).toBe(1);
    await hear(gratuitousArp(ROUTER));
    expect(taken(2)).toBe(ROUTER.mac);
    await hear(gratuitousArp({ ...ROUTER, mac: SPARE.mac }));
    expect(taken(3)).toBe(SPARE.mac);
  });

  it("a link-local router is asked by a solicitation", async () => {
    await route("2001:db8:51::/48", by(ROUTER6));
    expect(questions()).toEqual([expect.stringMatching(/^NS fe80::fe for fe80::.* ff02::1:ff00:fe$/)]);
    await hear(advertisement(ROUTER6, GATEWAY, "fe80::200:5eff:fe00:107"));
    lab.receive("eth1", packet({ ...HOST, ip: "2001:db8:100::10" }, GATEWAY, "2001:db8:51::1", 5));
    const delivered = lab.sentTo("eth2").filter((frame) => frame[20] === 17);
    expect(delivered.map((frame) => macAt(frame, 0))).toEqual([ROUTER6.mac]);
  });

  it("it is looked after as any host: probed when silent, and asked for again when it does not answer", async () => {
    await route("198.51.100.0/24", by(ROUTER));
    await hear(gratuitousArp(ROUTER));
    lab.clock.advance(61_000);
    const probe = `ARP ${ROUTER.ip} for 192.168.200.1 at ${GATEWAY}, to ${ROUTER.mac}`;
    expect(questions()).toContain(probe);
    lab.clock.advance(20_000);
    await flushed();
    expect(taken(1)).toBeUndefined();
    lab.clock.advance(20_000);
    expect(questions()).toContain(`ARP ${ROUTER.ip} for 192.168.200.1 at ${GATEWAY}, to ff:ff:ff:ff:ff:ff`);
  });

  it("of several routers those that are known carry everything", async () => {
    await route("198.51.100.0/24", by(ROUTER, SPARE));
    await hear(gratuitousArp(SPARE));
    const marks = Array.from({ length: 20 }, (_, mark) => mark + 1);
    expect(new Set(marks.map(taken))).toEqual(new Set([SPARE.mac]));
    await hear(gratuitousArp(ROUTER));
    const route64 = lab.tables.prefixes.lookup(lab.control.vrfs.idOf("tenant"), 0, 0, 0xffff, 0xc6336401 | 0);
    expect(new Set(lab.tables.routes.bucketsOf(route64)).size).toBe(2);
  });

  it("a domain without a gateway of its own cannot lead there, which is said", async () => {
    await lab.apply(twoSubnets.replace("  - { name: blue,", "  - { name: plain, vni: 300 }\n  - { name: blue,"));
    await route("198.51.100.0/24", [{ bridgeDomain: "plain", gateway: "10.0.0.9" }]);
    expect(lab.control.problems()).toContain(
      "bridge domain plain: routes lead by gateway 10.0.0.9, and the domain has no gateway itself",
    );
    expect(taken(1)).toBeUndefined();
    expect(lab.drops(Drop.NO_NEIGHBOR)).toBe(1);
  });
});
