import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FdbKind, PortFlag } from "../../../src/abi/generated.js";
import { titled, unavailable } from "../netlink/kernel.js";
import { ControlLab } from "./lab.js";

const PATIENCE = { timeout: 20_000, interval: 10 };
const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";
const C = "02:00:00:00:00:0c";

function config(parts: { red?: string; ports?: string; control?: string } = {}): string {
  return `
vtep: { address: 10.255.0.1, underlay: [up0, up1] }
bridgeDomains:
  - { name: red, vni: 100${parts.red ?? ""} }
  - { name: blue, vni: 200 }
ports:
${parts.ports ?? "  - { interface: eth1, bridgeDomain: red }\n  - { interface: eth2, bridgeDomain: red }"}
control:
  static:
${parts.control ?? "    vteps: [{ address: 10.255.0.2, bridgeDomains: [red] }]\n    fdb: [{ bridgeDomain: red, mac: 02:00:00:00:00:22, vtep: 10.255.0.2 }]"}
`;
}

describe.skipIf(unavailable !== null)(titled("control with a real kernel and the memory driver"), () => {
  let lab: ControlLab;

  beforeEach(async () => {
    lab = new ControlLab();
    await lab.open();
    lab.topology.near.ip("route add 10.255.0.2/32 via 10.0.0.2");
  });

  afterEach(() => {
    lab.close();
  });

  function portFlags(name: string): number {
    return lab.tables.ports.flags[lab.port(name)]!;
  }

  it("makes ports, domains, VTEPs and static MACs of the config", async () => {
    await lab.apply(config());
    const red = lab.control.domains.idOf("red");
    const vtep = lab.control.vteps.idOf("10.255.0.2");
    expect(lab.tables.bridgeDomains.byVni(100)).toBe(red);
    expect([...lab.tables.bridgeDomains.floodPorts[red]!]).toEqual([lab.port("eth1"), lab.port("eth2")]);
    expect([...lab.tables.bridgeDomains.floodVteps[red]!]).toEqual([vtep]);
    expect(lab.fdb()).toEqual(["red 200:22 vtep 10.255.0.2"]);
    await vi.waitFor(
      () => expect(lab.tables.groups.adjacencyOf(lab.tables.vteps.group[vtep]!, 7)).not.toBe(0),
      PATIENCE,
    );
    expect(lab.control.problems()).toEqual([]);
  });

  it("applied twice changes nothing", async () => {
    await lab.apply(config());
    await vi.waitFor(() => expect(lab.control.problems()).toEqual([]), PATIENCE);
    lab.send("eth1", B, A);
    lab.tables.deltas.clear();
    const before = lab.fdb();
    await lab.apply(config());
    expect(lab.fdb()).toEqual(before);
    expect(lab.tables.deltas.fdb.count).toBe(0);
  });

  it("a changed port loses no MAC of another, and a removed domain takes its MACs along", async () => {
    await lab.apply(config());
    lab.send("eth1", B, A);
    lab.send("eth2", A, B);
    await lab.apply(
      config({ ports: "  - { interface: eth1, bridgeDomain: red }\n  - { interface: eth2, bridgeDomain: blue }" }),
    );
    expect(lab.fdb()).toEqual([`red 200:22 vtep 10.255.0.2`, `red 200:a port ${lab.port("eth1")}`]);
    await lab.apply(`
vtep: { address: 10.255.0.1, underlay: [up0] }
bridgeDomains: [{ name: blue, vni: 100 }]
ports: [{ interface: eth2, bridgeDomain: blue }]
`);
    expect(lab.fdb()).toEqual([]);
    expect(lab.tables.bridgeDomains.byVni(100)).toBe(lab.control.domains.idOf("blue"));
    expect(lab.tables.bridgeDomains.byVni(200)).toBe(0);
  });

  it("two domains swap their VNIs in one reload", async () => {
    await lab.apply(config());
    await lab.apply(
      config().replace("vni: 100", "vni: 1").replace("vni: 200", "vni: 100").replace("vni: 1 ", "vni: 200 "),
    );
    expect(lab.tables.bridgeDomains.byVni(100)).toBe(lab.control.domains.idOf("blue"));
    expect(lab.tables.bridgeDomains.byVni(200)).toBe(lab.control.domains.idOf("red"));
  });

  it("N25: holds the MACs of a port that went down, and ends the hold by time or by the MAC's return", async () => {
    await lab.apply(config());
    lab.send("eth1", C, A);
    lab.send("eth1", C, B);
    lab.topology.near.ip("link set heth1 down");
    await vi.waitFor(() => expect(portFlags("eth1") & PortFlag.ENABLED).toBe(0), PATIENCE);
    expect(lab.fdb()).toEqual(["red 200:22 vtep 10.255.0.2", "red 200:a held", "red 200:b held"]);
    lab.send("eth2", C, B);
    expect(lab.fdb()[2]).toBe(`red 200:b port ${lab.port("eth2")}`);
    lab.clock.advance(39_000);
    expect(lab.fdb()).toContain("red 200:a held");
    lab.clock.advance(3_000);
    expect(lab.fdb()).not.toContain("red 200:a held");
    lab.topology.near.ip("link set heth1 up");
    await vi.waitFor(() => expect(portFlags("eth1") & PortFlag.ENABLED).toBe(PortFlag.ENABLED), PATIENCE);
  });

  it("learned MACs age, refreshed and static ones stay", async () => {
    await lab.apply(config({ red: ", ageing: 100" }));
    lab.send("eth1", C, A);
    lab.send("eth2", C, B);
    lab.clock.advance(60_000);
    lab.send("eth2", C, B);
    lab.clock.advance(60_000);
    expect(lab.fdb()).toEqual(["red 200:22 vtep 10.255.0.2", `red 200:b port ${lab.port("eth2")}`]);
  });

  it("a full FDB is a problem that is told, with what found no room", async () => {
    await lab.apply(config({}));
    const { fdb } = lab.tables;
    for (let lo = 1; !fdb.full; lo++) fdb.set(1, 0x0210, lo, FdbKind.REMOTE, 1, 0, 0);
    lab.send("eth1", C, A);
    expect(lab.control.problems()).toContain(
      `the FDB is full with ${fdb.capacity} MACs: 1 times another found no room`,
    );
    fdb.delete(1, 0x0210, 1);
    expect(lab.control.problems()).not.toContainEqual(expect.stringContaining("is full"));
  });

  it("N6, N8: a violated MAC limit err-disables the port, flushes it, and it recovers by time", async () => {
    const security = "security: { maxMacs: 1, violation: shutdown, recovery: 30 }";
    await lab.apply(
      config({
        ports: `  - { interface: eth1, bridgeDomain: red, ${security} }\n  - { interface: eth2, bridgeDomain: red }`,
      }),
    );
    lab.send("eth1", C, A);
    lab.send("eth1", C, B);
    expect(portFlags("eth1") & PortFlag.ENABLED).toBe(0);
    expect(lab.fdb()).toContain("red 200:a held");
    expect(lab.events.filter((kind) => kind === "port_err_disabled")).toHaveLength(1);
    expect(lab.control.problems()).toEqual(expect.arrayContaining([expect.stringContaining("eth1 is err-disabled")]));
    lab.clock.advance(30_000);
    expect(portFlags("eth1") & PortFlag.ENABLED).toBe(PortFlag.ENABLED);
    lab.send("eth1", C, B);
    expect(lab.fdb()).toContain(`red 200:b port ${lab.port("eth1")}`);
  });

  it("a missing interface is a reason for degraded, and is taken when it comes", async () => {
    await lab.apply(config({ ports: "  - { interface: eth9, bridgeDomain: red }" }));
    expect(lab.control.problems()).toContain("interface eth9 does not exist");
    lab.topology.near.ip("link add eth9 type veth peer name heth9", "link set eth9 up", "link set heth9 up");
    await vi.waitFor(() => expect(portFlags("eth9") & PortFlag.ENABLED).toBe(PortFlag.ENABLED), PATIENCE);
    lab.topology.near.ip("link del eth9");
    await vi.waitFor(() => expect(lab.control.problems()).toContain("interface eth9 does not exist"), PATIENCE);
  });

  it("ECMP: a lost uplink moves only its own flows, one group write for all VTEPs behind it", async () => {
    const near = lab.topology.near;
    for (const host of [3, 4]) near.ip(`route add 10.255.0.${host}/32 nexthop via 10.0.0.2 nexthop via 10.0.1.2`);
    const vteps =
      "    vteps: [{ address: 10.255.0.3, bridgeDomains: [red] }, { address: 10.255.0.4, bridgeDomains: [red] }]";
    await lab.apply(config({ control: vteps }));
    const group = (address: string) => lab.tables.vteps.group[lab.control.vteps.idOf(address)]!;
    const buckets = () => [...lab.tables.groups.bucketsOf(group("10.255.0.3"))];
    await vi.waitFor(() => expect(new Set(buckets()).size).toBe(2), PATIENCE);
    expect(group("10.255.0.4")).toBe(group("10.255.0.3"));
    const before = buckets();
    near.ip("link set up1 down");
    await vi.waitFor(() => expect(new Set(buckets()).size).toBe(1), PATIENCE);
    const survivor = buckets()[0]!;
    before.forEach((adjacency, bucket) => {
      if (adjacency === survivor) expect(buckets()[bucket]).toBe(survivor);
    });
    expect(lab.control.problems()).toContain("uplink up1 is down");
  });

  it("a VTEP without a route is said, and its frames are dropped as underlay_unresolved", async () => {
    await lab.apply(config({ control: "    vteps: [{ address: 10.255.0.99, bridgeDomains: [red] }]" }));
    await vi.waitFor(() => expect(lab.control.problems()[0]).toMatch(/^VTEP 10\.255\.0\.99: /), PATIENCE);
    expect(lab.tables.vteps.group[lab.control.vteps.idOf("10.255.0.99")]).toBe(0);
  });
});
