// The API's life: it owns the socket from the start, so that a second daemon is refused before it touches anything,
// and loads the framework behind it later, since that costs more time and memory than the rest of the daemon.
// Requests that come earlier wait for it.

import { createServer, type RequestListener } from "node:http";
import type { Log } from "../telemetry/log.js";
import type { VtepOperations } from "./operations.js";
import { listenOn } from "./socket.js";

export interface ApiOptions {
  readonly socketPath: string;
  readonly operations: VtepOperations;
  readonly log: Log;
}

export interface Api {
  /** Loads the framework; the first request does so too. To be called once frames flow. */
  load(): Promise<void>;
  /** Ends every connection and removes the socket. */
  close(): Promise<void>;
}

/** Binds the socket. Throws VtepError `socket_in_use` or `socket_unusable`. */
export async function startApi({ socketPath, operations, log }: ApiOptions): Promise<Api> {
  let loading: Promise<{ readonly handle: RequestListener; stop(): Promise<void> }> | undefined;
  const application = () => {
    loading ??= import("./application.js").then(({ createApplication }) => createApplication(operations, log));
    return loading;
  };
  const server = createServer((request, response) => {
    application().then(
      ({ handle }) => handle(request, response),
      (error: unknown) => {
        log.error({ err: error }, "the API could not be loaded");
        response.writeHead(503, { "content-type": "application/json" });
        response.end(JSON.stringify({ code: "api_unavailable", message: "the API could not be loaded: see the log" }));
      },
    );
  });
  await listenOn(server, socketPath);
  log.debug({ socketPath }, "API listens");
  return {
    async load() {
      await application();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await (await loading)?.stop();
    },
  };
}
