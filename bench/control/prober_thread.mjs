// Sends one frame to each probe's MAC, again and again, at a steady pace: on a thread of its own, because nothing else
// may delay it. workerData: { netns, interfaceName, from, numbers, periodMs, stopped }.
import { workerData } from "node:worker_threads";
import {
  DESC_IFINDEX,
  DESC_LENGTH,
  DESC_OFFSET,
  DESC_STRIDE,
  interfaceIndex,
  PacketSocket,
} from "../../dist/native/index.js";
import { numberedMac } from "../bgp/routes.mjs";
import { hostFrame, macFromText, SMALL_FRAME_BYTES } from "../frames.mjs";

const { netns, interfaceName, from, numbers, periodMs, stopped } = workerData;
const SLOT_BYTES = 64;

const ifindex = interfaceIndex(interfaceName, netns);
const pool = new Uint8Array(numbers.length * SLOT_BYTES);
const descriptors = new Int32Array(numbers.length * DESC_STRIDE);
for (const [probe, number] of numbers.entries()) {
  const at = probe * DESC_STRIDE;
  pool.set(hostFrame({ from: macFromText(from), to: numberedMac(number), flow: probe }), probe * SLOT_BYTES);
  descriptors[at + DESC_OFFSET] = probe * SLOT_BYTES;
  descriptors[at + DESC_LENGTH] = SMALL_FRAME_BYTES;
  descriptors[at + DESC_IFINDEX] = ifindex;
}

const isStopped = new Int32Array(stopped);
const socket = new PacketSocket({ ifindex: 0, netns, qdiscBypass: true });
while (Atomics.wait(isStopped, 0, 0, periodMs) === "timed-out") socket.send(descriptors, numbers.length, pool);
socket.close();
