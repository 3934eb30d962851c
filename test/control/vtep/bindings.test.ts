import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NeighborFlag } from "../../../src/tables/neighbor.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { advertisement, arp, gratuitousArp, type Host, packet, questionOf } from "./host_frames.js";
import { ControlLab } from "./lab.js";
import { GATEWAY, twoSubnets } from "./routed.js";

const PATIENCE = { timeout: 20_000, interval: 10 };
const BROADCAST = "ff:ff:ff:ff:ff:ff";
const A: Host = { mac: "02:00:00:00:00:0a", ip: "192.168.100.10" };
const B: Host = { mac: "02:00:00:00:00:0b", ip: A.ip };
const A6: Host = { mac: A.mac, ip: "2001:db8:100::10" };
const LOCAL6: Host = { mac: A.mac, ip: "fe80::10" };

describe.skipIf(unavailable !== null)(titled("bindings of hosts"), () => {
  let lab: ControlLab;

  beforeEach(async () => {
    lab = new ControlLab();
    await lab.open();
  });

  afterEach(() => {
    lab.close();
  });

  /** `red` and, with a second port in it, no `blue`. */
  const oneDomain = (keys: string, more = "") => `
vtep: { address: 10.255.0.1, underlay: [up0, up1] }
bridgeDomains:
  - { name: red, vni: 100${keys} }
ports:
  - { interface: eth1, bridgeDomain: red }
  - { interface: eth2, bridgeDomain: red }
${more}`;

  const questions = (name = "eth1") =>
    lab
      .sentTo(name)
      .map(questionOf)
      .filter((question) => question !== undefined);

  const told = (kind: string) => lab.told.filter((event) => event.kind === kind);

  /** Seconds after which each question was sent, up to `seconds`. */
  function questionTimes(seconds: number, answer?: Uint8Array): number[] {
    const times: number[] = [];
    for (let second = 1; second <= seconds; second++) {
      lab.clock.advance(1_000);
      const asked = questions().length;
      if (asked === 0) continue;
      times.push(second);
      if (answer !== undefined) lab.receive("eth1", answer);
    }
    return times;
  }

  it("O11: a silent host that answers is asked each interval and stays, its MAC with it", async () => {
    await lab.apply(twoSubnets);
    lab.receive("eth1", gratuitousArp(A));
    lab.driver.sent.length = 0;
    const times = questionTimes(1_200, arp(2, A, GATEWAY, "192.168.100.1"));
    expect(times.length).toBeGreaterThan(15);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
    expect(lab.fdb()).toEqual([`red 200:a port ${lab.port("eth1")}`]);
    expect(told("binding_withdrawn")).toEqual([]);
  });

  it("the question is unicast, from the gateway in the host's subnet; from a link-local address where it has none", async () => {
    await lab.apply(twoSubnets);
    for (const host of [A6, LOCAL6]) lab.receive("eth1", advertisement(host, GATEWAY, "2001:db8:100::1"));
    lab.receive("eth1", gratuitousArp(A));
    lab.driver.sent.length = 0;
    lab.clock.advance(60_500);
    expect(questions().sort()).toEqual([
      `ARP ${A.ip} for 192.168.100.1 at ${GATEWAY}, to ${A.mac}`,
      `NS ${A6.ip} for 2001:db8:100::1 at ${GATEWAY}, to ${A.mac} ${A6.ip}`,
      `NS ${LOCAL6.ip} for fe80::200:5eff:fe00:107 at ${GATEWAY}, to ${A.mac} ${LOCAL6.ip}`,
    ]);
  });

  it("without a gateway the VTEP asks from a MAC of its own, and takes the answer", async () => {
    await lab.apply(oneDomain(""));
    lab.receive("eth1", gratuitousArp(A));
    lab.driver.sent.length = 0;
    lab.clock.advance(60_500);
    const own = "02:76:0a:ff:00:01";
    expect(questions()).toEqual([`ARP ${A.ip} for 0.0.0.0 at ${own}, to ${A.mac}`]);
    lab.receive("eth1", arp(2, A, own, "0.0.0.0"));
    expect(lab.driver.sent).toEqual([]);
    lab.clock.advance(30_000);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
  });

  it("S71: a host that does not answer is asked again with growing pauses, and withdrawn after the last", async () => {
    await lab.apply(twoSubnets);
    lab.receive("eth1", gratuitousArp(A));
    lab.driver.sent.length = 0;
    expect(questionTimes(63)).toEqual([60, 61, 63]);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
    lab.clock.advance(4_000);
    expect(lab.bindings()).toEqual([]);
    expect(lab.tables.hosts.count).toBe(4);
    const why = "no answer to 3 probes";
    expect(told("binding_withdrawn")).toEqual([
      { kind: "binding_withdrawn", bridgeDomain: "red", ip: A.ip, mac: A.mac, why },
    ]);
  });

  it("any ARP of the host ends the questions", async () => {
    await lab.apply(twoSubnets);
    lab.receive("eth1", gratuitousArp(A));
    const index = [...lab.tables.neighbors.entries()][0]!.index;
    expect(lab.control.neighbors.factsOf(index)).toEqual({ state: "reachable", isHeard: true });
    lab.clock.advance(61_500);
    expect(lab.control.neighbors.factsOf(index).state).toBe("probing");
    lab.receive("eth1", arp(1, A, BROADCAST, "192.168.100.77"));
    expect(lab.control.neighbors.factsOf(index).state).toBe("reachable");
    lab.driver.sent.length = 0;
    expect(questionTimes(58)).toEqual([]);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
  });

  it("intervals are a fifth longer or shorter, not more", async () => {
    await lab.apply(twoSubnets);
    for (const [random, second] of [
      [0, 48],
      [0.999, 72],
    ] as const) {
      lab.random = random;
      lab.receive("eth1", gratuitousArp(A));
      lab.receive("eth1", gratuitousArp({ mac: A.mac, ip: `192.168.100.${second}` }));
      lab.driver.sent.length = 0;
      const times: number[] = [];
      for (let at = 1; at <= 75; at++) {
        lab.clock.advance(1_000);
        if (questions().some((question) => question.includes(`.${second} `))) times.push(at);
      }
      expect(times[0]).toBe(second);
    }
  });

  it("a MAC whose host is not asked ages, and takes its bindings along", async () => {
    await lab.apply(oneDomain(", ageing: 100, liveness: { interval: 0 }"));
    lab.receive("eth1", gratuitousArp(A));
    lab.clock.advance(102_000);
    expect(lab.fdb()).toEqual([]);
    expect(lab.bindings()).toEqual([]);
  });

  it("a host is asked before its MAC ages, however short that is", async () => {
    await lab.apply(oneDomain(", ageing: 20"));
    lab.receive("eth1", gratuitousArp(A));
    lab.driver.sent.length = 0;
    expect(questionTimes(15)[0]).toBe(10);
    lab.clock.advance(30_000);
    expect(lab.bindings()).toEqual([]);
    expect(lab.fdb()).toEqual([]);
  });

  it("bindings go with the port of their MAC, and follow it to another port", async () => {
    await lab.apply(oneDomain(""));
    lab.receive("eth1", gratuitousArp(A));
    lab.receive("eth2", gratuitousArp({ mac: B.mac, ip: "192.168.100.11" }));
    lab.send("eth2", BROADCAST, A.mac);
    expect(lab.bindings()).toHaveLength(2);
    lab.topology.near.ip("link set heth2 down");
    await vi.waitFor(() => expect(lab.bindings()).toEqual([]), PATIENCE);
    expect(told("binding_withdrawn").map(({ why }) => why)).toEqual(Array(2).fill("its MAC has gone"));
  });

  it("S64: an address that moves too often is frozen with an alarm, until the time is over", async () => {
    await lab.apply(twoSubnets.replace("bridgeDomain: blue", "bridgeDomain: red"));
    const claim = (host: Host) => lab.receive(host === A ? "eth1" : "eth2", gratuitousArp(host));
    for (const host of [A, B, A, B, A]) claim(host);
    expect(told("duplicate_address")).toEqual([]);
    claim(B);
    expect(told("duplicate_address")).toEqual([
      { kind: "duplicate_address", bridgeDomain: "red", ip: A.ip, mac: B.mac, moves: 5, seconds: 180 },
    ]);
    expect(lab.control.problems()).toContain(
      `IP address ${A.ip} in bridge domain red is claimed by several hosts, and frozen`,
    );
    claim(A);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${B.mac}`]);
    expect(told("binding_refused")).toHaveLength(1);
    for (let minute = 0; minute < 10; minute++) {
      lab.clock.advance(60_000);
      claim(B);
    }
    expect(told("duplicate_address_cleared")).toHaveLength(1);
    claim(A);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
    expect(told("binding_moved")).toHaveLength(6);
  });

  it("moves that are far apart are no fight, and a freeze can be cleared by hand", async () => {
    await lab.apply(twoSubnets.replace("bridgeDomain: blue", "bridgeDomain: red"));
    const claim = (host: Host) => lab.receive(host === A ? "eth1" : "eth2", gratuitousArp(host));
    for (let move = 0; move < 12; move++) {
      claim(move % 2 === 0 ? A : B);
      lab.clock.advance(46_000);
    }
    expect(told("duplicate_address")).toEqual([]);
    for (const host of [A, B, A, B, A, B]) claim(host);
    expect(told("duplicate_address")).toHaveLength(1);
    expect(lab.control.neighbors.clearDuplicates(() => true)).toBe(1);
    const claims = lab.bindings()[0]!.endsWith(B.mac) ? A : B;
    claim(claims);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${claims.mac}`]);
  });

  it("a frozen address whose host goes and comes is frozen still", async () => {
    await lab.apply(twoSubnets.replace("bridgeDomain: blue", "bridgeDomain: red"));
    const claim = (host: Host) => lab.receive(host === A ? "eth1" : "eth2", gratuitousArp(host));
    for (const host of [A, B, A, B, A, B]) claim(host);
    lab.clock.advance(80_000);
    expect(lab.bindings()).toEqual([]);
    claim(A);
    claim(B);
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
  });

  it("no more bindings of a domain are learned than its limit, and no port takes what others are assured", async () => {
    await lab.apply(oneDomain(", maxBindings: 3"));
    const claim = (name: string, { mac }: Host, host: number) =>
      lab.receive(name, gratuitousArp({ mac, ip: `10.9.0.${host}` }));
    const limit = { kind: "binding_limit", bridgeDomain: "red", limit: 3 };
    for (const host of [1, 2, 3]) claim("eth1", A, host);
    expect(lab.bindings()).toHaveLength(2);
    expect(told("binding_limit")).toEqual([{ ...limit, port: "eth1" }]);
    for (const host of [4, 5]) claim("eth2", B, host);
    expect(lab.bindings()).toHaveLength(3);
    expect(told("binding_limit").slice(1)).toEqual([limit]);
    claim("eth1", A, 1);
    expect(told("binding_limit")).toHaveLength(2);
  });

  it("a host that goes to another port counts there", async () => {
    await lab.apply(oneDomain(", maxBindings: 4"));
    const claim = (name: string, mac: string, host: number) =>
      lab.receive(name, gratuitousArp({ mac, ip: `10.9.0.${host}` }));
    for (const host of [1, 2]) claim("eth1", A.mac, host);
    for (const host of [1, 2]) claim("eth2", A.mac, host);
    for (const host of [3, 4, 5]) claim("eth1", B.mac, host);
    expect(lab.bindings()).toHaveLength(4);
    expect(told("binding_limit")).toHaveLength(1);
  });

  it("static bindings stay, are asked for where their MAC is here, and are refused to others", async () => {
    const neighbor = `{ bridgeDomain: red, ip: ${A.ip}, mac: "${A.mac}" }`;
    const text = twoSubnets.replace("bridgeDomain: blue", "bridgeDomain: red");
    await lab.apply(`${text}control: { static: { neighbors: [${neighbor}] } }\n`);
    const index = [...lab.tables.neighbors.entries()][0]!.index;
    expect(lab.tables.neighbors.flagsAt(index)).toBe(NeighborFlag.STATIC);
    expect(lab.control.neighbors.factsOf(index).state).toBe("permanent");
    lab.receive("eth2", gratuitousArp(B));
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
    expect(questionTimes(120)).toEqual([]);
    lab.send("eth1", BROADCAST, A.mac);
    lab.driver.sent.length = 0;
    expect(questionTimes(61).length).toBeGreaterThan(0);
    lab.clock.advance(10_000);
    expect(lab.control.neighbors.factsOf(index).state).toBe("silent");
    expect(lab.bindings()).toEqual([`red ${A.ip} ${A.mac}`]);
    lab.clock.advance(300_000);
    expect(lab.fdb()).toEqual([]);
    await lab.apply(text);
    expect(lab.bindings()).toEqual([]);
  });

  it("a packet for a host whose binding was withdrawn finds it again", async () => {
    await lab.apply(twoSubnets);
    const blue: Host = { mac: "02:00:00:00:00:0c", ip: "192.168.200.20" };
    lab.receive("eth1", gratuitousArp(A));
    lab.receive("eth2", gratuitousArp(blue));
    lab.clock.advance(80_000);
    expect(lab.bindings()).toEqual([]);
    lab.driver.sent.length = 0;
    lab.receive("eth1", packet(A, GATEWAY, blue.ip, 1));
    expect(questions("eth2")).toEqual([`ARP ${blue.ip} for 192.168.200.1 at ${GATEWAY}, to ${BROADCAST}`]);
  });
});
