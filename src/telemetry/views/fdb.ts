// The forwarding database as views. It may hold a million entries, so it is never built as one list: the keys are
// copied and sorted at once, each view is made when it is asked for.

import { FdbFlag, FdbKind, Limit } from "../../abi/generated.js";
import type { FdbEntry } from "../../tables/fdb.js";
import type { Tables } from "../../tables/tables.js";
import type { VtepNames } from "../names.js";
import { addressText, canonicalAddress, macText, macWords } from "../text.js";
import type { FdbView, Origin } from "../view_types.js";

const TICKS_PER_SECOND = 1e9 / Limit.TICK_NS;
const NOT_FOUND = -1;

/** What is not given matches everything. */
export interface FdbSelection {
  readonly bridgeDomain?: string;
  readonly vni?: number;
  readonly mac?: string;
  readonly interface?: string;
  /** 0 = untagged. */
  readonly vlan?: number;
  readonly vtep?: string;
  readonly where?: "local" | "remote";
  readonly origin?: Origin;
}

/**
 * Entries by domain and MAC. Each is read when it is yielded, so the table may change between two: what has gone by
 * then is left out, what has come since is not seen.
 */
export function* fdbViews(
  tables: Tables,
  names: VtepNames,
  nowTick: number,
  selection: FdbSelection = {},
): Generator<FdbView, void, undefined> {
  const matches = matcherOf(tables, names, selection);
  // By the address, not by the VTEP's number, which may be given to another meanwhile.
  const addressOf = remembered(textOf);
  const keys = sortedKeys(tables, matches);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    const w0 = Number(key >> 32n);
    const slot = tables.fdb.find(w0 >>> 16, w0 & 0xffff, Number(BigInt.asIntN(32, key)));
    if (slot === NOT_FOUND) continue;
    const entry = tables.fdb.entryAt(slot);
    if (matches(entry)) yield fdbView(tables, names, nowTick, entry, addressOf);
  }
}

/** Keys as single integers, because only those a typed array sorts without calling back: 100 000 in 10 ms. */
function sortedKeys(tables: Tables, matches: (entry: FdbEntry) => boolean): BigUint64Array {
  const keys = new BigUint64Array(tables.fdb.count);
  const words = new Uint32Array(keys.buffer);
  const low = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;
  let count = 0;
  tables.fdb.forEach((entry) => {
    if (!matches(entry)) return;
    words[count * 2 + low] = entry.lo;
    words[count * 2 + 1 - low] = entry.bd * 0x10000 + entry.hi;
    count += 1;
  });
  return keys.subarray(0, count).sort();
}

function fdbView(
  tables: Tables,
  names: VtepNames,
  nowTick: number,
  { bd, hi, lo, kind, flags, target, seenTick }: FdbEntry,
  addressOf: (address: Uint8Array | undefined) => string,
): FdbView {
  const remote = kind === FdbKind.REMOTE || kind === FdbKind.SEGMENT;
  const vteps = kind === FdbKind.SEGMENT ? vtepsOf(tables, target, addressOf) : null;
  const onPort = kind === FdbKind.LOCAL;
  const origin = originOf(flags);
  return {
    bridgeDomain: names.bridgeDomain(bd),
    vni: tables.bridgeDomains.vni[bd] || null,
    mac: macText(hi, lo),
    where: remote ? "remote" : "local",
    interface: onPort ? names.interface(tables.ports.slot[target]!) || null : null,
    vlan: (onPort && tables.ports.vlan[target]) || null,
    vtep: kind === FdbKind.REMOTE ? addressOf(tables.vteps.address[target]) : (vteps?.[0] ?? null),
    vteps,
    origin,
    sticky: (flags & FdbFlag.STICKY) !== 0,
    held: kind === FdbKind.HELD,
    idleSeconds: remote && origin !== "learned" ? null : idleSeconds(nowTick, seenTick),
  };
}

/** Those behind which an Ethernet segment is. */
function vtepsOf(
  tables: Tables,
  segment: number,
  addressOf: (address: Uint8Array | undefined) => string,
): readonly string[] {
  const vteps = new Set(tables.segments.bucketsOf(segment));
  vteps.delete(0);
  return [...vteps].map((vtep) => addressOf(tables.vteps.address[vtep]));
}

function originOf(flags: number): Origin {
  if ((flags & FdbFlag.STATIC) !== 0) return "static";
  return (flags & FdbFlag.EVPN) !== 0 ? "evpn" : "learned";
}

/** Ticks wrap round; a frame may also have come after `nowTick` was read. */
function idleSeconds(nowTick: number, seenTick: number): number {
  return Math.max(0, (nowTick - seenTick) | 0) / TICKS_PER_SECOND;
}

/** The selection in numbers, so that a million entries are compared without making a text of any. */
function matcherOf(tables: Tables, names: VtepNames, selection: FdbSelection): (entry: FdbEntry) => boolean {
  const tests: ((entry: FdbEntry) => boolean)[] = [];
  const { bridgeDomain, vni, mac, interface: interfaceName, vlan, vtep, where, origin } = selection;
  if (mac !== undefined) {
    const words = macWords(mac);
    tests.push(({ hi, lo }) => words !== undefined && hi === words.hi && lo === words.lo);
  }
  if (bridgeDomain !== undefined) {
    const isAsked = remembered((bd: number) => names.bridgeDomain(bd) === bridgeDomain);
    tests.push(({ bd }) => isAsked(bd));
  }
  if (vni !== undefined) tests.push(({ bd }) => tables.bridgeDomains.vni[bd] === vni);
  if (interfaceName !== undefined) {
    const isAsked = remembered((port: number) => names.interface(tables.ports.slot[port]!) === interfaceName);
    tests.push(({ kind, target }) => kind === FdbKind.LOCAL && isAsked(target));
  }
  if (vlan !== undefined)
    tests.push(({ kind, target }) => kind === FdbKind.LOCAL && tables.ports.vlan[target] === vlan);
  if (vtep !== undefined) {
    const asked = canonicalAddress(vtep);
    const isAsked = remembered((remote: number) => textOf(tables.vteps.address[remote]) === asked);
    const leadsThere = ({ kind, target }: FdbEntry): boolean =>
      kind === FdbKind.SEGMENT
        ? tables.segments.bucketsOf(target).some(isAsked)
        : kind === FdbKind.REMOTE && isAsked(target);
    tests.push(leadsThere);
  }
  if (where !== undefined) {
    const isRemote = (kind: number): boolean => kind === FdbKind.REMOTE || kind === FdbKind.SEGMENT;
    tests.push(({ kind }) => isRemote(kind) === (where === "remote"));
  }
  if (origin !== undefined) tests.push(({ flags }) => originOf(flags) === origin);
  return (entry) => tests.every((test) => test(entry));
}

function textOf(address: Uint8Array | undefined): string {
  return address === undefined ? "" : addressText(address);
}

function remembered<K, V extends {}>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}
