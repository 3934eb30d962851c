// The daemon itself: how it is, whether it forwards yet, and its config file again.

import { Controller, inject } from "@tsed/di";
import { QueryParams } from "@tsed/platform-params";
import { Get, Maximum, Minimum, Post, Summary } from "@tsed/schema";
import type { StatusView } from "../../telemetry/view_types.js";
import { configInvalid } from "../errors.js";
import type { Readiness, VtepOperations } from "../operations.js";
import { OPERATIONS } from "../tokens.js";

const LONGEST_WAIT_SECONDS = 3600;

@Controller("/")
export class DaemonController {
  private readonly operations = inject<VtepOperations>(OPERATIONS);

  @Get("/status")
  @Summary("State of the VTEP")
  status(): StatusView {
    return this.operations.status();
  }

  @Get("/wait")
  @Summary("Answers when the VTEP forwards, or when the time-out in seconds is over")
  wait(@QueryParams("timeout", Number) @Minimum(0) @Maximum(LONGEST_WAIT_SECONDS) timeout = 0): Promise<Readiness> {
    return this.operations.waitReady(timeout);
  }

  @Post("/reload")
  @Summary("Applies the config file again: all of it or nothing")
  async reload(): Promise<{ changed: readonly string[] }> {
    const result = await this.operations.reload();
    if ("problems" in result) throw configInvalid(result.problems);
    return { changed: result.changed };
  }
}
