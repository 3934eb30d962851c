/**
 * A whole control layer against a real kernel, with the memory driver and a clock that the test moves.
 *
 *   near: up0, up1 (underlay, see ../underlay/topology.ts)   eth1, eth2 (access, veth pairs within the namespace)
 */
import { parseConfig } from "../../../src/config/load.js";
import type { Clock } from "../../../src/control/clock.js";
import { formatMapped } from "../../../src/control/mapped_address.js";
import { intentFromConfig } from "../../../src/control/static/from_config.js";
import { VtepControl } from "../../../src/control/vtep_control.js";
import { MemoryDriver } from "../../../src/dataplane/memory/driver.js";
import { Tables } from "../../../src/tables/tables.js";
import { formatMac } from "../../../src/wire/ethernet.js";
import { Topology } from "../underlay/topology.js";

/** Timers fire when the test says that their time has come. */
export class FakeClock implements Clock {
  private nowMs = 1_000_000;
  private readonly timers = new Set<{ at: number; callback: () => void }>();

  tick(): number {
    return Math.floor(this.nowMs / 100);
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.nowMs + ms, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Runs what is due on the way, in order. */
  advance(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const [next] = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.timers.delete(next);
      this.nowMs = next.at;
      next.callback();
    }
    this.nowMs = end;
  }
}

export class ControlLab {
  readonly topology = new Topology();
  readonly tables = new Tables();
  readonly clock = new FakeClock();
  readonly events: string[] = [];
  /** With the objects that they name. */
  readonly told: Record<string, unknown>[] = [];
  readonly driver = new MemoryDriver(this.tables, {
    onRefusal: ({ port, sourceLo }) => this.control.ports.limitHit(port, sourceLo.toString(16)),
    onDiscovery: () => {},
    onBinding: (decision) => this.control.neighbors.onBinding(decision),
    onHold: (decision, bytes, offset, length) => this.control.neighbors.onHold(decision, bytes, offset, length),
  });
  control!: VtepControl;
  /** What control draws for jitter; 0.5 is none. */
  random = 0.5;

  async open(): Promise<void> {
    for (const name of ["eth1", "eth2"]) {
      this.topology.near.ip(
        `link add ${name} type veth peer name h${name}`,
        `link set ${name} up`,
        `link set h${name} up`,
      );
    }
    const client = this.topology.near.open();
    const links = await this.topology.near.links(client);
    const events = (kind: string, objects: object) => {
      this.events.push(kind);
      this.told.push({ kind, ...objects });
    };
    const { tables, driver, clock } = this;
    const random = () => this.random;
    this.control = new VtepControl({ tables, driver, client, links, clock, events, random });
  }

  apply(yaml: string): Promise<void> {
    const loaded = parseConfig(yaml, "test.yaml");
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return this.control.apply(intentFromConfig(loaded.config));
  }

  slot(name: string): number {
    return this.control.attachments.get(name)!.slot;
  }

  /** Access port by interface and VLAN. */
  port(name: string, vlan = 0): number {
    return this.tables.interfaces.portByVlan[this.slot(name)]![vlan]!;
  }

  /** An untagged frame of 60 bytes. */
  send(name: string, destination: string, source: string): void {
    const bytes = (mac: string) => mac.split(":").map((part) => Number.parseInt(part, 16));
    const frame = new Uint8Array(60);
    frame.set([...bytes(destination), ...bytes(source), 0x88, 0xb5]);
    this.receive(name, frame);
  }

  receive(name: string, frame: Uint8Array): void {
    this.driver.receive(this.slot(name), frame, this.clock.tick());
  }

  /** Frames that left by an access port since the last call. */
  sentTo(name: string): Uint8Array[] {
    const port = this.port(name);
    const sent = this.driver.sent.filter(({ to, target }) => to === "port" && target === port);
    this.driver.sent.length = 0;
    return sent.map(({ bytes }) => bytes);
  }

  /** "red 192.168.1.2 02:…:0a", sorted. */
  bindings(): string[] {
    const rows = Array.from(this.tables.neighbors.entries(), ({ bd, address, hi, lo }) => {
      return `${this.control.domains.nameOf(bd)} ${formatMapped(address)} ${formatMac(hi, lo)}`;
    });
    return rows.sort();
  }

  drops(reason: number): number {
    const counted = this.tables.counters.drops().filter((drop) => drop.reason === reason);
    return counted.reduce((sum, { packets }) => sum + packets, 0);
  }

  /** "red 02:…:01 local eth1", sorted. */
  fdb(): string[] {
    const rows: string[] = [];
    this.tables.fdb.forEach(({ bd, hi, lo, kind, target }) => {
      const mac = `${hi.toString(16)}:${(lo >>> 0).toString(16)}`;
      const place = ["", `port ${target}`, `vtep ${this.control.vteps.addressOf(target)}`, "held"][kind];
      rows.push(`${this.control.domains.nameOf(bd)} ${mac} ${place}`);
    });
    return rows.sort();
  }

  close(): void {
    this.control?.close();
    this.topology.remove();
  }
}
