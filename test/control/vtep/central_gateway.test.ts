import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arriving } from "../../corpus/lab.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { arp, gratuitousArp, type Host, packet, questionOf } from "./host_frames.js";
import { ControlLab } from "./lab.js";
import { GATEWAY } from "./routed.js";

const RED: Host = { mac: "02:00:00:00:00:0a", ip: "192.168.100.10" };
/** Behind a VTEP that only bridges. */
const BLUE: Host = { mac: "02:00:00:00:00:0b", ip: "192.168.200.20" };
const BLUE_VNI = 200;
/** Outer Ethernet, IPv4, UDP and VXLAN; what the kernel is to route has no Ethernet header. */
const OUTER_BYTES = 50;
const OUTER_IP_BYTES = 36;

const central = (isCentral: boolean): string => `
vtep: { address: 10.255.0.1, underlay: [up0, up1] }
vrfs: [{ name: tenant, irb: asymmetric }]
bridgeDomains:
  - { name: red, vni: 100, vrf: tenant, gateway: { mac: "${GATEWAY}", addresses: [192.168.100.1/24], central: ${isCentral} } }
  - name: blue
    vni: ${BLUE_VNI}
    vrf: tenant
    gateway: { mac: "${GATEWAY}", addresses: [192.168.200.1/24], central: ${isCentral} }
ports: [{ interface: eth1, bridgeDomain: red }]
control:
  static:
    vteps: [{ address: 10.255.0.2, bridgeDomains: [red, blue] }]
    fdb: [{ bridgeDomain: blue, mac: "${BLUE.mac}", vtep: 10.255.0.2 }]
`;

describe.skipIf(unavailable !== null)(titled("a central gateway, whose hosts are behind other VTEPs"), () => {
  let lab: ControlLab;

  beforeEach(async () => {
    lab = new ControlLab();
    await lab.open();
    lab.topology.near.ip("route add 10.255.0.2/32 via 10.0.0.2");
  });

  afterEach(() => {
    lab.close();
  });

  /** Inner frames that left by a tunnel since the last call. */
  function tunnelled(): Uint8Array[] {
    const sent = lab.driver.sent.filter(({ to }) => to !== "port");
    lab.driver.sent.length = 0;
    return sent.map(({ to, bytes }) => bytes.subarray(to === "kernel" ? OUTER_IP_BYTES : OUTER_BYTES));
  }

  const speak = (frame: Uint8Array) => lab.receive("up0", arriving(frame, { vni: BLUE_VNI }));
  const reply = () => arp(2, BLUE, GATEWAY, "192.168.200.1");
  const isData = (frame: Uint8Array) => frame[12] === 0x08 && frame[13] === 0x00 && frame[23] === 17;

  it("O15: a host that was never heard of is asked for through the tunnel, and what waited is delivered there", async () => {
    await lab.apply(central(true));
    lab.receive("eth1", gratuitousArp(RED));
    tunnelled();
    lab.receive("eth1", packet(RED, GATEWAY, BLUE.ip, 1));
    expect(tunnelled().map(questionOf)).toEqual([
      `ARP ${BLUE.ip} for 192.168.200.1 at ${GATEWAY}, to ff:ff:ff:ff:ff:ff`,
    ]);
    speak(reply());
    expect(tunnelled().filter(isData)).toHaveLength(1);
    expect(lab.bindings()).toEqual([`blue ${BLUE.ip} ${BLUE.mac}`, `red ${RED.ip} ${RED.mac}`]);
  });

  it("it is asked whether it is still there, through the tunnel, and forgotten when it does not answer", async () => {
    await lab.apply(central(true));
    speak(gratuitousArp(BLUE));
    tunnelled();
    lab.clock.advance(60_500);
    expect(tunnelled().map(questionOf)).toEqual([`ARP ${BLUE.ip} for 192.168.200.1 at ${GATEWAY}, to ${BLUE.mac}`]);
    speak(reply());
    lab.clock.advance(30_000);
    expect(lab.bindings()).toHaveLength(1);
    lab.clock.advance(60_000);
    expect(lab.bindings()).toEqual([]);
  });

  it("an anycast gateway leaves all that to the host's own VTEP, also after a reload", async () => {
    await lab.apply(central(true));
    await lab.apply(central(false));
    speak(gratuitousArp(BLUE));
    speak(reply());
    expect(lab.bindings()).toEqual([]);
  });
});
