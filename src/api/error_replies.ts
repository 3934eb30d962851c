// Puts errors.ts between Ts.ED and the client: one place for every error of every route.

import { inject } from "@tsed/di";
import { Exception } from "@tsed/exceptions";
import { Catch, type ExceptionFilterMethods } from "@tsed/platform-exceptions";
import type { PlatformContext } from "@tsed/platform-http";
import type { Log } from "../telemetry/log.js";
import { replyTo } from "./errors.js";
import { API_LOG } from "./tokens.js";

@Catch(Error, Exception)
export class ErrorReplies implements ExceptionFilterMethods {
  private readonly log = inject<Log>(API_LOG);

  catch(error: unknown, context: PlatformContext): void {
    const { status, body, unexpected } = replyTo(error);
    const { method, url } = context.request;
    if (unexpected) this.log.error({ err: error, method, url }, "a request failed");
    if (!context.isDone()) context.response.status(status).body(body);
  }
}
