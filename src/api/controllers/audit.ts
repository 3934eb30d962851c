// The comparison of FRR, the kernel, vtepd and its data path.

import { Controller, inject } from "@tsed/di";
import type { PlatformContext } from "@tsed/platform-http";
import { Context } from "@tsed/platform-params";
import { Get, Post, Summary } from "@tsed/schema";
import { ListReply } from "../list_reply.js";
import type { VtepOperations } from "../operations.js";
import { OPERATIONS } from "../tokens.js";

@Controller("/audit")
export class AuditController {
  private readonly operations = inject<VtepOperations>(OPERATIONS);
  private readonly reply = inject(ListReply);

  @Get("/")
  @Summary("Where FRR, the kernel, vtepd and its data path differ; changes nothing")
  async look(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, await this.operations.audit(false));
  }

  @Post("/")
  @Summary("The same, and repairs it")
  async repair(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, await this.operations.audit(true));
  }
}
