// Our own Ethernet segments in the tables: which access ports are attached, whether this VTEP brings flooded frames
// there, and whose flooded frames it does not bring (RFC 7432 §8.5, RFC 8365 §8.3.1). What is not known forwards nothing:
// a frame too few is asked for again, one too many goes round.

import { isDeepStrictEqual } from "node:util";
import { Limit } from "../../../abi/generated.js";
import type { Tables } from "../../../tables/tables.js";
import { VtepError } from "../../../wire/error.js";
import type { EventSink } from "../../events.js";
import type { RemoteVteps } from "../../remote/vteps.js";
import type { OwnSegment } from "./shown.js";

/** An access interface that the data path holds. */
export interface AccessInterface {
  readonly name: string;
  readonly slot: number;
  /** Only these can be segments to zebra. */
  readonly isBond: boolean;
}

interface Held {
  readonly id: number;
  shown: OwnSegment;
  peers: readonly number[];
}

export interface OwnSegmentParts {
  readonly tables: Tables;
  readonly vteps: Pick<RemoteVteps, "holdAddress" | "letGo" | "segments">;
  readonly interfaces: () => Iterable<AccessInterface>;
  readonly events: EventSink;
}

/** Of bonds while zebra has not said what they are. */
const UNTOLD: OwnSegment = { esi: "untold", interface: "", isDesignated: false, peers: [] };
const UNKNOWN = "what tunnels flood is withheld until zebra has said whether it is an Ethernet segment";

function undesignated(shown: OwnSegment): OwnSegment {
  return shown.isDesignated ? { ...shown, isDesignated: false } : shown;
}

export class OwnSegments {
  private readonly held = new Map<string, Held>();
  private readonly bySlot = new Uint16Array(Limit.MAX_INTERFACES);
  private readonly refused = new Map<string, string>();
  private isTold = false;

  constructor(private readonly parts: OwnSegmentParts) {
    this.hold(UNTOLD);
  }

  get all(): Iterable<OwnSegment> {
    return [...this.held.values()].map(({ shown }) => shown).filter((shown) => shown !== UNTOLD);
  }

  /** zebra's answer. `isAll`: what is not in it is no segment. */
  take(shown: readonly OwnSegment[], isAll: boolean): void {
    this.isTold ||= isAll;
    const wanted = new Map(shown.map((one) => [one.esi, one]));
    for (const [esi, held] of this.held) {
      if (wanted.has(esi)) continue;
      if (isAll) this.drop(esi, held);
      else this.update(held, undesignated(held.shown));
    }
    for (const one of wanted.values()) {
      const held = this.held.get(one.esi);
      if (held === undefined) this.hold(one);
      else if (!isDeepStrictEqual(held.shown, one)) this.update(held, one);
    }
    this.follow();
  }

  /** zebra has been gone for too long to know who forwards now. */
  distrust(): void {
    for (const held of this.held.values()) this.update(held, undesignated(held.shown));
  }

  /** Ports come and go with the config and the kernel. To be called before the data path follows the tables. */
  follow(): void {
    this.bySlot.fill(0);
    const ids = new Map(Array.from(this.held.values(), ({ id, shown }) => [shown.interface, id]));
    const untold = this.held.get(UNTOLD.esi)?.id ?? 0;
    for (const { name, slot, isBond } of this.parts.interfaces())
      this.bySlot[slot] = ids.get(name) ?? (isBond && !this.isTold ? untold : 0);
    const { ports } = this.parts.tables;
    for (let port = 1; port < Limit.MAX_PORTS; port++) ports.setSegment(port, this.bySlot[ports.slot[port]!]!);
  }

  /** Number in the tables of the segment that an interface is; 0 = none. */
  idOf(interfaceName: string): number {
    for (const { id, shown } of this.held.values()) if (shown.interface === interfaceName) return id;
    return 0;
  }

  /** A port of the domain that is on the interface; 0 = none. */
  portOf(interfaceName: string, bd: number): number {
    const segment = this.idOf(interfaceName);
    const { ports } = this.parts.tables;
    if (segment === 0) return 0;
    for (let port = 1; port < Limit.MAX_PORTS; port++)
      if (ports.segment[port] === segment && ports.bd[port] === bd) return port;
    return 0;
  }

  problems(): string[] {
    const bonds = this.isTold ? [] : [...this.parts.interfaces()].filter(({ isBond }) => isBond);
    const untold = bonds.filter(({ name }) => this.idOf(name) === 0).map(({ name }) => `${name}: ${UNKNOWN}`);
    return [...untold, ...Array.from(this.refused, ([esi, why]) => `Ethernet segment ${esi}: ${why}`)];
  }

  /** All ports are ports like any other. */
  forget(): void {
    for (const [esi, held] of this.held) this.drop(esi, held);
    this.isTold = true;
    this.follow();
  }

  private hold(shown: OwnSegment): void {
    try {
      const held = { id: this.parts.vteps.segments.hold(`own ${shown.esi}`), shown: UNTOLD, peers: [] };
      this.held.set(shown.esi, held);
      this.refused.delete(shown.esi);
      this.update(held, shown);
    } catch (error) {
      if (!(error instanceof VtepError)) throw error;
      this.refused.set(shown.esi, error.message);
    }
  }

  private update(held: Held, shown: OwnSegment): void {
    const { tables, vteps, events } = this.parts;
    const before = held.peers;
    held.peers = shown.peers.map((address) => vteps.holdAddress(address)).filter((vtep) => vtep !== 0);
    for (const vtep of before) vteps.letGo(vtep);
    tables.segments.setOwn(held.id, shown.isDesignated, new Set(held.peers));
    const isOther = held.shown.isDesignated !== shown.isDesignated || held.shown === UNTOLD;
    held.shown = shown;
    if (!isOther || shown === UNTOLD) return;
    const { esi, interface: name, isDesignated } = shown;
    events(isDesignated ? "segment_designated" : "segment_not_designated", { segment: esi, interface: name });
  }

  private drop(esi: string, { id, peers }: Held): void {
    this.held.delete(esi);
    this.refused.delete(esi);
    for (const vtep of peers) this.parts.vteps.letGo(vtep);
    this.parts.tables.segments.setOwn(id, false, new Set());
    this.parts.vteps.segments.letGo(id);
  }
}
