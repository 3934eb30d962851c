// Access ports: attached, forwarding, down or err-disabled. What a port that stops forwarding leaves behind
// (MACs that must not be flooded for a while) is decided here; who may speak on it is the engine's.

import { FdbFlag, FdbKind, Limit, PortFlag } from "../../abi/generated.js";
import type { FdbEntry } from "../../tables/fdb.js";
import { macKey, type PortSettings, Violation } from "../../tables/port.js";
import type { Tables } from "../../tables/tables.js";
import type { Attachments } from "../attachments.js";
import type { BridgeDomainControl } from "../bridge_domains.js";
import type { Clock } from "../clock.js";
import { differenceOf } from "../difference.js";
import type { EventSink } from "../events.js";
import { Identities } from "../identity.js";
import { type PortIntent, portName } from "../intent.js";
import { type Delivery, deliveryOf } from "./delivery.js";

export type PortState = "forwarding" | "err-disabled" | "down";

interface Port {
  readonly id: number;
  intent: PortIntent;
  errDisabled: boolean;
  /** Violations that shut it since the config last changed it. */
  shutdowns: number;
  cancelRecovery: (() => void) | undefined;
}

export class AccessPorts {
  private readonly ids = new Identities("access port", Limit.MAX_PORTS);
  private readonly ports = new Map<string, Port>();
  private intents: ReadonlyMap<string, PortIntent> = new Map();

  constructor(
    private readonly tables: Tables,
    private readonly attachments: Attachments,
    private readonly domains: BridgeDomainControl,
    private readonly clock: Clock,
    private readonly events: EventSink,
  ) {}

  /** Ports by table index, for views. */
  *all(): IterableIterator<{
    readonly id: number;
    readonly intent: PortIntent;
    readonly state: PortState;
    readonly stateReason: string;
    readonly delivery: Delivery;
  }> {
    for (const { id, intent, errDisabled } of this.ports.values()) {
      const attachment = this.attachments.get(intent.interface);
      const delivery = deliveryOf(intent, attachment);
      const forwarding = this.isForwarding(intent, errDisabled);
      const why = attachment?.problem || delivery.refused || (attachment?.link?.isLive ? "" : "no carrier");
      yield {
        id,
        intent,
        delivery,
        state: errDisabled ? "err-disabled" : forwarding ? "forwarding" : "down",
        stateReason: errDisabled ? "MAC limit violated" : forwarding ? "" : why,
      };
    }
  }

  intentOf(port: number): PortIntent | undefined {
    const name = this.ids.nameOf(port);
    return name === undefined ? undefined : this.ports.get(name)?.intent;
  }

  reconcile(intents: ReadonlyMap<string, PortIntent>): void {
    const { removed, added, changed } = differenceOf(this.intents, intents);
    this.intents = intents;
    for (const intent of removed) this.remove(intent);
    for (const { before, after } of changed) this.change(before, after);
    for (const intent of added) this.add(intent);
    this.refreshFlood(new Set([...this.domains.all()].map(({ name }) => name)));
  }

  /** Settings that come from the domain (learning) may have changed under unchanged ports. */
  rewriteAll(): void {
    for (const port of this.ports.values()) this.write(port);
  }

  /** An interface was attached, detached, or changed its carrier. */
  interfaceChanged(name: string): void {
    const touched = new Set<string>();
    for (const port of this.ports.values()) {
      if (port.intent.interface !== name) continue;
      this.refreshState(port);
      touched.add(port.intent.bridgeDomain);
    }
    this.refreshFlood(touched);
  }

  /** A source beyond the limit: SPEC: interface.md, ports[].security.violation. */
  limitHit(portId: number, mac: string): void {
    const port = this.ports.get(this.ids.nameOf(portId) ?? "");
    if (port === undefined || port.errDisabled || port.intent.violation === Violation.PROTECT) return;
    const objects = { port: portName(port.intent.interface, port.intent.vlan), mac, limit: port.intent.maxMacs };
    this.events("mac_limit", objects);
    if (port.intent.violation === Violation.SHUTDOWN) this.shutDown(port);
  }

