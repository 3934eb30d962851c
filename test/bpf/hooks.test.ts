// How the driver takes interfaces and gives them back.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Drop, FdbKind, PortFlag, Punt } from "../../src/abi/generated.js";
import type { HookKind, InterfacePlan } from "../../src/dataplane/driver.js";
import { EbpfDriver } from "../../src/dataplane/ebpf/driver.js";
import { VtepError } from "../../src/wire/error.js";
import { arpRequest, HostSocket } from "../dataplane/host_socket.js";
import { type LinkFacts, mayMakeNamespaces, Namespaces, until, within } from "../dataplane/namespaces.js";
import { VtepTables } from "../dataplane/vtep_tables.js";
import { loadedPrograms, shareProgramsAmongTests } from "./loaded.js";

shareProgramsAmongTests();

const live = it.skipIf(!mayMakeNamespaces());

describe("interfaces of the eBPF driver (root)", () => {
  const net = new Namespaces();
  const drivers: EbpfDriver[] = [];
  let link: LinkFacts;

  beforeEach(async () => {
    if (!mayMakeNamespaces()) return;
    await net.add("v", "h");
    await net.veth("v", "ac0", "h", "eth0");
    link = await net.link("v", "ac0");
  });

  afterEach(async () => {
    for (const driver of drivers.splice(0)) within(net.path("v"), () => driver.close());
    await net.remove();
  });

  function open(shared = true): { driver: EbpfDriver; tables: VtepTables } {
    const tables = new VtepTables("10.0.0.1");
    tables.bridgeDomain(1, 100);
    tables.port(tables.access(link), 0, 1);
    const programs = shared ? loadedPrograms() : undefined;
    const driver = within(net.path("v"), () => new EbpfDriver({ tables: tables.tables, programs }));
    drivers.push(driver);
    return { driver, tables };
  }

  function take(driver: EbpfDriver, hook: "auto" | HookKind, from: Partial<InterfacePlan> = {}) {
    const plan = { slot: 1, ...link, role: "access", hook, kind: "veth", mtuBytes: 1500, ...from } as const;
    return within(net.path("v"), () => driver.openInterface(plan));
  }

  /** What is attached; a bpftool of 2023 does not know TCX, so only XDP is looked for. */
  const programs = async (): Promise<string> => net.exec("v", "bpftool", "net", "list");
  const links = async (): Promise<string> => net.exec("v", "ip", "-o", "link");

  live("auto puts a veth on tc, and says why", () => {
    const opened = take(open().driver, "auto");
    expect(opened.hook).toBe("tc");
    expect(opened.reason).toContain("veth");
  });

  live("auto puts a device with native XDP on XDP", () => {
    expect(take(open().driver, "auto", { kind: "" }).hook).toBe("xdp");
  });

  live("auto is content with tc where the driver has no XDP", async () => {
    await net.ip("v", "link add br9 type bridge", "link set br9 up");
    const bridge = await net.link("v", "br9");
    const opened = take(open().driver, "auto", { ...bridge, kind: "" });
    expect(opened.hook).toBe("tc");
    expect(opened.reason).toContain("no native XDP");
  });

  live("refuses XDP that cannot be had, with nothing attached", async () => {
    await net.ip("v", "link add br9 type bridge", "link set br9 up");
    const bridge = await net.link("v", "br9");
    const { driver } = open();
    expect(() => take(driver, "xdp", { ...bridge, kind: "bridge" })).toThrow(VtepError);
    expect(await programs()).not.toMatch(/ac0|br9/);
  });

  live("leaves another's XDP program where it is", async () => {
    expect(take(open().driver, "xdp").hook).toBe("xdp");
    const second = take(open().driver, "xdp");
    expect(second.hook).toBe("tc");
    expect(second.reason).toContain("another XDP program");
  });

  live("gives an interface back, and takes it again", async () => {
    const { driver } = open();
    take(driver, "xdp");
    expect(await programs()).toContain("ac0");
    driver.closeInterface(1);
    expect(await programs()).not.toMatch(/ac0|br9/);
    expect(take(driver, "tc").hook).toBe("tc");
  });

  live("leaves nothing behind of what it loads", async () => {
    const { driver } = open(false);
    take(driver, "xdp");
    expect(await links()).toContain("vtepd-punt");
    driver.close();
    expect(await links()).not.toContain("vtepd-punt");
    expect(await programs()).not.toMatch(/ac0|br9/);
  });

  live("a network card behind a port lets every address through", async () => {
    const { driver } = open();
    const promiscuity = async (): Promise<number> =>
      JSON.parse(await net.exec("v", "ip", "-j", "-d", "link", "show", "ac0"))[0].promiscuity;
    take(driver, "auto");
    expect(await promiscuity()).toBe(1);
    driver.closeInterface(1);
    expect(await promiscuity()).toBe(0);
    take(driver, "auto", { role: "uplink" });
    expect(await promiscuity()).toBe(0);
  });

  live("two VTEPs in one namespace have a punt device each", async () => {
    open();
    open();
    expect(await links()).toMatch(/vtepd-punt:[\s\S]*vtepd-punt1:/);
  });

  live("learns, stamps what it hears, and tells of it", async () => {
    const { driver, tables } = open();
    take(driver, "auto");
    const { fdb } = tables.tables;
    const host = new HostSocket(net.path("h"), (await net.link("h", "eth0")).ifindex);
    try {
      host.send(arpRequest(0));
      await until(() => fdb.count === 1);
      const [hi, lo] = [0x0200, 0x000000aa];
      fdb.set(1, hi, lo, FdbKind.LOCAL, 1, 0, 5);
      driver.apply(tables.tables);
      host.send(arpRequest(0));
      let seen = 0;
      const ask = () =>
        driver.readSeen(Int32Array.of((1 << 16) | hi, lo), 1, (_, tick) => {
          seen = tick;
        });
      await until(() => {
        ask();
        return seen > 5;
      });
    } finally {
      host.close();
    }
  });

  live("sends frames of the VTEP's own", async () => {
    const { driver } = open();
    const host = new HostSocket(net.path("h"), (await net.link("h", "eth0")).ifindex);
    try {
      driver.inject(1, arpRequest(0));
      await until(() => host.receive(arpRequest(0)));
    } finally {
      host.close();
    }
  });

  live("counts what the engine was too busy to take", async () => {
    const { driver } = open();
    take(driver, "userspace");
    const host = new HostSocket(net.path("h"), (await net.link("h", "eth0")).ifindex);
    try {
      const overrun = () => driver.readCounters().drops.filter(({ reason }) => reason === Drop.RECEIVE_OVERRUN);
      // The engine is this thread, which does nothing but send.
      for (let sent = 0; sent < 50 && overrun().length === 0; sent++) host.flood(arpRequest(0), 1000);
      expect(overrun()).toHaveLength(1);
    } finally {
      host.close();
    }
  });

  live("a flood of strangers is held at the rate of its class, and counted", async () => {
    const { driver, tables } = open();
    take(driver, "auto");
    // Nobody is admitted, so that everybody stays a stranger.
    tables.tables.ports.setFlag(1, PortFlag.LEARNING, false);
    tables.tables.ports.setFlag(1, PortFlag.SECURED, true);
    driver.apply(tables.tables);
    const host = new HostSocket(net.path("h"), (await net.link("h", "eth0")).ifindex);
    try {
      const refused = (): number => {
        const limited = driver.readCounters().drops.filter(({ reason }) => reason === Drop.PUNT_RATE_LIMITED);
        expect(limited.every(({ slot }) => slot === 1)).toBe(true);
        return limited.reduce((total, { packets }) => total + packets, 0);
      };
      await until(() => {
        host.flood(arpRequest(0), 1000);
        return refused() > 0;
      });
      expect(driver.readCounters().punts[Punt.LEARN]).toBeGreaterThan(0);
    } finally {
      host.close();
    }
  });
});
