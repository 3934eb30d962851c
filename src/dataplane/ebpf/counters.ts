// Reads what the programs counted: every value stands once per CPU and is summed here. Only what the tables
// use is read, so that a small VTEP does not pay for arrays of thousands.

import { DropKeyLayout, Limit, Punt, TrafficLayout } from "../../abi/generated.js";
import type { BpfMap } from "../../native/index.js";
import { Traffic } from "../../tables/counters.js";
import type { Tables } from "../../tables/tables.js";
import type { DriverCounters, DropCounter } from "../driver.js";
import type { Programs } from "./load.js";
import { encodeIndex, MapName } from "./maps.js";

const LITTLE = true;
const TWO_TO_32 = 0x1_0000_0000;

/** All but what the fixers count, which have maps of their own. */
export function readCounters(
  programs: Programs,
  { ports, vteps, bridgeDomains }: Tables,
): Omit<DriverCounters, "fixes"> {
  const map = (name: MapName) => programs.map(name);
  return {
    ports: readTraffic(map(MapName.PORT_COUNTERS), Limit.MAX_PORTS, (port) => ports.bd[port] !== 0),
    vteps: readTraffic(map(MapName.VTEP_COUNTERS), Limit.MAX_VTEPS, (vtep) => vteps.address[vtep] !== undefined),
    bridgeDomains: readTraffic(map(MapName.BD_COUNTERS), Limit.MAX_BDS, (bd) => bridgeDomains.vni[bd] !== 0),
    drops: readDrops(map(MapName.DROPS)),
    punts: readPunts(map(MapName.PUNTS)),
  };
}

/** An index that is given out again must not begin with the counts of its former owner. */
export function clearTraffic(map: BpfMap, index: number): void {
  map.update(encodeIndex(index), new Uint8Array(map.valueSize));
}

function readTraffic(map: BpfMap, entries: number, isUsed: (index: number) => boolean): Float64Array {
  const totals = new Float64Array(entries * Traffic.FIELDS);
  const key = new Uint32Array(1);
  const keyBytes = new Uint8Array(key.buffer);
  const value = new Uint8Array(map.valueSize);
  const words = new Uint32Array(value.buffer);
  for (let index = 1; index < entries; index++) {
    if (!isUsed(index)) continue;
    key[0] = index;
    map.lookup(keyBytes, value);
    addEntry(totals, index * Traffic.FIELDS, words);
  }
  return totals;
}

/** Plain numbers: exact to 2^53, and no BigInt is made for each of some thousand counters. */
function addEntry(totals: Float64Array, at: number, words: Uint32Array): void {
  const wordsPerCpu = TrafficLayout.sizeBytes / 4;
  for (let word = 0; word < words.length; word += 2) {
    totals[at + (word % wordsPerCpu) / 2]! += words[word]! + words[word + 1]! * TWO_TO_32;
  }
}

function readDrops(map: BpfMap): DropCounter[] {
  const { keys, values, count } = map.dump();
  const view = viewOf(keys);
  return Array.from({ length: count }, (_, entry) => {
    const at = entry * DropKeyLayout.sizeBytes;
    return {
      reason: view.getUint16(at + DropKeyLayout.reason, LITTLE),
      slot: view.getUint16(at + DropKeyLayout.slot, LITTLE),
      bd: view.getUint16(at + DropKeyLayout.bd, LITTLE),
      packets: sumOf(values, entry * map.valueSize, map.valueSize),
    };
  });
}

function readPunts(map: BpfMap): number[] {
  return Array.from({ length: Punt.CLASSES }, (_, punt) => {
    const value = map.lookup(encodeIndex(punt));
    return value === undefined ? 0 : sumOf(value, 0, value.length);
  });
}

/** Sum of 64-bit counts. */
function sumOf(values: Uint8Array, at: number, length: number): number {
  const view = viewOf(values);
  let sum = 0;
  for (let cpu = 0; cpu < length; cpu += 8) {
    sum += view.getUint32(at + cpu, LITTLE) + view.getUint32(at + cpu + 4, LITTLE) * TWO_TO_32;
  }
  return sum;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
