// Reads what the programs counted: every value stands once per CPU and is summed here. Arrays are read
// whole, by batch, so that the cost is a few system calls whatever is in use.

import { DropKeyLayout, Limit, Punt, TrafficLayout } from "../../abi/generated.js";
import type { BpfMap } from "../../native/index.js";
import { Traffic } from "../../tables/counters.js";
import type { DriverCounters, DropCounter } from "../driver.js";
import type { Programs } from "./load.js";
import { encodeIndex, MapName } from "./maps.js";

const LITTLE = true;
const TWO_TO_32 = 0x1_0000_0000;

export function readCounters(programs: Programs): DriverCounters {
  return {
    ports: readTraffic(programs.map(MapName.PORT_COUNTERS), Limit.MAX_PORTS),
    vteps: readTraffic(programs.map(MapName.VTEP_COUNTERS), Limit.MAX_VTEPS),
    bridgeDomains: readTraffic(programs.map(MapName.BD_COUNTERS), Limit.MAX_BDS),
    drops: readDrops(programs.map(MapName.DROPS)),
    punts: readPunts(programs.map(MapName.PUNTS)),
  };
}

/** An index that is given out again must not begin with the counts of its former owner. */
export function clearTraffic(map: BpfMap, index: number): void {
  map.update(encodeIndex(index), new Uint8Array(map.valueSize));
}

function readTraffic(map: BpfMap, entries: number): Float64Array {
  const totals = new Float64Array(entries * Traffic.FIELDS);
  const { keys, values, count } = map.dump();
  const keyView = viewOf(keys);
  const counts = wordsOf(values);
  const wordsPerEntry = map.valueSize / 4;
  for (let entry = 0; entry < count; entry++) {
    const index = keyView.getUint32(entry * 4, LITTLE);
    addEntry(totals, index * Traffic.FIELDS, counts, entry * wordsPerEntry, wordsPerEntry);
  }
  return totals;
}

/** Plain numbers: exact to 2^53, and no BigInt is made for each of some ten thousand counters. */
function addEntry(totals: Float64Array, at: number, words: Uint32Array, from: number, count: number): void {
  const wordsPerCpu = TrafficLayout.sizeBytes / 4;
  for (let word = 0; word < count; word += 2) {
    const amount = words[from + word]! + words[from + word + 1]! * TWO_TO_32;
    if (amount !== 0) totals[at + (word % wordsPerCpu) / 2]! += amount;
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

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
}
