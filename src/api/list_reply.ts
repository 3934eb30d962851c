// Lists as answers. A forwarding database has up to a million entries, and the thread that answers also moves frames:
// entries are made, written and forgotten in slices, with a turn of the event loop between two.

import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";

const SLICE_MS = 5;
const CHUNK_CHARACTERS = 64 * 1024;

/** One entry a line, so that the answer is JSON and can be searched by line too. */
export async function* jsonArrayChunks(items: Iterable<object>): AsyncGenerator<string, void, undefined> {
  let chunk = "[";
  let separator = "\n";
  let sliceEnd = performance.now() + SLICE_MS;
  for (const item of items) {
    chunk += separator + JSON.stringify(item);
    separator = ",\n";
    if (chunk.length < CHUNK_CHARACTERS && performance.now() < sliceEnd) continue;
    yield chunk;
    chunk = "";
    await nextTurn();
    sliceEnd = performance.now() + SLICE_MS;
  }
  yield `${chunk}${separator === "\n" ? "" : "\n"}]\n`;
}

/** Settles when the client has it all, or has gone. */
export async function replyWithList(response: ServerResponse, items: Iterable<object>): Promise<void> {
  response.setHeader("content-type", "application/json; charset=utf-8");
  try {
    await pipeline(jsonArrayChunks(items), response);
  } catch (error) {
    if (!response.destroyed || !isDisconnect(error)) throw error;
  }
}

function isDisconnect(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "EPIPE" || code === "ECONNRESET";
}
