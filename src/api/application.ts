// The Ts.ED application: routes, validation and error bodies. Whatever serves HTTP (the unix socket now) hands it
// requests; it opens nothing itself. Only src/api/server.ts loads this file, and only lazily.

// Without this import nothing is validated, silently.
import "@tsed/ajv";
import type { RequestListener } from "node:http";
import { Configuration } from "@tsed/di";
import { PlatformExpress } from "@tsed/platform-express";
import type { Log } from "../telemetry/log.js";
import { AuditController } from "./controllers/audit.js";
import { DaemonController } from "./controllers/daemon.js";
import { FdbController } from "./controllers/fdb.js";
import { PortsController } from "./controllers/ports.js";
import { ViewsController } from "./controllers/views.js";
import { ErrorReplies } from "./error_replies.js";
import type { VtepOperations } from "./operations.js";
import { API_LOG, OPERATIONS } from "./tokens.js";

/** No request of the unix socket needs more; a config will. */
const BODY_LIMIT = "64kb";

@Configuration({
  env: "production",
  httpPort: false,
  httpsPort: false,
  middlewares: [{ use: "json-parser", options: { limit: BODY_LIMIT } }],
  mount: { "/v1": [AuditController, DaemonController, FdbController, PortsController, ViewsController] },
  imports: [ErrorReplies],
  // Our own log tells what matters.
  logger: { level: "off", disableBootstrapLog: true, disableRoutesSummary: true },
})
class Application {}

export interface RunningApplication {
  readonly handle: RequestListener;
  stop(): Promise<void>;
}

export async function createApplication(operations: VtepOperations, log: Log): Promise<RunningApplication> {
  const platform = await PlatformExpress.bootstrap(Application, {
    imports: [
      { token: OPERATIONS, use: operations },
      { token: API_LOG, use: log },
    ],
  });
  const handle = platform.callback();
  return { handle: (request, response) => void handle(request, response), stop: () => platform.stop() };
}
