// The flood lists of bridge domains as parts in a hash. A member keeps its place for as long as it is in the list, and
// one that goes leaves a hole for the next to come: a change of one is a write of one part, which the kernel swaps
// whole, so that no frame meets a member twice.

import { FloodKeyLayout, FloodLayout, FloodPart, Limit } from "../../abi/generated.js";
import type { BpfMap } from "../../native/index.js";
import type { Tables } from "../../tables/tables.js";
import { mapValue } from "./maps.js";
import type { Problems } from "./problems.js";

const LITTLE = true;
const NOBODY = 0;

/** How many parts the lists of a domain have in the map; 0 where the engine is to flood. */
export interface FloodParts {
  readonly ports: number;
  readonly vteps: number;
}

const ENGINE: FloodParts = { ports: 0, vteps: 0 };

/** Local ports, or VTEPs, of one domain. */
class FloodList {
  private readonly members: number[] = [];
  private readonly placeOf = new Map<number, number>();
  private readonly holes: number[] = [];
  /** Parts that differ from the map. An empty list has one too, so that it can be told from none. */
  private readonly unwritten = new Set([0]);
  /** Parts that are in the map, or may be. */
  private present = 0;

  get parts(): number {
    return Math.max(1, Math.ceil(this.members.length / Limit.FLOOD_MEMBERS));
  }

  become(wanted: ReadonlySet<number>): void {
    for (const member of [...this.placeOf.keys()]) if (!wanted.has(member)) this.leave(member);
    for (const member of wanted) if (!this.placeOf.has(member)) this.enter(member);
    this.shorten();
  }

  /** False where a part could not be written: it stays unwritten. */
  write(put: (part: number, members: readonly number[]) => boolean): boolean {
    for (const part of this.unwritten) {
      const from = part * Limit.FLOOD_MEMBERS;
      if (part >= this.parts || put(part, this.members.slice(from, from + Limit.FLOOD_MEMBERS)))
        this.unwritten.delete(part);
      this.present = Math.max(this.present, part + 1);
    }
    return this.unwritten.size === 0;
  }

  /** Parts that nobody reads any more. */
  trim(remove: (part: number) => void): void {
    for (; this.present > this.parts; this.present--) remove(this.present - 1);
  }

  private enter(member: number): void {
    const place = this.holes.pop() ?? this.members.length;
    this.put(place, member);
    this.placeOf.set(member, place);
  }

  private leave(member: number): void {
    const place = this.placeOf.get(member)!;
    this.put(place, NOBODY);
    this.placeOf.delete(member);
    this.holes.push(place);
  }

  private put(place: number, member: number): void {
    this.members[place] = member;
    this.unwritten.add(Math.floor(place / Limit.FLOOD_MEMBERS));
  }

  /** Holes at the end are no places. */
  private shorten(): void {
    let end = this.members.length;
    while (end > 0 && this.members[end - 1] === NOBODY) end--;
    if (end === this.members.length) return;
    this.members.length = end;
    const kept = this.holes.filter((hole) => hole < end);
    this.holes.splice(0, this.holes.length, ...kept);
  }
}

interface Domain {
  readonly ports: FloodList;
  readonly vteps: FloodList;
  parts: FloodParts;
}

export class FloodLists {
  private readonly domains = new Map<number, Domain>();

  constructor(
    private readonly map: BpfMap,
    private readonly tables: Tables,
    private readonly problems: Problems,
  ) {}

  partsOf(bd: number): FloodParts {
    return this.domains.get(bd)?.parts ?? ENGINE;
  }

  /**
   * The domain's lists as the tables have them. Returns whether its entry has to be written anew, before `trim`. Calls
   * `retry` where there was no room: until there is, the engine floods.
   */
  bring(bd: number, retry: () => void): boolean {
    const { floodPorts, floodVteps } = this.tables.bridgeDomains;
    const domain = this.domainOf(bd);
    const { ports, vteps, parts: former } = domain;
    ports.become(new Set(floodPorts[bd]));
    vteps.become(new Set(floodVteps[bd]));
    const put = (first: number) => (part: number, members: readonly number[]) =>
      this.put(bd, first + part, members, retry);
    const portsWritten = ports.write(put(0));
    const written = vteps.write(put(FloodPart.FIRST_VTEP)) && portsWritten;
    domain.parts = written ? { ports: ports.parts, vteps: vteps.parts } : ENGINE;
    return domain.parts.ports !== former.ports || domain.parts.vteps !== former.vteps;
  }

  trim(bd: number): void {
    const { ports, vteps } = this.domainOf(bd);
    ports.trim((part) => this.map.delete(keyOf(bd, part)));
    vteps.trim((part) => this.map.delete(keyOf(bd, FloodPart.FIRST_VTEP + part)));
  }

  private domainOf(bd: number): Domain {
    const domain = this.domains.get(bd) ?? { ports: new FloodList(), vteps: new FloodList(), parts: ENGINE };
    this.domains.set(bd, domain);
    return domain;
  }

  private put(bd: number, part: number, members: readonly number[], retry: () => void): boolean {
    const item = `flood list ${bd}`;
    return this.problems.attempt(item, this.map, () => this.map.update(keyOf(bd, part), encodePart(members)), retry);
  }
}

function keyOf(bd: number, part: number): Uint8Array {
  return mapValue(FloodKeyLayout.sizeBytes, (view) => {
    view.setUint16(FloodKeyLayout.bd, bd, LITTLE);
    view.setUint16(FloodKeyLayout.part, part, LITTLE);
  });
}

function encodePart(members: readonly number[]): Uint8Array {
  return mapValue(FloodLayout.sizeBytes, (view) => {
    members.forEach((member, at) => {
      view.setUint16(FloodLayout.member + at * 2, member, LITTLE);
    });
  });
}
