// Lists as answers. A forwarding database has up to a million entries, and the thread that answers also moves frames:
// entries are made, written and forgotten in slices, with a turn of the event loop between two.

import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Injectable, inject } from "@tsed/di";
import type { PlatformContext } from "@tsed/platform-http";
import type { Log } from "../telemetry/log.js";
import { API_LOG } from "./tokens.js";

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

@Injectable()
export class ListReply {
  private readonly log = inject<Log>(API_LOG);

  /** Settles when the client has it all, or has gone. */
  async send(context: PlatformContext, items: Iterable<object>): Promise<void> {
    const response: ServerResponse = context.getRes();
    response.setHeader("content-type", "application/json; charset=utf-8");
    try {
      await pipeline(jsonArrayChunks(items), response);
    } catch (error) {
      // An answer that has begun cannot become an error body: it is cut, so that nobody takes it for whole.
      if (!isDisconnect(error)) this.log.error({ err: error, url: context.request.url }, "a list was broken off");
    }
  }
}

function isDisconnect(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "EPIPE" || code === "ECONNRESET";
}