  /** Ends err-disabled by hand. False where there is no such port. */
  enable(interfaceName: string, vlan: number): boolean {
    const port = this.ports.get(portName(interfaceName, vlan));
    if (port === undefined) return false;
    if (port.errDisabled) this.recover(port);
    return true;
  }

  close(): void {
    for (const port of this.ports.values()) port.cancelRecovery?.();
  }

  private add(intent: PortIntent): void {
    const name = portName(intent.interface, intent.vlan);
    const port: Port = {
      id: this.ids.acquire(name),
      intent,
      errDisabled: false,
      shutdowns: 0,
      cancelRecovery: undefined,
    };
    this.ports.set(name, port);
    this.write(port);
    this.attach(port, port.id);
    this.writeStaticMacs(port);
  }

  private change(before: PortIntent, after: PortIntent): void {
    const port = this.ports.get(portName(before.interface, before.vlan))!;
    const moved = before.bridgeDomain !== after.bridgeDomain;
    // Whom a changed policy would refuse must not stay admitted.
    if (moved || before.maxMacs !== after.maxMacs || before.allow.length + after.allow.length > 0)
      this.flush(port, false);
    this.deleteStaticMacs(port);
    this.lead(before, 0);
    port.intent = after;
    port.shutdowns = 0;
    if (port.errDisabled) this.recover(port);
    this.write(port);
    this.attach(port, port.id);
    if (before.sticky !== after.sticky) this.writeStickiness(port);
    this.writeStaticMacs(port);
  }

  private remove(intent: PortIntent): void {
    const name = portName(intent.interface, intent.vlan);
    const port = this.ports.get(name)!;
    port.cancelRecovery?.();
    this.attach(port, 0);
    this.lead(intent, 0);
    this.deleteStaticMacs(port);
    this.flush(port, false);
    this.tables.ports.clear(port.id);
    this.tables.counters.ports.clear(port.id);
    this.ports.delete(name);
    this.ids.release(name);
  }

  private attach(port: Port, id: number): void {
    const attachment = this.attachments.get(port.intent.interface);
    if (attachment !== undefined) this.tables.interfaces.attach(attachment.slot, port.intent.vlan, id);
  }

  /** The domain's host stack is reached by it, or by none. */
  private lead({ isHostStack, bridgeDomain }: PortIntent, id: number): void {
    if (isHostStack) this.tables.bridgeDomains.setHostPort(this.domains.idOf(bridgeDomain), id);
  }

  private write(port: Port): void {
    this.lead(port.intent, port.id);
    const before = this.tables.ports.flags[port.id]!;
    this.tables.ports.set(port.id, this.settingsOf(port));
    const isOther = ((before ^ this.tables.ports.flags[port.id]!) & PortFlag.ENABLED) !== 0;
    // Static MACs stay with a port that is down, but who announces them must hear of it.
    if (isOther) this.writeStaticMacs(port);
  }

  private settingsOf({ intent, errDisabled }: Port): PortSettings {
    const attachment = this.attachments.get(intent.interface);
    const learning = !intent.isHostStack && this.domains.intentOf(intent.bridgeDomain)?.learning === true;
    const secured = intent.maxMacs !== 0 || intent.allow.length !== 0;
    const flags =
      (this.isForwarding(intent, errDisabled) ? PortFlag.ENABLED : 0) |
      (learning ? PortFlag.LEARNING : 0) |
      (intent.isolated ? PortFlag.ISOLATED : 0) |
      (deliveryOf(intent, attachment).way === "peer" ? PortFlag.TO_PEER : 0) |
      (secured ? PortFlag.SECURED : 0);
    return {
      slot: attachment?.slot ?? 0,
      vlan: intent.vlan,
      bd: this.domains.idOf(intent.bridgeDomain),
      flags,
      macLimit: intent.maxMacs,
      violation: intent.violation,
      learnFlags: intent.sticky ? FdbFlag.STICKY : 0,
      allow: intent.allow.length === 0 ? undefined : new Set(intent.allow.map(({ hi, lo }) => macKey(hi, lo))),
      stormRates: intent.stormRates,
    };
  }

