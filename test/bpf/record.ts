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

function withMaps<T>(object: BpfObject, use: (maps: TestMaps) => T): T {
  const [record, made, copy] = ["vtep1_test", "vtep1_test_made", "vtep1_test_copy"].map((name) => object.map(name));
  try {
    return use({ record: record!, made: made!, copy: copy! });
  } finally {
    for (const map of [record, made, copy]) map!.close();
  }
}

/** Before each run. */
export function forgetClones(object: BpfObject): void {
  withMaps(object, ({ made }) => made.update(encodeIndex(0), encodeIndex(0)));
}

/** All that was sent, clones first; `data` is what the run returned: the last of them. */
export function sentCopies(object: BpfObject, data: Uint8Array): readonly SentCopy[] {
  return withMaps(object, ({ record, made, copy }) => {
    const count = viewOf(made.lookup(encodeIndex(0))!).getUint32(0, true);
    const clones = Array.from({ length: count }, (_, at) => cloneOf(copy.lookup(encodeIndex(at))!));
    return [...clones, leaving(record.lookup(encodeIndex(0))!, data)];
  });
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
