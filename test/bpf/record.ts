// What the programs under test write down, because a test run does not show it: where a frame was redirected to, the tag
// beside its bytes, and the copies of a flood. TWIN: bpf/lib/test_record.h.

import { encodeIndex } from "../../src/dataplane/ebpf/maps.js";
import type { BpfMap, BpfObject } from "../../src/native/index.js";

export interface SentCopy {
  readonly ifindex: number;
  /** Tag included. */
  readonly bytes: Uint8Array;
  readonly toPeer: boolean;
}

/** Of struct vtep_test_record. */
const TAG_TYPE_AT = 4;
const TAG_TCI_AT = 6;
const TO_PEER_AT = 8;
const RECORD_BYTES = 12;

interface TestMaps {
  readonly record: BpfMap;
  readonly made: BpfMap;
  readonly copy: BpfMap;
}

/** Opened once: they are asked for thousands of frames. */
const opened = new Map<BpfObject, TestMaps>();

function mapsOf(object: BpfObject): TestMaps {
  const open = (name: string) => object.map(name);
  const maps = opened.get(object) ?? {
    record: open("vtep1_test"),
    made: open("vtep1_test_made"),
    copy: open("vtep1_test_copy"),
  };
  opened.set(object, maps);
  return maps;
}

/** With the objects. */
export function closeRecords(): void {
  for (const maps of opened.values()) for (const map of Object.values(maps)) map.close();
  opened.clear();
}

/** All that was sent, clones first; `data` is what the run returned: the last of them. Clones are forgotten then. */
export function sentCopies(object: BpfObject, data: Uint8Array): readonly SentCopy[] {
  const { record, made, copy } = mapsOf(object);
  const last = leaving(record.lookup(encodeIndex(0))!, data);
  const count = viewOf(made.lookup(encodeIndex(0))!).getUint32(0, true);
  if (count === 0) return [last];
  const clones = Array.from({ length: count }, (_, at) => cloneOf(copy.lookup(encodeIndex(at))!));
  made.update(encodeIndex(0), encodeIndex(0));
  return [...clones, last];
}

function cloneOf(copy: Uint8Array): SentCopy {
  const length = viewOf(copy).getUint32(RECORD_BYTES, true);
  return leaving(copy, copy.slice(RECORD_BYTES + 4, RECORD_BYTES + 4 + length));
}

/** `record`: struct vtep_test_record; `data`: the frame without the tag that is kept beside it. */
function leaving(record: Uint8Array, data: Uint8Array): SentCopy {
  const view = viewOf(record);
  const tagType = view.getUint16(TAG_TYPE_AT, true);
  const bytes = tagType === 0 ? data : insertTag(data, tagType, view.getUint16(TAG_TCI_AT, true));
  return { ifindex: view.getUint32(0, true), bytes, toPeer: view.getUint32(TO_PEER_AT, true) !== 0 };
}

/** As it stands on the wire, where tc keeps it beside the bytes. */
function insertTag(frame: Uint8Array, type: number, tci: number): Uint8Array {
  const tagged = new Uint8Array(frame.length + 4);
  tagged.set(frame.subarray(0, 12));
  tagged.set([type >>> 8, type & 0xff, tci >>> 8, tci & 0xff], 12);
  tagged.set(frame.subarray(12), 16);
  return tagged;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