  private isForwarding(intent: PortIntent, errDisabled: boolean): boolean {
    const { refused } = deliveryOf(intent, this.attachments.get(intent.interface));
    return !errDisabled && refused === "" && this.attachments.isLive(intent.interface);
  }

  private refreshState(port: Port): void {
    const was = (this.tables.ports.flags[port.id]! & PortFlag.ENABLED) !== 0;
    const is = this.isForwarding(port.intent, port.errDisabled);
    // The interface may be new under the same name: its slot knows no ports yet.
    this.write(port);
    this.attach(port, port.id);
    if (was === is) return;
    const name = portName(port.intent.interface, port.intent.vlan);
    this.events(is ? "port_up" : "port_down", { port: name, bridgeDomain: port.intent.bridgeDomain });
    if (!is) this.flush(port, true);
  }

  private shutDown(port: Port): void {
    port.errDisabled = true;
    port.shutdowns += 1;
    this.events("port_err_disabled", {
      port: portName(port.intent.interface, port.intent.vlan),
      times: port.shutdowns,
    });
    this.write(port);
    this.flush(port, true);
    this.refreshFlood(new Set([port.intent.bridgeDomain]));
    const seconds = port.intent.recoverySeconds;
    if (seconds > 0) port.cancelRecovery = this.clock.after(seconds * 1000, () => this.recover(port));
  }

  private recover(port: Port): void {
    port.cancelRecovery?.();
    port.cancelRecovery = undefined;
    port.errDisabled = false;
    this.events("port_recovered", { port: portName(port.intent.interface, port.intent.vlan) });
    this.refreshState(port);
    this.refreshFlood(new Set([port.intent.bridgeDomain]));
  }

  private writeStaticMacs({ id, intent }: Port): void {
    const flags = FdbFlag.STATIC | (intent.sticky ? FdbFlag.STICKY : 0);
    const bd = this.domains.idOf(intent.bridgeDomain);
    for (const { hi, lo } of intent.staticMacs)
      this.tables.fdb.set(bd, hi, lo, FdbKind.LOCAL, id, flags, this.clock.tick());
  }

  private deleteStaticMacs({ intent }: Port): void {
    const bd = this.domains.idOf(intent.bridgeDomain);
    for (const { hi, lo } of intent.staticMacs) this.tables.fdb.delete(bd, hi, lo);
  }

  /** Those that were learned before the policy changed follow it. */
  private writeStickiness(port: Port): void {
    const flags = port.intent.sticky ? FdbFlag.STICKY : 0;
    for (const { bd, hi, lo, seenTick } of this.learnedAt(port))
      this.tables.fdb.set(bd, hi, lo, FdbKind.LOCAL, port.id, flags, seenTick);
  }

  private learnedAt({ id }: Port): FdbEntry[] {
    const learned: FdbEntry[] = [];
    this.tables.fdb.forEach((entry) => {
      const isHere = entry.kind === FdbKind.LOCAL && entry.target === id;
      if (isHere && (entry.flags & FdbFlag.STATIC) === 0) learned.push(entry);
    });
    return learned;
  }

  /** Forgets the dynamic MACs of a port; `hold` keeps frames to them from being flooded (interface.md, unknownUnicastHold). */
  private flush(port: Port, hold: boolean): void {
    const { fdb, bridgeDomains } = this.tables;
    for (const { bd, hi, lo } of this.learnedAt(port)) {
      if (hold && bridgeDomains.holdTicks[bd] !== 0) fdb.set(bd, hi, lo, FdbKind.HELD, 0, 0, this.clock.tick());
      else fdb.delete(bd, hi, lo);
    }
  }

  private refreshFlood(names: ReadonlySet<string>): void {
    for (const name of names) {
      const members = [...this.ports.values()].filter(({ intent, errDisabled }) => {
        return intent.bridgeDomain === name && this.isForwarding(intent, errDisabled);
      });
      const bd = this.domains.idOf(name);
      if (bd !== 0)
        this.tables.bridgeDomains.setFloodPorts(
          bd,
          members.map(({ id }) => id),
        );
    }
  }
}
