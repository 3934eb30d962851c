// The forwarding database.

import { Controller, inject } from "@tsed/di";
import type { PlatformContext } from "@tsed/platform-http";
import { BodyParams, Context, QueryParams } from "@tsed/platform-params";
import { Get, Post, Required, Summary } from "@tsed/schema";
import { ListReply } from "../list_reply.js";
import { FdbQuery, FlushRequest, MacQuery } from "../models.js";
import type { VtepOperations } from "../operations.js";
import { OPERATIONS } from "../tokens.js";

@Controller("/")
export class FdbController {
  private readonly operations = inject<VtepOperations>(OPERATIONS);
  private readonly reply = inject(ListReply);

  @Get("/fdb")
  @Summary("MACs and where they are, by domain and MAC")
  list(@QueryParams() query: FdbQuery, @Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.fdb(query));
  }

  @Get("/mac")
  @Summary("What a MAC is resolved through: VNI, VTEP, next hop, interface, MAC of the next router")
  paths(@QueryParams() query: MacQuery, @Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.macPaths(query.mac));
  }

  @Post("/flush")
  @Summary("Forgets learned MACs; what is not given matches everything")
  // Required: a filter that was not understood as JSON must not become "everything".
  flush(@BodyParams() @Required() request: FlushRequest): { flushed: number } {
    return { flushed: this.operations.flush(request) };
  }
}
