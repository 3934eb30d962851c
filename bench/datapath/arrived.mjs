// Looks at what arrives, byte by byte, before anything is measured: the sink tells frames apart by length and mark only,
// which says nothing of a TTL, a checksum, or whose MAC addresses a frame bears.
import { Capture } from "../../dist/lab/capture.js";
import { Watch } from "../../dist/lab/watch.js";
import { Generator } from "./generator.mjs";
import { FLOWS, MARK, shapesOf } from "./traffic.mjs";

const ARRIVAL_MS = 10_000;
const PATIENCE_MS = 200;
const SINK = "sink";
const PORT_BYTES = 2;
/** Of the outer header, what each data path may choose: IP ID with fragment bits, checksum, source port. */
const OUTER_CHOICES = [
  [18, 4],
  [24, 2],
  [34, 2],
];

const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** The bytes that have to be the same in every flow; the others as zero. */
function fixedBytes(bytes, { innerPortAt, outerPortAt, outerChoices = [], share }) {
  const fixed = Buffer.from(bytes);
  const free = [...(outerPortAt ? [...OUTER_CHOICES, ...outerChoices] : []), ...placesOf(share)];
  for (const [at, count] of free) fixed.fill(0, at, at + count);
  return fixed.fill(0, innerPortAt, innerPortAt + PORT_BYTES);
}

const NUMBER_BYTES = 4;
const GROUP_BYTES = 2;

/** Where a frame bears the number that was drawn for it, and what follows from that. */
function placesOf(share) {
  if (share === undefined) return [];
  const { numberAt, groupAt } = share;
  return [[numberAt, NUMBER_BYTES], ...(groupAt === undefined ? [] : [[groupAt, GROUP_BYTES]])];
}

/** Each number belongs to one VTEP or VNI. */
function bearsItsShare(bytes, { share }) {
  if (share === undefined) return true;
  const { numbers, groups, numberAt, groupAt, firstGroup } = share;
  const number = bytes.readUInt32BE(numberAt);
  if (number >= numbers) return false;
  return groupAt === undefined || bytes.readUInt16BE(groupAt) === firstGroup + Math.floor((number * groups) / numbers);
}

const isOurs =
  ({ frame, markAt }) =>
  (bytes) =>
    bytes.length === frame.length && bytes.readUInt32LE(markAt) === MARK;

/** What is wrong with the first frame that is wrong, or with all of them together. */
export function problemOf(captured, expected) {
  return shapesOf(expected)
    .map((shape) => problemOfShape(captured, shape))
    .find((problem) => problem !== undefined);
}

function problemOfShape(captured, expected) {
  const ours = captured.filter(isOurs(expected));
  if (ours.length === 0) return `no frame arrived as it should, of ${captured.length}${firstOf(captured)}`;
  const wanted = fixedBytes(expected.frame, expected);
  const isRight = (bytes) => fixedBytes(bytes, expected).equals(wanted) && bearsItsShare(bytes, expected);
  const wrong = ours.find((bytes) => !isRight(bytes));
  if (wrong === undefined) return undefined;
  return `a frame arrived that is not as it should be:\n  ${hex(wrong)}, not\n  ${hex(expected.frame)}`;
}

const firstOf = ([first]) => (first === undefined ? "" : `; the first was\n  ${hex(first)}`);

/** One of each shape. Again and again: the first may have to wait for a neighbour. */
async function untilOneArrives(generator, watch, isOne, frames) {
  const one = (seen) => isOne.every((is) => seen.get(SINK).some(is));
  for (const end = Date.now() + ARRIVAL_MS; !one(watch.frames) && Date.now() < end; ) {
    generator.start(frames);
    await generator.finish();
    await watch.until(one, PATIENCE_MS);
  }
}

/** Sends each flow once (of what is copied, fewer) from `source` and throws unless they arrive at `target` like `expected`. */
export async function verifyArrival({ source, target, traffic, expected, cpu, copies, batchFrames }) {
  const watch = new Watch();
  const generator = new Generator({ ...source, traffic, cpu, batchFrames });
  try {
    watch.add(SINK, await Capture.start(target.namespace, target.interfaceName, watch.notify));
    await untilOneArrives(generator, watch, shapesOf(expected).map(isOurs), Math.ceil(FLOWS / copies));
  } finally {
    generator.close();
    await watch.stop();
  }
  const problem = problemOf(watch.frames.get(SINK), expected);
  if (problem !== undefined) throw new Error(problem);
}
