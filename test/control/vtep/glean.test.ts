import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Drop } from "../../../src/abi/generated.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { advertisement, arp, gratuitousArp, type Host, macAt, markOf, packet, questionOf } from "./host_frames.js";
import { ControlLab } from "./lab.js";
import { GATEWAY, twoSubnets } from "./routed.js";

const RED: Host = { mac: "02:00:00:00:00:0a", ip: "192.168.100.10" };
const RED6: Host = { mac: RED.mac, ip: "2001:db8:100::10" };
const BLUE: Host = { mac: "02:00:00:00:00:0b", ip: "192.168.200.20" };
const BLUE6: Host = { mac: BLUE.mac, ip: "2001:db8:200::20" };

describe.skipIf(unavailable !== null)(titled("packets for hosts that were never heard of"), () => {
  let lab: ControlLab;

  beforeEach(async () => {
    lab = new ControlLab();
    await lab.open();
    await lab.apply(twoSubnets);
    lab.receive("eth1", gratuitousArp(RED));
    lab.driver.sent.length = 0;
  });

  afterEach(() => {
    lab.close();
  });

  const questions = (name: string) =>
    lab
      .sentTo(name)
      .map(questionOf)
      .filter((question) => question !== undefined);

  it("S55: the host is asked for by ARP from the gateway, and what waited is delivered in order", () => {
    for (const mark of [1, 2, 3]) lab.receive("eth1", packet(RED, GATEWAY, BLUE.ip, mark));
    expect(questions("eth2")).toEqual([`ARP 192.168.200.20 for 192.168.200.1 at ${GATEWAY}, to ff:ff:ff:ff:ff:ff`]);
    lab.receive("eth2", arp(2, BLUE, GATEWAY, "192.168.200.1"));
    const delivered = lab.sentTo("eth2");
    expect(delivered.map(markOf)).toEqual([1, 2, 3]);
    expect(delivered.map((frame) => [macAt(frame, 0), macAt(frame, 6), frame[22]])).toEqual(
      Array(3).fill([BLUE.mac, GATEWAY, 63]),
    );
    lab.receive("eth1", packet(RED, GATEWAY, BLUE.ip, 4));
    expect(lab.sentTo("eth2").map(markOf)).toEqual([4]);
  });

  it("IPv6: by a solicitation to the solicited-node group", () => {
    lab.receive("eth1", packet(RED6, GATEWAY, BLUE6.ip, 7));
    expect(questions("eth2")).toEqual([
      `NS ${BLUE6.ip} for 2001:db8:200::1 at ${GATEWAY}, to 33:33:ff:00:00:20 ff02::1:ff00:20`,
    ]);
    lab.receive("eth2", advertisement(BLUE6, GATEWAY, "2001:db8:200::1"));
    expect(lab.sentTo("eth2").map(markOf)).toEqual([7]);
  });

  it("after three questions without an answer the sender hears that the host is unreachable", () => {
    for (const mark of [1, 2]) lab.receive("eth1", packet(RED, GATEWAY, BLUE.ip, mark));
    lab.clock.advance(2_500);
    expect(questions("eth2")).toHaveLength(3);
    expect(lab.drops(Drop.NO_NEIGHBOR)).toBe(0);
    lab.clock.advance(1_000);
    expect(lab.drops(Drop.NO_NEIGHBOR)).toBe(2);
    const told = lab.sentTo("eth1");
    expect(told.map((frame) => [macAt(frame, 0), frame[34], frame[35]])).toEqual(Array(2).fill([RED.mac, 3, 1]));
    lab.receive("eth2", gratuitousArp(BLUE));
    expect(lab.sentTo("eth2").filter((frame) => frame[23] === 17)).toEqual([]);
  });

  it("few packets wait for one host, and few hosts of a domain are asked for at once", () => {
    for (let mark = 0; mark < 12; mark++) lab.receive("eth1", packet(RED, GATEWAY, BLUE.ip, mark));
    expect(lab.drops(Drop.GLEAN_QUEUE_FULL)).toBe(4);
    lab.receive("eth2", arp(2, BLUE, GATEWAY, "192.168.200.1"));
    expect(
      lab
        .sentTo("eth2")
        .filter((frame) => frame[23] === 17)
        .map(markOf),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (let host = 0; host < 300; host++) {
      lab.receive("eth1", packet(RED6, GATEWAY, `2001:db8:200::1:${host.toString(16)}`, 0));
    }
    expect(lab.drops(Drop.GLEAN_QUEUE_FULL)).toBe(4 + 300 - 256);
    lab.clock.advance(4_000);
    lab.receive("eth1", packet(RED, GATEWAY, "192.168.200.77", 0));
    expect(lab.drops(Drop.GLEAN_QUEUE_FULL)).toBe(48);
  });

  it("a port that scans a subnet leaves room for the others", () => {
    for (let host = 0; host < 400; host++) {
      lab.receive("eth1", packet(RED6, GATEWAY, `2001:db8:200::1:${host.toString(16)}`, 0));
    }
    const refused = lab.drops(Drop.GLEAN_QUEUE_FULL);
    expect(refused).toBeGreaterThan(0);
    lab.driver.sent.length = 0;
    lab.receive("eth2", packet({ mac: BLUE.mac, ip: "192.168.200.21" }, GATEWAY, "192.168.200.99", 0));
    expect(questions("eth2").some((one) => one?.startsWith("ARP 192.168.200.99 "))).toBe(true);
    expect(lab.drops(Drop.GLEAN_QUEUE_FULL)).toBe(refused);
  });

  it("nor do its packets to one host take the room of another port's", () => {
    for (let mark = 0; mark < 20; mark++) lab.receive("eth1", packet(RED, GATEWAY, BLUE.ip, mark));
    const refused = lab.drops(Drop.GLEAN_QUEUE_FULL);
    lab.receive("eth2", packet({ mac: "02:00:00:00:00:0c", ip: "192.168.200.21" }, GATEWAY, BLUE.ip, 77));
    expect(lab.drops(Drop.GLEAN_QUEUE_FULL)).toBe(refused);
  });

  it("a static binding that comes by reload releases what waits", async () => {
    lab.receive("eth1", packet(RED, GATEWAY, BLUE.ip, 5));
    lab.receive("eth2", arp(1, { mac: BLUE.mac, ip: "0.0.0.0" }, "ff:ff:ff:ff:ff:ff", "192.168.200.99"));
    lab.driver.sent.length = 0;
    const neighbor = `{ bridgeDomain: blue, ip: ${BLUE.ip}, mac: "${BLUE.mac}" }`;
    await lab.apply(`${twoSubnets}control: { static: { neighbors: [${neighbor}] } }\n`);
    expect(lab.sentTo("eth2").map(markOf)).toEqual([5]);
  });

  it("a domain that goes gives up what waits for it", async () => {
    lab.receive("eth1", packet(RED, GATEWAY, BLUE.ip, 5));
    await lab.apply(twoSubnets.replace(/^ {2}- \{ name: blue.*\n/m, "").replace(/^.*eth2.*\n/m, ""));
    expect(lab.drops(Drop.NO_ROUTE)).toBe(1);
    lab.clock.advance(5_000);
    expect(lab.drops(Drop.NO_NEIGHBOR)).toBe(0);
  });
});
