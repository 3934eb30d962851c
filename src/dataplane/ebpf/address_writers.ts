// Hosts and prefixes of the VRFs to the kernel.

import { HostKeyLayout, PrefixKeyLayout } from "../../abi/generated.js";
import type { BpfMap } from "../../native/index.js";
import type { HostKey, PrefixKey } from "../../tables/delta.js";
import type { Tables } from "../../tables/tables.js";
import { BatchWriter, type RefusedEntry } from "./batch_writer.js";
import type { Problems } from "./problems.js";
import { readPrefixLength, writeHost, writeHostKey, writePrefixKey } from "./routing_maps.js";

const LITTLE = true;
const ADDRESS_BYTES = 16;
const MAPPED_BITS = 96;

export class HostWriter {
  private readonly batch: BatchWriter;
  private readonly waiting: HostKey[] = [];

  constructor(
    map: BpfMap,
    private readonly tables: Tables,
    problems: Problems,
    written: () => void,
  ) {
    const refused: RefusedEntry = (error, keys, at) => {
      const scope = keys.getUint32(at + HostKeyLayout.vrf, LITTLE);
      const address = addressAt(keys, at + HostKeyLayout.address);
      problems.add(`host ${scope} ${textOf(address)}`, map, error, () => this.waiting.push({ scope, address }));
    };
    this.batch = new BatchWriter(map, refused, written);
  }

  /** What waits stays in the deltas. */
  writeDeltas(): void {
    const { hosts } = this.tables.deltas;
    for (const { scope, address } of hosts.splice(0)) this.bring(scope, address);
    this.batch.flush();
    for (const host of this.waiting.splice(0)) hosts.push(host);
  }

  private bring(vrf: number, address: Uint8Array): void {
    const { batch, tables } = this;
    const host = tables.hosts.findAddress(vrf, address);
    if (host === 0) {
      writeHostKey(batch.goneKeys, batch.goneKeyAt, vrf, address);
      batch.remove();
    } else {
      writeHostKey(batch.keys, batch.keyAt, vrf, address);
      writeHost(batch.values, batch.valueAt, tables, host);
      batch.put();
    }
  }
}

export class PrefixWriter {
  private readonly batch: BatchWriter;
  private readonly waiting: PrefixKey[] = [];

  constructor(
    map: BpfMap,
    private readonly tables: Tables,
    problems: Problems,
    written: () => void,
  ) {
    const refused: RefusedEntry = (error, keys, at) => {
      const vrf = keys.getUint32(at + PrefixKeyLayout.vrf, LITTLE);
      const address = addressAt(keys, at + PrefixKeyLayout.address);
      const length = readPrefixLength(keys, at);
      const bits = isMapped(address) && length >= MAPPED_BITS ? length - MAPPED_BITS : length;
      const retry = () => this.waiting.push({ vrf, address, length });
      problems.add(`prefix ${vrf} ${textOf(address)}/${bits}`, map, error, retry);
    };
    this.batch = new BatchWriter(map, refused, written);
  }

  /** What waits stays in the deltas. */
  writeDeltas(): void {
    const { prefixes } = this.tables.deltas;
    for (const prefix of prefixes.splice(0)) this.bring(prefix);
    this.batch.flush();
    for (const prefix of this.waiting.splice(0)) prefixes.push(prefix);
  }

  private bring({ vrf, address, length }: PrefixKey): void {
    const { batch, tables } = this;
    const route = tables.prefixes.find(vrf, address, length);
    if (route === 0) {
      writePrefixKey(batch.goneKeys, batch.goneKeyAt, vrf, address, length);
      batch.remove();
    } else {
      writePrefixKey(batch.keys, batch.keyAt, vrf, address, length);
      batch.values.setUint32(batch.valueAt, route, LITTLE);
      batch.put();
    }
  }
}

function addressAt(keys: DataView, at: number): Uint8Array {
  return new Uint8Array(keys.buffer).slice(at, at + ADDRESS_BYTES);
}

function isMapped(address: Uint8Array): boolean {
  return address.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
}

function textOf(address: Uint8Array): string {
  if (isMapped(address)) return address.subarray(12).join(".");
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return Array.from({ length: 8 }, (_, group) => view.getUint16(group * 2).toString(16)).join(":");
}
